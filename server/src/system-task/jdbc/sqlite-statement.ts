import { constants, type DatabaseSync, type StatementSync } from "node:sqlite";

import { doubleToJson, writeJson } from "@ostinato/core";

/*
 * Runs statements for JDBC tasks on an open database: in a process of its own, since SQLite makes its caller wait.
 */

export interface SqlRequest {
  readonly operation: "SELECT" | "UPDATE";
  readonly statement: string;
  /** Bound in turn, as texts. */
  readonly parameters: readonly (string | null)[];
  /** An update that changes another number of rows is undone; 0: any number may change. */
  readonly expectedUpdateCount: number;
  /** Of the answer's text, in bytes. */
  readonly answerBytesMax: number;
}

export type SqlAnswer =
  /** The text of the task's output. */
  | { readonly type: "done"; readonly output: string }
  | { readonly type: "wrong-count"; readonly count: number }
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "too-large" };

/** Statements see this database only, and no other files. */
export function confine(database: DatabaseSync): void {
  database.setAuthorizer((action) =>
    action === constants.SQLITE_ATTACH || action === constants.SQLITE_DETACH
      ? constants.SQLITE_DENY
      : constants.SQLITE_OK,
  );
}

/** Runs one statement; what fails has changed nothing. */
export function runStatement(database: DatabaseSync, request: SqlRequest): SqlAnswer {
  try {
    const statement = database.prepare(request.statement);
    statement.setReadBigInts(true);
    if (request.operation === "SELECT") return select(statement, request);
    return update(database, statement, request);
  } catch (error) {
    return { type: "failed", message: error instanceof Error ? error.message : String(error) };
  } finally {
    if (database.isTransaction) database.exec("ROLLBACK");
  }
}

function select(statement: StatementSync, request: SqlRequest): SqlAnswer {
  const names = statement.columns().map(({ name }) => JSON.stringify(name));
  if (names.length === 0) return { type: "failed", message: "query does not return ResultSet" };
  statement.setReturnArrays(true);
  const rows: string[] = [];
  let size = 0;
  for (const row of statement.iterate(...request.parameters) as Iterable<unknown>) {
    const values = row as readonly SqlValue[];
    const text = `{${values.map((value, i) => `${names[i]}:${jsonOf(value)}`).join(",")}}`;
    size += Buffer.byteLength(text) + 1;
    if (size > request.answerBytesMax) return { type: "too-large" };
    rows.push(text);
  }
  return { type: "done", output: `{"result":[${rows.join(",")}]}` };
}

function update(database: DatabaseSync, statement: StatementSync, request: SqlRequest): SqlAnswer {
  const { expectedUpdateCount, parameters } = request;
  database.exec("BEGIN IMMEDIATE");
  const count = Number(statement.run(...parameters).changes);
  if (expectedUpdateCount > 0 && count !== expectedUpdateCount)
    return { type: "wrong-count", count };
  database.exec("COMMIT");
  return { type: "done", output: `{"update_count":${count}}` };
}

type SqlValue = null | bigint | number | string | Uint8Array;

function jsonOf(value: SqlValue): string {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return writeJson(doubleToJson(value));
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString("base64"));
  return JSON.stringify(value);
}
