import { isJsonArray, isJsonObject, isRawNumber, type Json, toNumber } from "../model/json.ts";
import type { RawNumber } from "../model/json.ts";
import { javaText } from "./java-text.ts";

/** Compares what two operands of a filter lead to; `undefined` is what leads nowhere. */
export type Compare = (left: Json | undefined, right: Json | undefined) => boolean;

/** Source: Jayway JsonPath, "Filter Operators" and what it does with mixed types. */
export const COMPARE: Readonly<Record<string, Compare>> = {
  "==": isEqual,
  "!=": (left, right) => !isEqual(left, right),
  "===": (left, right) => kindOf(left) === kindOf(right) && isEqual(left, right),
  "!==": (left, right) => kindOf(left) !== kindOf(right) || !isEqual(left, right),
  "<": (left, right) => isOrdered(left, right, (order) => order < 0),
  "<=": (left, right) => isOrdered(left, right, (order) => order <= 0),
  ">": (left, right) => isOrdered(left, right, (order) => order > 0),
  ">=": (left, right) => isOrdered(left, right, (order) => order >= 0),
  in: (left, right) => isJsonArray(right) && has(right, left),
  nin: (left, right) => isJsonArray(right) && !has(right, left),
  contains,
  size: (left, right) => typeof right === "number" && sizeOf(left) === right,
  empty: (left, right) => typeof right === "boolean" && isEmpty(left) === right,
  subsetof: (left, right) => areArrays(left, right, (some, all) => some.every((i) => has(all, i))),
  anyof: (left, right) => areArrays(left, right, (some, all) => some.some((i) => has(all, i))),
  noneof: (left, right) => areArrays(left, right, (some, all) => !some.some((i) => has(all, i))),
  all: (left, right) =>
    areArrays(left, right, (items, wanted) => wanted.every((i) => has(items, i))),
};

/**
 * Equal values of one kind; a number and a string are compared as the left one's kind. What leads
 * nowhere counts as null.
 */
function isEqual(ofLeft: Json | undefined, ofRight: Json | undefined): boolean {
  const [left, right] = [ofLeft ?? null, ofRight ?? null];
  if (isNumber(left)) return isEqualNumber(left, right);
  if (typeof left === "string") {
    return left === right || (isNumber(right) && left === javaText(right));
  }
  if (isJsonArray(left)) return isJsonArray(right) && areEqualItems(left, right);
  if (!isJsonObject(left)) return left === right;
  if (!isJsonObject(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isEqual(left[key], right[key]))
  );
}

function isEqualNumber(left: number | RawNumber, right: Json): boolean {
  if (isNumber(right)) return compareNumbers(left, right) === 0;
  return typeof right === "string" && right.trim() !== "" && toNumber(left) === Number(right);
}

function areEqualItems(left: readonly Json[], right: readonly Json[]): boolean {
  return left.length === right.length && left.every((item, index) => isEqual(item, right[index]));
}

function isOrdered(
  left: Json | undefined,
  right: Json | undefined,
  isWanted: (order: number) => boolean,
): boolean {
  if (isNumber(left) && isNumber(right)) return isWanted(compareNumbers(left, right));
  if (typeof left !== "string" || typeof right !== "string") return false;
  return isWanted(left < right ? -1 : left > right ? 1 : 0);
}

/** Negative, zero or positive. Integers beyond 2^53 are compared exactly. */
function compareNumbers(left: number | RawNumber, right: number | RawNumber): number {
  const near = toNumber(left) - toNumber(right);
  if (near !== 0 || Number.isSafeInteger(toNumber(left))) return near;
  const [a, b] = [exact(left), exact(right)];
  if (a === undefined || b === undefined) return near;
  return a < b ? -1 : a > b ? 1 : 0;
}

function exact(value: number | RawNumber): bigint | undefined {
  const text = javaText(value);
  return /^-?\d+$/.test(text) ? BigInt(text) : undefined;
}

function isNumber(value: Json | undefined): value is number | RawNumber {
  return typeof value === "number" || isRawNumber(value);
}

function kindOf(value: Json | undefined): string {
  if (isNumber(value)) return "number";
  return (value ?? null) === null ? "null" : typeof value;
}

function has(items: readonly Json[], value: Json | undefined): boolean {
  return items.some((item) => isEqual(value, item));
}

function contains(left: Json | undefined, right: Json | undefined): boolean {
  if (typeof left === "string") return typeof right === "string" && left.includes(right);
  return isJsonArray(left) && has(left, right);
}

function sizeOf(value: Json | undefined): number | undefined {
  return typeof value === "string" || isJsonArray(value) ? value.length : undefined;
}

function isEmpty(value: Json | undefined): boolean | undefined {
  if (typeof value === "string" || isJsonArray(value)) return value.length === 0;
  return isJsonObject(value) ? Object.keys(value).length === 0 : undefined;
}

function areArrays(
  left: Json | undefined,
  right: Json | undefined,
  hold: (left: readonly Json[], right: readonly Json[]) => boolean,
): boolean {
  return isJsonArray(left) && isJsonArray(right) && hold(left, right);
}
