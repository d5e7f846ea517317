import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";

import { confine, runStatement, type SqlAnswer, type SqlRequest } from "./sqlite-statement.ts";

/** The thread of one JDBC connection: a request comes, an answer goes. */
const { file } = workerData as { readonly file: string };
const BUSY_MS = 5_000;
let database: DatabaseSync | undefined;

parentPort?.on("message", (request: SqlRequest) => {
  parentPort?.postMessage(answer(request));
});

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
