import { AppError } from "../../errors.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { Store } from "../store.ts";
import { type Database, lockFile, messageOf, openDatabase } from "./database.ts";
import { Executor } from "./executor.ts";
import { checkSchema, migrate } from "./migrations.ts";
import { SqliteStore } from "./sqlite-store.ts";
import { startWriterThread, type Writer } from "./writer-thread.ts";

export interface SqliteOptions {
  /** A path, or ":memory:". */
  readonly file: string;
  readonly clock?: Clock;
  /** Writes in this thread, within the current tick: for simulations. Always so in memory. */
  readonly inProcess?: boolean;
  /** How long a claim that a dead process left undelivered keeps its attempt, from the claim on; 30 s. */
  readonly undeliveredMs?: number;
}

const IN_MEMORY = ":memory:";
const UNDELIVERED_MS = 30_000;

/**
 * Opens the database, makes or migrates its tables, and rebuilds the index of what is waiting in it.
 *
 *   commit, claim, undo, delivered, logs, …          reads
 *        │ steps                                       │
 *        ▼                                             ▼
 *   WriteQueue ──one transaction at a time──► writer   read connection of this thread
 *        ▲          answers                   thread      (WAL: sees what is committed)
 *        │ then: index, callers, pollers        │         │
 *   LiveIndex (queues, limits, deadlines)       └──► FILE ◄┘      FILE.lock: one process
 *
 * The writer checks every version within the transaction, so nothing that this thread remembers has to be right.
 *
 * @throws AppError STORE_UNAVAILABLE, in one line that names the file, when it is in use by another process, cannot be
 * opened, is not ours, or needs a newer program.
 */
export async function openSqliteStore(options: SqliteOptions): Promise<Store> {
  const { file, clock = systemClock, undeliveredMs = UNDELIVERED_MS } = options;
  if (file === IN_MEMORY) {
    const database = openDatabase(file, "write");
    migrate(database, file);
    const writer = writerHere(database);
    return new SqliteStore({ writer, database, clock, undeliveredMs, unlock: () => {} });
  }
  const unlock = lockFile(file);
  let writer: Writer | undefined;
  try {
    checkFile(file);
    const writing = openDatabase(file, "write");
    migrate(writing, file);
    writer = options.inProcess === true ? writerHere(writing) : startWriterThread(file);
    if (options.inProcess !== true) writing.close();
    const database = openDatabase(file, "read");
    return new SqliteStore({ writer, database, clock, undeliveredMs, file, unlock });
  } catch (error) {
    await writer?.close();
    unlock();
    throw unusable(file, error);
  }
}

/** A full disk, say: what SQLite says of it does not name the file. */
function unusable(file: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const message = `${file} cannot be used: ${messageOf(error)}`;
  return new AppError("STORE_UNAVAILABLE", message, { cause: error });
}

function writerHere(database: Database): Writer {
  const executor = new Executor(database);
  return {
    execute: (steps, callback) => callback(executor.execute(steps)),
    close: async () => executor.close(),
  };
}

/** Before anything is written to it, be it only the journal mode. */
function checkFile(file: string): void {
  const database = openDatabase(file, "read");
  try {
    checkSchema(database, file);
  } finally {
    database.close();
  }
}
