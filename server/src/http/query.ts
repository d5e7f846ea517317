import { AppError } from "../errors.ts";

/** The query of a request, as fastify parses it: a repeated parameter is a list. */
export type Query = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Reads one parameter as the reference does (rest-api.md 1.4). Unknown parameters are ignored; what
 * cannot be read is a 400 with the reference's text.
 */
const TRUE: ReadonlySet<string> = new Set(["true", "on", "yes", "1"]);
const FALSE: ReadonlySet<string> = new Set(["false", "off", "no", "0"]);

/** A text; repeated values are joined with commas. An empty one is a value. */
export function queryText(query: Query, name: string): string | undefined {
  const value = query[name];
  return Array.isArray(value) ? value.join(",") : value;
}

/** A text that has to be there. */
export function requiredText(query: Query, name: string): string {
  const value = queryText(query, name);
  if (value === undefined) throw missingParameter(name, "String");
  return value;
}

/** All values of a repeatable parameter, each of which may be a comma list. */
export function queryList(query: Query, name: string): string[] | undefined {
  const value = queryText(query, name);
  return value === undefined ? undefined : value.split(",").filter((item) => item !== "");
}

/** The same of a parameter that has to be there. */
export function requiredList(query: Query, name: string): string[] {
  const values = queryList(query, name);
  if (values === undefined) throw missingParameter(name, "List");
  return values;
}

/** A boolean word in any case; an empty one is the default. */
export function queryBoolean(query: Query, name: string, fallback: boolean): boolean {
  const value = firstOf(query, name);
  if (value === undefined || value === "") return fallback;
  const word = value.trim().toLowerCase();
  if (TRUE.has(word)) return true;
  if (FALSE.has(word)) return false;
  throw unreadable({ name, type: "boolean", problem: `Invalid boolean value [${value}]` });
}

const INT_MAX = 2 ** 31 - 1;

/** A whole number of 32 bits; an empty one is absent. */
export function queryInt(query: Query, name: string): number | undefined {
  return wholeNumber(query, { name, type: "int", max: INT_MAX });
}

/** A whole number of 64 bits, exact up to 2^53; an empty one is absent. */
export function queryLong(query: Query, name: string): number | undefined {
  return wholeNumber(query, { name, type: "long", max: Number.MAX_SAFE_INTEGER });
}

function wholeNumber(
  query: Query,
  wanted: { readonly name: string; readonly type: string; readonly max: number },
): number | undefined {
  const value = firstOf(query, wanted.name)?.trim();
  if (value === undefined || value === "") return undefined;
  const number = /^[+-]?\d+$/.test(value) ? Number(value) : Number.NaN;
  // As Java: one more below zero than above.
  if (number >= -wanted.max - 1 && number <= wanted.max) return number + 0;
  throw unreadable({ ...wanted, problem: `For input string: "${value}"` });
}

/** Exactly one of these names. */
export function queryEnum<const T extends string>(
  query: Query,
  name: string,
  names: readonly T[],
): T | undefined {
  const value = firstOf(query, name);
  return value === undefined || value === "" ? undefined : nameAmong(names, value, name);
}

/** The same of a part of the path. */
export function nameAmong<const T extends string>(
  names: readonly T[],
  value: string,
  parameter: string,
): T {
  const known = names.find((candidate) => candidate === value);
  if (known !== undefined) return known;
  const problem = `'${value}' is none of ${names.join(", ")}`;
  throw unreadable({ name: parameter, type: "enum", problem });
}

/** A part of the path that is a whole number of 32 bits. */
export function pathInt(value: string, parameter: string): number {
  const number = wholeNumber(
    { [parameter]: value },
    { name: parameter, type: "int", max: INT_MAX },
  );
  if (number !== undefined) return number;
  throw unreadable({ name: parameter, type: "int", problem: `For input string: "${value}"` });
}

function firstOf(query: Query, name: string): string | undefined {
  const value = query[name];
  return Array.isArray(value) ? value[0] : value;
}

function unreadable(of: { name: string; type: string; problem: string }): AppError {
  return new AppError(
    "BAD_REQUEST",
    `Method parameter '${of.name}': Failed to convert value of type 'java.lang.String' ` +
      `to required type '${of.type}'; ${of.problem}`,
  );
}

function missingParameter(name: string, type: string): AppError {
  return new AppError(
    "BAD_REQUEST",
    `Required request parameter '${name}' for method parameter type ${type} is not present`,
  );
}
