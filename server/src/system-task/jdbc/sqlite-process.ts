import { DatabaseSync } from "node:sqlite";

import { confine, runStatement, type SqlAnswer, type SqlRequest } from "./sqlite-statement.ts";

/** The process of one JDBC connection: a request comes, an answer goes. It ends with the server. */
const [, , file = ":memory:"] = process.argv;
const BUSY_MS = 5_000;
let database: DatabaseSync | undefined;

process.on("message", (request: SqlRequest) => {
  process.send?.(answer(request));
});
process.on("disconnect", () => process.exit());
// Ctrl-C is meant for the server, which says when this is over.
process.on("SIGINT", () => undefined);

function answer(request: SqlRequest): SqlAnswer {
  try {
    if (database === undefined) {
      database = new DatabaseSync(file, { timeout: BUSY_MS });
      confine(database);
    }
  } catch (error) {
    return { type: "failed", message: error instanceof Error ? error.message : String(error) };
  }
  return runStatement(database, request);
}
