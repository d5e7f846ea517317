import { javaDoubleText } from "../model/java-number.ts";
import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../model/json.ts";

/**
 * A value as it appears within text: strings verbatim, numbers and collections as the reference's
 * platform prints them (`{k=v, n=1}`, `[1, 2]`, `3.0`).
 * Source: `String.valueOf` of Java.
 */
export function javaText(value: Json): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return numberText(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (isJsonArray(value)) return `[${value.map(javaText).join(", ")}]`;
  if (isJsonObject(value)) return javaMapText(value);
  return /[.eE]/.test(value.rawJSON) ? javaDoubleText(Number(value.rawJSON)) : value.rawJSON;
}

/** An object as Java prints a map, in the order of its keys. */
export function javaMapText(map: JsonObject): string {
  const entries = Object.entries(map).map(([key, value]) => `${key}=${javaText(value)}`);
  return `{${entries.join(", ")}}`;
}

function numberText(value: number): string {
  if (!Number.isInteger(value)) return javaDoubleText(value);
  // An integer is kept as a number only where JavaScript prints the digits that it was written with.
  return Math.abs(value) < 1e21 ? String(value) : BigInt(value).toString();
}
