import { findUnstorable, isJsonArray, isJsonObject } from "@ostinato/core";
import type { Json } from "@ostinato/core";

/** What in a parsed value cannot be stored, as `a text holds U+0000 at index 3`. */
export function findUnstorableWithin(json: Json): string | undefined {
  const waiting: Json[] = [json];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value === "string") {
      const problem = findUnstorable(value);
      if (problem !== undefined) return `a text holds ${problem}`;
    } else if (isJsonArray(value)) {
      // Not spread: a call takes only so many arguments.
      for (const item of value) waiting.push(item);
    } else if (isJsonObject(value)) {
      for (const [key, member] of Object.entries(value)) waiting.push(key, member);
    }
  }
  return undefined;
}
