import type { Json } from "../model/json.ts";
import type { Document } from "./scope.ts";

/** A compiled JSONPath: what to do, step by step, from the document (`$`) or an item (`@`). */
export interface Path {
  readonly steps: readonly Step[];
  /** Leads to one value at most; an indefinite path leads to an array of all it finds. */
  readonly isDefinite: boolean;
  /** Only members and indices: can be walked without collecting. */
  readonly isSimple: boolean;
  readonly isFromRoot: boolean;
  /** First segments of this path and of those within its filters; `*` for all. */
  readonly names: ReadonlySet<string>;
}

export type Step =
  | { readonly kind: "member"; readonly name: string }
  | { readonly kind: "members"; readonly names: readonly string[] }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "indices"; readonly indices: readonly number[] }
  | { readonly kind: "slice"; readonly from: number | undefined; readonly to: number | undefined }
  | { readonly kind: "wildcard" }
  | { readonly kind: "scan" }
  | { readonly kind: "filter"; readonly test: Filter }
  | { readonly kind: "function"; readonly name: string; readonly args: readonly Argument[] };

/** Whether an item passes; `document` is what `$` means within the filter. */
export type Filter = (item: Json, document: Document) => boolean;

export type Argument = { readonly path: Path } | { readonly value: Json };

/** A text that is no path. It never leaves `compilePath`. */
export class PathError extends Error {}
