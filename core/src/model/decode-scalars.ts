import type { Decoder, PrimitiveDecoder } from "./decode.ts";
import { numberText, unexpected } from "./decode.ts";
import type { Json } from "./json.ts";

const INT_MAX = 2 ** 31 - 1;
const LONG_MAX = 2 ** 63;

/** A whole number of 32 bits; a fraction is cut off, text is read as digits. */
export const int: PrimitiveDecoder<number> = {
  schema: { type: "integer", format: "int32" },
  blankIsNull: true,
  zero: 0,
  decode: (json) => wholeNumber(json, -INT_MAX - 1, INT_MAX),
};

/** A whole number of 64 bits; what is beyond 2^53 becomes the nearest that is exact. */
export const long: PrimitiveDecoder<number> = {
  schema: { type: "integer", format: "int64" },
  blankIsNull: true,
  zero: 0,
  decode(json) {
    const value = wholeNumber(json, -LONG_MAX, LONG_MAX);
    return Math.max(Number.MIN_SAFE_INTEGER, Math.min(value, Number.MAX_SAFE_INTEGER));
  },
};

function wholeNumber(json: Json, min: number, max: number): number {
  const value = Math.trunc(toNumber(json));
  if (!(value >= min && value <= max)) throw unexpected(json, `from ${min} to ${max}`);
  return value + 0; // No negative zero: it would not be written as 0 everywhere.
}

function toNumber(json: Json): number {
  const written = numberText(json);
  if (written !== undefined) return Number(written);
  if (typeof json === "string" && /^[+-]?\d+$/.test(json.trim())) return Number(json);
  throw unexpected(json, "a whole number");
}

/** `true`, `"true"`, `"True"`, `"TRUE"` (the same for false); of numbers only 0 is false. */
export const boolean: PrimitiveDecoder<boolean> = {
  schema: { type: "boolean" },
  blankIsNull: true,
  zero: false,
  decode(json) {
    if (typeof json === "boolean") return json;
    const written = numberText(json);
    if (written !== undefined) return Number(written) !== 0;
    if (typeof json === "string") {
      const word = json.trim();
      if (word === "true" || word === "True" || word === "TRUE") return true;
      if (word === "false" || word === "False" || word === "FALSE") return false;
    }
    throw unexpected(json, "true or false");
  },
};

/** Text; numbers become the text they were written with, booleans `true` and `false`. */
export const text: Decoder<string> = {
  schema: { type: "string" },
  decode(json) {
    if (typeof json === "string") return json;
    if (typeof json === "boolean") return String(json);
    const written = numberText(json);
    if (written !== undefined) return written;
    throw unexpected(json, "text");
  },
};

/** Exactly one of these names. */
export function oneOf<const T extends string>(names: readonly T[]): Decoder<T> {
  return {
    schema: { type: "string", enum: names },
    decode(json) {
      const name = names.find((candidate) => candidate === json);
      if (name === undefined) throw unexpected(json, `one of ${names.join(", ")}`);
      return name;
    },
  };
}
