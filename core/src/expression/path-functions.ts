import {
  doubleToJson,
  isJsonArray,
  isJsonObject,
  isRawNumber,
  type Json,
  toNumber,
} from "../model/json.ts";
import { javaText } from "./java-text.ts";
import type { FunctionName } from "./path.ts";

/**
 * What a function at the end of a path gives for the value before it, or `undefined` when it cannot
 * be computed (as the sum of no numbers). Aggregates are doubles, lengths integers.
 * Source: Jayway JsonPath, "Functions".
 */
export function callFunction(
  name: FunctionName,
  value: Json,
  args: readonly Json[],
): Json | undefined {
  switch (name) {
    case "length":
    case "size":
      return lengthOf(args[0] ?? value);
    case "keys":
      return isJsonObject(value) ? Object.keys(value) : null;
    case "concat":
      return concat(value, args);
    case "append":
      return isJsonArray(value) ? [...value, ...args] : value;
    case "first":
      return isJsonArray(value) ? value[0] : undefined;
    case "last":
      return isJsonArray(value) ? value.at(-1) : undefined;
    case "index":
      return isJsonArray(value) && typeof args[0] === "number" ? value.at(args[0]) : undefined;
    case "sum":
    case "avg":
    case "min":
    case "max":
    case "stddev":
      return aggregate(name, numbersOf(value, args));
  }
}

function lengthOf(value: Json): Json {
  if (isJsonArray(value)) return value.length;
  return isJsonObject(value) ? Object.keys(value).length : null;
}

function concat(value: Json, args: readonly Json[]): string {
  const own = isJsonArray(value) ? value.filter((item) => typeof item === "string") : [];
  const given = args
    .flatMap((arg) => arg)
    .filter((item) => item !== null)
    .map(javaText);
  return [...own, ...given].join("");
}

function numbersOf(value: Json, args: readonly Json[]): readonly number[] {
  const numbers: number[] = [];
  for (const items of [value, ...args]) {
    // The value before the function counts only as an array, an argument also as a number.
    if (items === value && !isJsonArray(items)) continue;
    for (const item of isJsonArray(items) ? items : [items]) {
      if (typeof item === "number" || isRawNumber(item)) numbers.push(toNumber(item));
    }
  }
  return numbers;
}

function aggregate(
  name: "sum" | "avg" | "min" | "max" | "stddev",
  numbers: readonly number[],
): Json | undefined {
  const count = numbers.length;
  if (count === 0) return undefined;
  const sum = numbers.reduce((total, number) => total + number, 0);
  switch (name) {
    case "sum":
      return doubleToJson(sum);
    case "avg":
      return doubleToJson(sum / count);
    case "min":
      return doubleToJson(numbers.reduce((least, number) => Math.min(least, number)));
    case "max":
      return doubleToJson(numbers.reduce((most, number) => Math.max(most, number)));
    case "stddev": {
      const squares = numbers.reduce((total, number) => total + number * number, 0);
      return doubleToJson(Math.sqrt(squares / count - (sum * sum) / count / count));
    }
  }
}
