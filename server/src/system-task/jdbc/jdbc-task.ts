import {
  isJsonArray,
  isRawNumber,
  javaText,
  type Json,
  type JsonObject,
  toNumber,
  writeJson,
} from "@ostinato/core";

import {
  failed,
  failedForGood,
  succeeded,
  type SystemTaskAttempt,
  type SystemTaskExecutor,
  type SystemTaskResult,
} from "../system-task.ts";
import { SqliteConnection } from "./sqlite-connection.ts";
import type { SqlAnswer } from "./sqlite-statement.ts";

/** A database that JDBC tasks may name. */
export interface JdbcInstance {
  readonly name: string;
  readonly database: { readonly type: "sqlite"; readonly file: string };
}

/**
 * JDBC: one SQL statement on a database of the configuration. Parameters are bound as texts, and columns keep the names
 * that the statement gives them. Source: tasks.md 5.9.
 */
export function createJdbcExecutor(options: {
  readonly instances: readonly JdbcInstance[];
  /** Of a result's text. */
  readonly answerBytesMax: number;
}): SystemTaskExecutor {
  const connections = new Map(
    options.instances.map(({ name, database }) => [name, new SqliteConnection(database.file)]),
  );
  return {
    taskType: "JDBC",
    async execute(attempt, signal) {
      const { input } = attempt;
      const statement = textOf(input, "statement");
      if (statement.trim() === "") return failedForGood("Missing JDBC statement");
      const name = textOf(input, "connectionId") || textOf(input, "integrationName");
      const connection = connections.get(name);
      if (connection === undefined)
        return failedForGood(`No such datasource configured.  input: ${name}`);
      const operation = textOf(input, "type");
      if (operation !== "SELECT" && operation !== "UPDATE")
        return failed(`Unsupported Operation ${operation}`);
      const expectedUpdateCount = countOf(input["expectedUpdateCount"]);
      const { answerBytesMax } = options;
      const parameters = parametersOf(input["parameters"]);
      const answer = await connection.run(
        { operation, statement, parameters, expectedUpdateCount, answerBytesMax },
        signal,
      );
      return resultOf(attempt, answer, { expectedUpdateCount, answerBytesMax });
    },
    close() {
      for (const connection of connections.values()) connection.close();
      return Promise.resolve();
    },
  };
}

function resultOf(
  attempt: SystemTaskAttempt,
  answer: SqlAnswer,
  limits: { readonly expectedUpdateCount: number; readonly answerBytesMax: number },
): SystemTaskResult {
  switch (answer.type) {
    case "done":
      return succeeded(attempt, answer.output);
    case "wrong-count":
      return failed(
        `Update count ${answer.count} does not match with expected update count ` +
          String(limits.expectedUpdateCount),
        `{"update_count":${answer.count}}`,
      );
    case "failed":
      return failed(answer.message);
    case "too-large":
      return failedForGood(`The result is larger than ${limits.answerBytesMax} bytes`);
  }
}

function textOf(input: JsonObject, key: string): string {
  const value = input[key] ?? null;
  return value === null ? "" : javaText(value);
}

function parametersOf(value: Json | undefined): (string | null)[] {
  if (value === undefined || value === null) return [];
  const list = isJsonArray(value) ? value : [value];
  return list.map(parameterOf);
}

function parameterOf(value: Json): string | null {
  if (value === null) return null;
  return typeof value === "object" && !isRawNumber(value) ? writeJson(value) : javaText(value);
}

function countOf(value: Json | undefined): number {
  if (typeof value === "number" || isRawNumber(value)) return Math.trunc(toNumber(value));
  return typeof value === "string" && /^\d+$/.test(value.trim()) ? Number(value) : 0;
}
