/**
 * JSON as the core sees it.
 *
 * Payloads travel as text (`JsonText`) and are parsed only when an expression reads them. A parsed number whose written
 * form differs from JavaScript's own (`3.0`, `1.0E25`, integers beyond 2^53) is a `RawNumber`, so that it leaves as it
 * came.
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

const { isRawJSON } = JSON as unknown as { isRawJSON(value: unknown): boolean };

/** Whether this parsed value is a number that keeps the form it was written in. */
export function isRawNumber(value: unknown): value is RawNumber {
  return isRawJSON(value);
}

/** Whether this parsed value is an object, as opposed to a list or a `RawNumber`. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isRawNumber(value);
}
