import { parseProperties } from "./properties.ts";
import { expandPlaceholders } from "./values.ts";

/** A setting as somebody wrote it, and where. */
export interface Given {
  /** As written. */
  readonly key: string;
  readonly value: string;
  readonly source: "argument" | "file" | "environment";
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Case, dashes, underscores and dots do not tell keys apart: so says relaxed binding. */
export function canonicalKey(key: string): string {
  return key.toLowerCase().replaceAll(/[-_.]/g, "");
}

/**
 * All settings by canonical key. Arguments win over the file, and the file over the environment, as operators of
 * Conductor are used to.
 */
export function gatherSettings(
  args: ReadonlyMap<string, string>,
  file: { readonly text: string } | undefined,
  environment: Environment,
): Map<string, Given> {
  const gathered = new Map<string, Given>();
  const variables = Object.entries(environment).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  const add = (entries: Iterable<readonly [string, string]>, source: Given["source"]): void => {
    for (const [key, value] of entries) {
      const expanded = expandPlaceholders(value, (name) => environment[name]);
      gathered.set(canonicalKey(key), { key, value: expanded, source });
    }
  };
  add(variables, "environment");
  add(file === undefined ? [] : parseProperties(file.text), "file");
  add(args, "argument");
  return gathered;
}
