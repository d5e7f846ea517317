import { AppError } from "../../errors.ts";
import { claim, markDelivered, undo } from "./execute-claims.ts";
import { executeGroup } from "./execute-group.ts";
import { environmentalCode, messageOf, query, type Database, type SqlValue } from "./database.ts";
import { encodeId } from "./ids.ts";
import { prepareStatements, type Statements } from "./statements.ts";
import type { Answer, Outcome, Step } from "./steps.ts";

/**
 * Does the steps of a transaction, in order, and commits them: in a thread of its own (`writer.ts`) or in the caller's.
 *
 *   begin ─► step, step, … ─► commit ─► answers
 *              │ a statement fails
 *              ├─ the disk is full, I/O trouble ─► rollback: nothing of the transaction was done
 *              └─ anything else ─► rollback, and once more with a savepoint per step: the guilty are `refused`
 *
 * A step that finds that its time is over (a version has moved on, a key is taken) writes nothing and says so.
 */
export class Executor {
  readonly #database: Database;
  readonly #statements: Statements;
  #outboxIdNext: number;

  constructor(database: Database) {
    this.#database = database;
    this.#statements = prepareStatements(database);
    this.#outboxIdNext = Number(
      query(database, "SELECT ifnull(max(id), 0) + 1 FROM outbox").get()?.[0],
    );
  }

  /** Never throws. */
  execute(steps: readonly Step[]): Outcome {
    try {
      return { answers: this.#transact(() => steps.map((step) => this.#do(step))) };
    } catch (error) {
      if (!isEnvironmental(error)) return this.#executeApart(steps);
      return outcomeOf(error);
    }
  }

  close(): void {
    this.#database.close();
  }

  #executeApart(steps: readonly Step[]): Outcome {
    try {
      return { answers: this.#transact(() => steps.map((step) => this.#doApart(step))) };
    } catch (error) {
      return outcomeOf(error);
    }
  }

  #transact<T>(work: () => T): T {
    const { begin, commit } = this.#statements;
    try {
      begin.run();
      const result = work();
      commit.run();
      return result;
    } catch (error) {
      // SQLite rolls back by itself after some errors.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #doApart(step: Step): Answer {
    this.#database.exec("SAVEPOINT step");
    try {
      const answer = this.#do(step);
      this.#database.exec("RELEASE step");
      return answer;
    } catch (error) {
      if (isEnvironmental(error)) throw error;
      this.#database.exec("ROLLBACK TO step; RELEASE step");
      return { type: "refused", message: messageOf(error) };
    }
  }

  #do(step: Step): Answer {
    const statements = this.#statements;
    switch (step.type) {
      case "group":
        return executeGroup(statements, step, () => this.#outboxIdNext++);
      case "claim":
        return claim(statements, step);
      case "undo":
        return undo(statements, step);
      case "delivered":
        return markDelivered(statements, step);
      case "logs":
        return each(step.rows, 3, ([taskId = null, createdTime = null, log = null]) =>
          statements.insertLog.run(encodeId(String(taskId)), createdTime, log),
        );
      case "polls":
        return each(step.rows, 4, (row) => statements.putPollData.run(...row));
      case "put-task-defs":
        return each(step.rows, 2, (row) => statements.putTaskDef.run(...row));
      case "put-workflow-defs":
        return each(step.rows, 3, (row) => statements.putWorkflowDef.run(...row));
      case "delete-task-def":
        return done(statements.deleteTaskDef.run(step.name));
      case "delete-workflow-def":
        return done(statements.deleteWorkflowDef.run(step.name, step.version));
      case "check-health":
        return done(statements.checkHealth.run());
    }
  }
}

function each(
  rows: readonly SqlValue[],
  width: number,
  run: (row: readonly SqlValue[]) => void,
): Answer {
  for (let at = 0; at < rows.length; at += width) run(rows.slice(at, at + width));
  return { type: "done" };
}

function done(_changes: number): Answer {
  return { type: "done" };
}

function isEnvironmental(error: unknown): boolean {
  return environmentalCode(error) !== undefined;
}

function outcomeOf(error: unknown): Outcome {
  const code =
    environmentalCode(error) ?? (error instanceof AppError ? error.code : "STORE_UNAVAILABLE");
  const message =
    code === "STORE_FULL"
      ? "the database's disk is full"
      : `the database failed: ${messageOf(error)}`;
  return { code, message };
}
