import type { Json, JsonObject } from "./json.ts";
import { isJsonObject, isRawNumber } from "./json.ts";

/**
 * Turns parsed JSON into typed values, as leniently as Jackson does with Conductor's classes, and
 * says as data what it expects. A `Decoder` never sees null: what null means is a matter of the
 * `Member` that holds it.
 *
 * ```ts
 * const point: Decoder<Point> = object("Point", { x: primitive(int, 1), label: optional(text) });
 * point.decode({ x: "2", colour: "blue" }); // { x: 2 }
 * ```
 */
export interface Decoder<T> {
  readonly schema: Schema;
  /** Blank text counts as null (numbers and booleans). */
  readonly blankIsNull?: true;
  /** @throws DecodeError */
  decode(json: Exclude<Json, null>): T;
}

/** A decoder of a value that Java holds in a primitive, where null means the zero of its type. */
export interface PrimitiveDecoder<T> extends Decoder<T> {
  readonly zero: T;
}

/**
 * One member of an object: how absent, null and given values are read. `undefined` leaves it out.
 */
export interface Member<T> {
  readonly schema: Schema;
  /** @throws DecodeError */
  read(json: Json | undefined): T;
}

/**
 * What a decoder expects, in the words of JSON Schema. A definition that contains itself gives a
 * cyclic graph: an object with a `title` that was met before is the same one.
 */
export type Schema =
  | { readonly type: "integer"; readonly format: "int32" | "int64" }
  | { readonly type: "boolean" }
  | { readonly type: "string"; readonly enum?: readonly string[] }
  | { readonly type: "array"; readonly items: Schema }
  | { readonly type: "object"; readonly title: string; readonly properties: SchemaProperties }
  | { readonly type: "object"; readonly additionalProperties: Schema }
  | { readonly anyOf: readonly Schema[] }
  /** Any JSON, or any of this type. */
  | { readonly type?: "object" };

export type SchemaProperties = Readonly<Record<string, Schema>>;

/** The first thing in a request that cannot be what it should be. A caller's mistake. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  /** Where it is, as in `tasks[0].retryCount`; empty for the value as a whole. */
  readonly path: string;
  /** What is wrong with it, without the path: `must be a number, not "one"`. */
  readonly problem: string;

  constructor(path: string, problem: string) {
    super(`${path === "" ? "The value" : path} ${problem}`);
    this.path = path;
    this.problem = problem;
  }
}

/**
 * Decodes a whole request body.
 * @throws DecodeError
 */
export function decode<T>(decoder: Decoder<T>, json: Json): T {
  if (json === null) throw new DecodeError("", "must not be null");
  return decoder.decode(json);
}

/** The complaint about a value that is not what is wanted here. */
export function unexpected(json: Json | undefined, wanted: string): DecodeError {
  return new DecodeError("", `must be ${wanted}, not ${describe(json)}`);
}

/** The same complaint, seen from the object or list that holds the value. */
function within(step: string, error: unknown): unknown {
  if (!(error instanceof DecodeError)) return error;
  const inner = error.path;
  const path = inner === "" || inner.startsWith("[") ? step + inner : `${step}.${inner}`;
  return new DecodeError(path, error.problem);
}

const SHOWN_MAX = 60;

function describe(json: Json | undefined): string {
  if (json === undefined) return "absent";
  if (Array.isArray(json)) return "a list";
  if (isJsonObject(json)) return "an object";
  const shown = JSON.stringify(json);
  return shown.length <= SHOWN_MAX ? shown : `${shown.slice(0, SHOWN_MAX)}…`;
}

/** A value that is left out when it is absent or null. */
export function optional<T>(decoder: Decoder<T>): Member<T | undefined> {
  return {
    get schema() {
      return decoder.schema;
    },
    read: (json) => (isNothing(json, decoder) ? undefined : decoder.decode(json)),
  };
}

/** A value that is `fallback` when it is absent or null. */
export function orElse<T>(decoder: Decoder<T>, fallback: NoInfer<T>): Member<T> {
  return {
    get schema() {
      return decoder.schema;
    },
    read: (json) => (isNothing(json, decoder) ? fallback : decoder.decode(json)),
  };
}

/** A value that is `fallback` when it is absent, but 0 or false when it is null. */
export function primitive<T>(decoder: PrimitiveDecoder<T>, fallback: NoInfer<T>): Member<T> {
  return {
    schema: decoder.schema,
    read(json) {
      if (json === undefined) return fallback;
      return isNothing(json, decoder) ? decoder.zero : decoder.decode(json);
    },
  };
}

/** A value that is `fallback` when it is absent, and null when it is null. */
export function nullable<T>(decoder: Decoder<T>, fallback: NoInfer<T>): Member<T | null> {
  return {
    get schema() {
      return decoder.schema;
    },
    read(json) {
      if (json === undefined) return fallback;
      return isNothing(json, decoder) ? null : decoder.decode(json);
    },
  };
}

/** A value that is `fallback` when it is absent, and refused when it is null. */
export function notNull<T>(decoder: Decoder<T>, fallback: NoInfer<T>): Member<T> {
  return {
    get schema() {
      return decoder.schema;
    },
    read(json) {
      if (json === undefined) return fallback;
      if (json === null) throw new DecodeError("", "must not be null");
      return decoder.decode(json);
    },
  };
}

function isNothing(json: Json | undefined, decoder: Decoder<unknown>): json is null | undefined {
  if (json === undefined || json === null) return true;
  return decoder.blankIsNull === true && typeof json === "string" && json.trim() === "";
}

/** A `Member` for every member of `T`; those with a `?` may be left out. */
export type Members<T> = {
  readonly [K in keyof T]-?: {} extends Pick<T, K> ? Member<T[K] | undefined> : Member<T[K]>;
};

/** An object with these members, in this order; members that nobody knows are dropped. */
export function object<T>(title: string, members: Members<T>): Decoder<T> {
  const entries = Object.entries<Member<unknown>>(members);
  let schema: Schema | undefined;
  return {
    get schema() {
      if (schema !== undefined) return schema;
      const properties: Record<string, Schema> = {};
      schema = { type: "object", title, properties };
      for (const [name, member] of entries) properties[name] = member.schema;
      return schema;
    },
    decode(json) {
      if (!isJsonObject(json)) throw unexpected(json, "an object");
      return readMembers(json, entries) as T;
    },
  };
}

function readMembers(json: JsonObject, entries: readonly [string, Member<unknown>][]): unknown {
  const result: Record<string, unknown> = {};
  for (const [name, member] of entries) {
    try {
      const value = member.read(json[name]);
      if (value !== undefined) result[name] = value;
    } catch (error) {
      throw within(name, error);
    }
  }
  return result;
}

/** A list without nulls. */
export function list<T>(item: Decoder<T>): Decoder<readonly T[]> {
  return {
    get schema(): Schema {
      return { type: "array", items: item.schema };
    },
    decode(json) {
      if (!Array.isArray(json)) throw unexpected(json, "a list");
      return json.map((entry: Json, index) => {
        try {
          if (entry === null) throw new DecodeError("", "must not be null");
          return item.decode(entry);
        } catch (error) {
          throw within(`[${index}]`, error);
        }
      });
    },
  };
}

/** An object with free keys; a key whose value is null is dropped. */
export function record<T>(value: Decoder<T>): Decoder<Readonly<Record<string, T>>> {
  return {
    get schema(): Schema {
      return { type: "object", additionalProperties: value.schema };
    },
    decode(json) {
      if (!isJsonObject(json)) throw unexpected(json, "an object");
      const entries: [string, T][] = [];
      for (const [key, entry] of Object.entries(json)) {
        if (isNothing(entry, value)) continue;
        try {
          entries.push([key, value.decode(entry)]);
        } catch (error) {
          throw within(key, error);
        }
      }
      return Object.fromEntries(entries);
    },
  };
}

/** A decoder that is made later than this one, so that a model can contain itself. */
export function lazy<T>(get: () => Decoder<T>): Decoder<T> {
  return {
    get schema() {
      return get().schema;
    },
    decode: (json) => get().decode(json),
  };
}

/** Any JSON, as it is. */
export const anyJson: Decoder<Json> = { schema: {}, decode: (json) => json };

/** Any JSON object, as it is. */
export const jsonObject: Decoder<JsonObject> = {
  schema: { type: "object" },
  decode(json) {
    if (!isJsonObject(json)) throw unexpected(json, "an object");
    return json;
  },
};

/** The text that a number was written with. */
export function numberText(json: Json): string | undefined {
  if (isRawNumber(json)) return json.rawJSON;
  return typeof json === "number" ? String(json) : undefined;
}
