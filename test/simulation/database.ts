import type { StatementSync } from "node:sqlite";

import type { Store } from "../../server/src/store/store.ts";
import type { Clock } from "../../server/src/store/clock.ts";
import { type Database, openDatabase } from "../../server/src/store/sqlite/database.ts";
import { Executor } from "../../server/src/store/sqlite/executor.ts";
import { migrate, MIGRATIONS } from "../../server/src/store/sqlite/migrations.ts";
import { SqliteStore } from "../../server/src/store/sqlite/sqlite-store.ts";

/** A claim that dead servers left undelivered keeps its attempt for so long. */
export const UNDELIVERED_MS = 30_000;

const COUNT_CLAIMED = `SELECT count(*) AS n FROM queue q JOIN workflow w ON w.key = q.workflow_key
  WHERE q.claimed = 1 AND q.limit_name = ? AND w.status < 2`;

const COUNT_OVERDUE = `SELECT count(*) AS n FROM queue q JOIN workflow w ON w.key = q.workflow_key
  WHERE w.status = 0 AND q.deadline_at < ?`;

/**
 * What survives a loss of power: a real SQLite database in memory. What a store object remembers beside it (indexes,
 * marks that were to go with the next transaction) is lost with the object; the next one is built from the rows.
 */
export class SimulatedDisk {
  readonly database: Database;
  readonly #tables: readonly string[];
  /** Keeps no state but its statements and the next outbox id, which only has to rise. */
  readonly #executor: Executor;
  readonly #countClaimed: StatementSync;
  readonly #countOverdue: StatementSync;

  constructor() {
    this.database = openDatabase(":memory:", "write");
    migrate(this.database, ":memory:", MIGRATIONS);
    const tables = this.database.prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('meta')",
    );
    this.#executor = new Executor(this.database);
    this.#countClaimed = this.database.prepare(COUNT_CLAIMED);
    this.#countOverdue = this.database.prepare(COUNT_OVERDUE);
    this.#tables = tables.all().map((row) => String(row["name"]));
  }

  /** Empties it: making a new one costs far more than a run. */
  wipe(): void {
    this.database.exec(
      `BEGIN; ${this.#tables.map((name) => `DELETE FROM ${name};`).join(" ")} COMMIT`,
    );
  }

  open(clock: Clock): Store {
    return new SqliteStore({
      database: this.database,
      writer: {
        execute: (steps, callback) => {
          callback(this.#executor.execute(steps));
        },
        close: () => Promise.resolve(),
      },
      clock,
      undeliveredMs: UNDELIVERED_MS,
      unlock: () => undefined,
    });
  }

  /** Attempts of running executions whose deadline came before this instant, and that nobody has dealt with. */
  countOverdue(before: number): number {
    return Number(this.#countOverdue.get(before)?.["n"]);
  }

  /** What is in the queues, for whoever looks into a run that went wrong. */
  describeQueues(): string {
    const sql = `SELECT t.ref, q.queue, q.claimed, q.claim_version, q.delivered_at, q.ready_at,
      q.deadline_at, q.limit_name FROM queue q JOIN task t ON t.key = q.task_key`;
    return JSON.stringify(this.database.prepare(sql).all());
  }

  /** How many attempts are handed out that count against this limit. */
  countClaimed(limitName: string): number {
    return Number(this.#countClaimed.get(limitName)?.["n"]);
  }
}
