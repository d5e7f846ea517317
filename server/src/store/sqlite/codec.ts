import { decodeId, encodeId } from "./ids.ts";
import type { Row, SqlValue } from "./database.ts";

/**
 * How a record becomes a row and back: a table of columns, each with the member that it holds. The main thread makes
 * `Values` of a record; ids are still text in them, since short strings cross to the writer thread far more cheaply
 * than typed arrays, and become blobs there.
 */
export type Value = null | number | string;
export type Values = Value[];

export interface Column<T> {
  readonly name: string;
  readonly isId: boolean;
  encode(record: T): Value;
  /** Sets the member (members, for `rest`), or leaves it out when the column is NULL. */
  decode(value: SqlValue, into: Record<string, unknown>): void;
}

/** A value that no row can hold: the record's group is refused. */
export class UnstorableError extends Error {
  override readonly name = "UnstorableError";
}

type Members<T, M> = { [K in keyof T]-?: T[K] extends M | undefined ? K : never }[keyof T] & string;

export function text<T>(name: string, field: Members<T, string>): Column<T> {
  return column(name, field, (value) => encodeText(name, value));
}

export function id<T>(name: string, field: Members<T, string>): Column<T> {
  return {
    name,
    isId: true,
    encode: (record) => encodeText(name, record[field]),
    decode: (value, into) => {
      if (value !== null) into[field] = decodeId(value);
    },
  };
}

export function int<T>(name: string, field: Members<T, number>): Column<T> {
  return column(name, field, (value) => encodeInt(name, value));
}

export function flag<T>(name: string, field: Members<T, boolean>): Column<T> {
  return column(name, field, Number, (value) => value === 1);
}

/** One of a list of words, as its index. */
export function word<T>(
  name: string,
  field: Members<T, string>,
  words: readonly string[],
): Column<T> {
  const encode = (value: unknown): number => {
    const index = words.indexOf(value as string);
    if (index < 0)
      throw new UnstorableError(`${name}: ${String(value)} is none of ${words.join(", ")}`);
    return index;
  };
  return column(name, field, encode, (value) => words[Number(value)]);
}

/** Members that few records have, together as the JSON text of an object. */
export function rest<T>(name: string, fields: readonly (keyof T & string)[]): Column<T> {
  return {
    name,
    isId: false,
    encode: (record) => {
      let members: Record<string, unknown> | undefined;
      for (const field of fields) {
        if (record[field] !== undefined) (members ??= {})[field] = record[field];
      }
      return members === undefined ? null : JSON.stringify(members);
    },
    decode: (value, into) => {
      if (value !== null) Object.assign(into, JSON.parse(String(value)));
    },
  };
}

function column<T>(
  name: string,
  field: keyof T & string,
  ...[encode, decode]: [(value: unknown) => Value, ((value: SqlValue) => unknown)?]
): Column<T> {
  return {
    name,
    isId: false,
    encode: (record) => encode(record[field]),
    decode: (value, into) => {
      if (value !== null) into[field] = decode === undefined ? value : decode(value);
    },
  };
}

export function encodeText(name: string, value: unknown): Value {
  if (value === undefined || value === null) return null;
  if (typeof value !== "string") throw new UnstorableError(`${name}: not a text`);
  if (!value.isWellFormed() || value.includes("\0")) {
    throw new UnstorableError(`${name}: holds U+0000 or a lone surrogate`);
  }
  return value;
}

export function encodeInt(name: string, value: unknown): Value {
  if (value === undefined) return null;
  if (!Number.isSafeInteger(value)) throw new UnstorableError(`${name}: not an integer`);
  return value as number;
}

export function encodeRecord<T>(columns: readonly Column<T>[], record: T): Values {
  return columns.map((each) => each.encode(record));
}

/** Reads the columns that stand in `row` from `offset` on. */
export function decodeRecord<T>(columns: readonly Column<T>[], row: Row, offset: number): T {
  const record: Record<string, unknown> = {};
  for (let i = 0; i < columns.length; i++) columns[i]?.decode(row[offset + i] ?? null, record);
  return record as T;
}

export function columnList<T>(columns: readonly Column<T>[], prefix = ""): string {
  return columns.map((each) => prefix + each.name).join(", ");
}

/** The values of a row with blobs for its ids. */
export function encodeIds<T>(columns: readonly Column<T>[], values: Values): SqlValue[] {
  return values.map((value, i) =>
    columns[i]?.isId === true && typeof value === "string" ? encodeId(value) : value,
  );
}
