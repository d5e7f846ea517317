import { DatabaseSync, type StatementSync } from "node:sqlite";

import { AppError, type ErrorCode } from "../../errors.ts";

export type Database = DatabaseSync;

/** What a column holds, as it is read; numbers beyond 2^53 are refused when written. */
export type SqlValue = null | number | string | Uint8Array;
export type Row = readonly SqlValue[];

/** A prepared statement that answers rows as arrays: a third of the cost of objects at 40 columns. */
export interface Query {
  get(...parameters: readonly SqlValue[]): Row | undefined;
  all(...parameters: readonly SqlValue[]): Row[];
  iterate(...parameters: readonly SqlValue[]): Iterable<Row>;
  /** How many rows it changed. */
  run(...parameters: readonly SqlValue[]): number;
  /** Runs an INSERT. @returns the new row's key. */
  insert(...parameters: readonly SqlValue[]): number;
}

export function query(database: Database, sql: string): Query {
  const statement: StatementSync = database.prepare(sql);
  statement.setReturnArrays(true);
  return {
    get: (...parameters) => statement.get(...parameters) as Row | undefined,
    all: (...parameters) => statement.all(...parameters) as unknown as Row[],
    iterate: (...parameters) => statement.iterate(...parameters) as unknown as Iterable<Row>,
    run: (...parameters) => Number(statement.run(...parameters).changes),
    insert: (...parameters) => Number(statement.run(...parameters).lastInsertRowid),
  };
}

/** Bytes of pages that a connection keeps in memory, in KiB as SQLite wants them (negative). */
const CACHE_KIB = -65_536;

/**
 * Opens a connection that writes (WAL, every commit synced) or only reads.
 * @throws AppError STORE_UNAVAILABLE, naming the file, when it cannot be opened or is not SQLite.
 */
export function openDatabase(file: string, mode: "write" | "read"): Database {
  try {
    const database = new DatabaseSync(file);
    database.exec(
      `PRAGMA busy_timeout = 5000; PRAGMA cache_size = ${CACHE_KIB}; PRAGMA temp_store = MEMORY`,
    );
    if (mode === "write") {
      database.exec(
        "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
      );
      database.exec("PRAGMA wal_autocheckpoint = 2000; PRAGMA journal_size_limit = 67108864");
    } else {
      database.exec("PRAGMA query_only = 1; PRAGMA schema_version");
    }
    return database;
  } catch (error) {
    const code = sqliteCode(error);
    if (code === SQLITE_NOTADB) {
      throw new AppError("STORE_UNAVAILABLE", `${file} is not an SQLite database`, {
        cause: error,
      });
    }
    throw new AppError("STORE_UNAVAILABLE", `${file} cannot be opened: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/**
 * Takes the lock that makes this process the only one on `file`: an SQLite lock on `FILE.lock`, which the operating
 * system lets go when the process dies, however it dies.
 * @returns a function that lets it go.
 * @throws AppError STORE_UNAVAILABLE when another process has it.
 */
export function lockFile(file: string): () => void {
  try {
    const lock = new DatabaseSync(`${file}.lock`);
    try {
      lock.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
    } catch (error) {
      lock.close();
      throw error;
    }
    return () => lock.close();
  } catch (error) {
    const code = sqliteCode(error);
    const message =
      code === SQLITE_BUSY || code === SQLITE_LOCKED
        ? `${file} is in use by another process`
        : `${file}.lock cannot be opened: ${messageOf(error)}`;
    throw new AppError("STORE_UNAVAILABLE", message, { cause: error });
  }
}

// Source: https://sqlite.org/rescode.html
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;
/** PERM, BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, CORRUPT, CANTOPEN, PROTOCOL, NOTADB: nobody's statement is at fault. */
const UNAVAILABLE: ReadonlySet<number> = new Set([3, 5, 6, 7, 8, 9, 10, 11, 14, 15, 26]);

/** SQLite's primary result code, `undefined` for an error that is not SQLite's. */
function sqliteCode(error: unknown): number | undefined {
  const extended = (error as { readonly errcode?: unknown } | null)?.errcode;
  return typeof extended === "number" ? extended & 0xff : undefined;
}

/** What an error means when no statement is to blame for it; `undefined` when one is. */
export function environmentalCode(error: unknown): ErrorCode | undefined {
  const code = sqliteCode(error);
  if (code === SQLITE_FULL) return "STORE_FULL";
  return code !== undefined && UNAVAILABLE.has(code) ? "STORE_UNAVAILABLE" : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
