import type { JsonText } from "../model/json.ts";

/** `,"name":"value"`, or nothing when there is no value. For members behind the first one. */
export function textMember(name: string, value: string | undefined): string {
  return value === undefined ? "" : `,"${name}":${JSON.stringify(value)}`;
}

/** `,"name":value` with a value that is JSON text already, or nothing. */
export function jsonMember(name: string, value: JsonText | undefined): string {
  return value === undefined ? "" : `,"${name}":${value}`;
}
