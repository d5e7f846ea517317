import { javaText } from "../expression/java-text.ts";
import { isRawNumber, type Json, toNumber } from "../model/json.ts";

/**
 * What the result of a loop's condition says about going on: a boolean as it is, a number when it
 * is above 0, and nothing else (so no text, not even `"true"`, and no object).
 */
export function asBoolean(value: Json): boolean {
  if (typeof value === "number" || isRawNumber(value)) return toNumber(value) > 0;
  return value === true;
}

/**
 * The key that a value selects among the cases of a SWITCH or DECISION: text as it is, `null` for
 * null, numbers as they are written (`1.0` stays `1.0`), collections as the reference prints them
 * (`{a=1, b=[x, null]}`).
 */
export function asCaseText(value: Json): string {
  return javaText(value);
}
