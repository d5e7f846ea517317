import {
  doubleToJson,
  isJsonArray,
  isJsonObject,
  isRawNumber,
  type Json,
  toNumber,
} from "../model/json.ts";
import { javaText } from "./java-text.ts";

/** The result for the value before the function, `undefined` when it cannot be computed. */
type PathFunction = (value: Json, args: readonly Json[]) => Json | undefined;

/**
 * The functions at the end of a path. Aggregates are doubles, lengths integers; there is no sum of
 * no numbers. A path may name others, but leads nowhere then.
 * Source: Jayway JsonPath, "Functions".
 */
const FUNCTIONS: Readonly<Record<string, PathFunction>> = {
  append: (value, args) => (isJsonArray(value) ? [...value, ...args] : value),
  avg: aggregate((numbers) => sumOf(numbers) / numbers.length),
  concat,
  first: (value) => itemAt(value, 0),
  index: (value, [index]) => itemAt(value, index),
  keys: (value) => (isJsonObject(value) ? Object.keys(value) : null),
  last: (value) => itemAt(value, -1),
  length: (value, [argument]) => lengthOf(argument ?? value),
  max: aggregate((numbers) => numbers.reduce((most, number) => Math.max(most, number))),
  min: aggregate((numbers) => numbers.reduce((least, number) => Math.min(least, number))),
  size: (value, [argument]) => lengthOf(argument ?? value),
  stddev: aggregate(deviationOf),
  sum: aggregate(sumOf),
};

/** What the function of this name makes of a value, `undefined` when nothing comes of it. */
export function callFunction(name: string, value: Json, args: readonly Json[]): Json | undefined {
  return Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name]?.(value, args) : undefined;
}

function itemAt(value: Json, index: Json | undefined): Json | undefined {
  return isJsonArray(value) && typeof index === "number" ? value.at(index) : undefined;
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

function aggregate(compute: (numbers: readonly number[]) => number): PathFunction {
  return (value, args) => {
    const numbers = numbersOf(value, args);
    return numbers.length === 0 ? undefined : doubleToJson(compute(numbers));
  };
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** The standard deviation of a whole population. */
function deviationOf(numbers: readonly number[]): number {
  const mean = sumOf(numbers) / numbers.length;
  const squares = sumOf(numbers.map((number) => number * number)) / numbers.length;
  return Math.sqrt(squares - mean * mean);
}
