import { javaNumberText } from "./java-number.ts";
import { firstValue, OWN_JSON_DEPTH_MAX } from "./json-scan.ts";

/**
 * JSON as the core sees it.
 *
 * Payloads travel as text (`JsonText`) and are parsed only when an expression reads them. A parsed
 * number whose written form differs from JavaScript's own (`3.0`, `1.0E25`, integers beyond 2^53)
 * is a `RawNumber`, so that it leaves as it came.
 */
export type Json = null | boolean | number | string | RawNumber | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

/** What `JSON.rawJSON(text)` returns; `JSON.stringify` writes its text verbatim. */
export interface RawNumber {
  readonly rawJSON: string;
}

/** The text of one JSON value. Whoever makes one promises that it parses. */
export type JsonText = string;

/**
 * What the platform has and `lib.es2025` does not type. Source: the TC39 proposal "JSON.parse
 * source text access".
 */
interface JsonWithSource {
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
  parse(text: string, reviver: Reviver): Json;
}

/** `source` is there for primitives only. */
type Reviver = (key: string, value: Json, context: { readonly source?: string }) => Json;

const jsonWithSource = JSON as unknown as JsonWithSource;

/**
 * The first JSON value of a text, with the semantics that request bodies have: text after that
 * value is ignored, of equal keys the last one wins, and `__proto__` is a key like any other.
 *
 * A number is a JavaScript number if that prints as the reference would print it; otherwise it is a
 * `RawNumber` with the reference's form: integers of any size exactly, others as Java prints a
 * double (`3.0`, `1.0E25`, `1.0E-5`). A number too large for a double stays as it is written. A
 * text without such numbers costs one quick scan and a plain `JSON.parse`; with one, it costs about
 * seven times as much.
 *
 * @throws SyntaxError when there is no such value, or when it is nested deeper than
 * `depthMax`: for requests `JSON_DEPTH_MAX`, for what the server put together itself more.
 */
export function parseJson(text: string, depthMax: number = OWN_JSON_DEPTH_MAX): Json {
  const { start, end, isPlain } = firstValue(text, depthMax);
  const value = start === 0 && end === text.length ? text : text.slice(start, end);
  return isPlain ? (JSON.parse(value) as Json) : jsonWithSource.parse(value, keepNumber);
}

function keepNumber(_key: string, value: Json, context: { readonly source?: string }): Json {
  if (typeof value !== "number" || context.source === undefined) return value;
  const text = javaNumberText(context.source);
  return text === String(value) ? value : jsonWithSource.rawJSON(text);
}

/** The compact text of a value; a `RawNumber` as it is, lone surrogates escaped. */
export function writeJson(value: Json): JsonText {
  return JSON.stringify(value);
}

/** Whether the value is a number that JavaScript would print differently. */
export function isRawNumber(value: unknown): value is RawNumber {
  return jsonWithSource.isRawJSON(value);
}

/** Whether the value is an object with members: no array, no `RawNumber`, not null. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !isRawNumber(value)
  );
}

/** Whether the value is an array. (`Array.isArray` alone does not narrow a readonly array.) */
export function isJsonArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/**
 * A double as JSON: a plain number where JavaScript prints it as Java does, else a `RawNumber` (9
 * is `9.0`).
 */
export function doubleToJson(value: number): Json {
  if (!Number.isFinite(value))
    return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
  const text = javaNumberText(value.toExponential());
  return text === String(value) ? value : jsonWithSource.rawJSON(text);
}

/** The nearest double of either kind of number. */
export function toNumber(value: number | RawNumber): number {
  return typeof value === "number" ? value : Number(value.rawJSON);
}

/** The object's own member; never something inherited, whatever the key is. */
export function memberOf(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Sets a member, also one named `__proto__`, which an assignment would take for the prototype. */
export function setMember(object: { [key: string]: Json }, key: string, value: Json): void {
  if (key !== "__proto__") {
    object[key] = value;
  } else {
    Object.defineProperty(object, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
}

/**
 * What in a (parsed) string a text column cannot hold, U+0000 or a lone surrogate, as `U+0000 at
 * index 3`; `undefined` when it can be stored. JSON text made by `writeJson` always can be: there
 * both are escaped.
 */
export function findUnstorable(text: string): string | undefined {
  const nul = text.indexOf("\0");
  if (nul < 0 && text.isWellFormed()) return undefined;
  const index = nul >= 0 ? nul : text.search(/\p{Surrogate}/u);
  const unit = text.charCodeAt(index).toString(16).toUpperCase().padStart(4, "0");
  return `U+${unit} at index ${index}`;
}
