import {
  type Claim,
  type Execution,
  type JsonText,
  type Lookup,
  remember,
  type Task,
} from "@ostinato/core";
import type { Workflow } from "@ostinato/core";

import type { StoredTask, StoredWorkflow, TaskPage, WorkflowFilter } from "../store.ts";
import { LOAD_ALL_TASKS_MAX } from "../store.ts";
import { columnList, decodeRecord } from "./codec.ts";
import { type Database, query, type Query, type Row, type SqlValue } from "./database.ts";
import { decodeId, encodeId } from "./ids.ts";
import {
  asRead,
  CLAIM_COLUMNS,
  DATA_PARTS_MAX,
  decodeClaim,
  decodeData,
  TASK_COLUMNS,
  TASK_STATUS_WORDS,
  WORKFLOW_READ,
} from "./rows.ts";

const WORKFLOW = `SELECT w.key, w.version, ${columnList(WORKFLOW_READ)}
  FROM workflow w JOIN definition d ON d.key = w.definition_key`;

const CLAIM_LIST = CLAIM_COLUMNS.split(", ")
  .map((name) => `q.${name}`)
  .join(", ");
const STORED_TASK = `SELECT ${columnList(TASK_COLUMNS, "t.")}, w.status, w.id, w.name, d.hash, w.correlation_id,
    ${CLAIM_LIST}
  FROM task t JOIN workflow w ON w.key = t.workflow_key JOIN definition d ON d.key = w.definition_key
  LEFT JOIN queue q ON q.task_key = t.key`;
/** Where in such a row the workflow's columns begin, and the claim's. */
const WORKFLOW_FROM = TASK_COLUMNS.length;
const CLAIM_FROM = WORKFLOW_FROM + 5;

/** The status that an attempt reads as. */
const STATUS_AS_READ = `CASE WHEN t.status >= 2 THEN t.status
  WHEN w.status >= 2 THEN ${TASK_STATUS_WORDS.indexOf("CANCELED")}
  WHEN q.claimed = 1 THEN ${TASK_STATUS_WORDS.indexOf("IN_PROGRESS")} ELSE t.status END`;

const TASK = `SELECT ${columnList(TASK_COLUMNS, "t.")} FROM task t`;

/** Plain reads on one connection, each of them short. Statements are prepared when they are first used. */
export class Reads {
  readonly #database: Database;
  readonly #queries = new Map<string, Query>();

  constructor(database: Database) {
    this.#database = database;
  }

  query(sql: string): Query {
    let prepared = this.#queries.get(sql);
    if (prepared === undefined) {
      prepared = query(this.#database, sql);
      this.#queries.set(sql, prepared);
    }
    return prepared;
  }

  /** Lets several statements see the same state. */
  inSnapshot<T>(read: () => T): T {
    this.query("BEGIN").run();
    try {
      return read();
    } finally {
      this.query("COMMIT").run();
    }
  }

  loadExecution(workflowId: string): Execution | undefined {
    const row = this.query(`${WORKFLOW} WHERE w.id = ?`).get(encodeId(workflowId));
    if (row === undefined) return undefined;
    const key = Number(row[0]);
    const workflow = decodeRecord<Workflow>(WORKFLOW_READ, row, 2);
    const complete = workflow.taskCount <= LOAD_ALL_TASKS_MAX;
    const execution: Execution = {
      version: Number(row[1]),
      workflow,
      data: this.#loadData(key),
      tasks: new Map(),
      live: new Map(),
      agenda: new Set(),
      absent: new Set(),
      complete,
    };
    if (complete) {
      for (const task of this.#tasks("WHERE t.workflow_key = ? ORDER BY t.seq", key))
        remember(execution, task);
    }
    return execution;
  }

  loadTasks(workflowId: string, lookup: Lookup): Task[] {
    const key = this.#workflowKey(workflowId);
    if (key === undefined) return [];
    switch (lookup.type) {
      case "refs":
        return lookup.refs.flatMap((ref) =>
          this.#tasks(
            "WHERE t.workflow_key = ? AND t.ref = ? ORDER BY t.seq DESC LIMIT 1",
            key,
            ref,
          ),
        );
      case "tasks":
        return lookup.taskIds.flatMap((taskId) =>
          this.#tasks("WHERE t.id = ? AND t.workflow_key = ?", encodeId(taskId), key),
        );
      case "all-tasks":
        return this.#tasks("WHERE t.workflow_key = ? ORDER BY t.seq", key);
      case "open-tasks":
        return this.#tasks("WHERE t.workflow_key = ? AND t.status < 2 ORDER BY t.seq", key);
      case "agenda":
        return this.#tasks("WHERE t.workflow_key = ? AND t.agenda > 0 ORDER BY t.agenda", key);
      case "branches":
        return this.#tasks(
          "WHERE t.join_id = ? AND t.workflow_key = ? ORDER BY t.seq",
          encodeId(lookup.joinId),
          key,
        );
      case "claims":
      case "workflow-text":
      case "evaluations":
        return [];
    }
  }

  loadClaim(taskId: string): Claim | undefined {
    const sql = `SELECT ${CLAIM_LIST} FROM task t JOIN queue q ON q.task_key = t.key WHERE t.id = ?`;
    const row = this.query(sql).get(encodeId(taskId));
    return row === undefined ? undefined : decodeClaim(taskId, row, 0);
  }

  snapshotText(hash: string): JsonText | undefined {
    const text = this.query("SELECT text FROM definition WHERE hash = ?").get(hash)?.[0];
    return typeof text === "string" ? text : undefined;
  }

  findWorkflow(workflowId: string): StoredWorkflow | undefined {
    const row = this.query(`${WORKFLOW} WHERE w.id = ?`).get(encodeId(workflowId));
    if (row === undefined) return undefined;
    return { workflow: decodeRecord(WORKFLOW_READ, row, 2), data: this.#loadData(Number(row[0])) };
  }

  findTask(taskId: string): StoredTask | undefined {
    const row = this.query(`${STORED_TASK} WHERE t.id = ?`).get(encodeId(taskId));
    return row === undefined ? undefined : storedTask(row);
  }

  /** The attempt as its claim has it, unless it has another one by now. */
  findClaimed(key: number, claimVersion: number): StoredTask | undefined {
    const row = this.query(`${STORED_TASK} WHERE t.key = ? AND q.claim_version = ?`).get(
      key,
      claimVersion,
    );
    return row === undefined ? undefined : storedTask(row);
  }

  countTasks(workflowId: string): number {
    return Number(
      this.query("SELECT task_count FROM workflow WHERE id = ?").get(encodeId(workflowId))?.[0] ??
        0,
    );
  }

  /** @returns how many match, and an iterator over the rows of the page: `storedTask` makes attempts of them. */
  pageOfTasks(
    workflowId: string,
    page: TaskPage,
  ): { readonly totalHits: number; readonly rows: Iterable<Row> } {
    const where = `WHERE w.id = ?${statusFilter(page.statuses)}`;
    const from = STORED_TASK.slice(STORED_TASK.indexOf("FROM task"));
    const id = encodeId(workflowId);
    const count = page.statuses === undefined ? undefined : `SELECT count(*) ${from} ${where}`;
    const totalHits =
      count === undefined ? this.countTasks(workflowId) : Number(this.query(count).get(id)?.[0]);
    const rows = this.query(`${STORED_TASK} ${where} ORDER BY t.seq LIMIT ? OFFSET ?`);
    return { totalHits, rows: rows.iterate(id, page.count, page.offset) };
  }

  listOpenTasks(taskType: string, offset: number, count: number): StoredTask[] {
    const sql = `${STORED_TASK} WHERE t.task_type = ? AND t.status < 2 AND w.status < 2
      ORDER BY t.key LIMIT ? OFFSET ?`;
    return this.query(sql).all(taskType, count, offset).map(storedTask);
  }

  listWorkflowIds(filter: WorkflowFilter): string[] {
    const list = (where: string, ...parameters: SqlValue[]): string[] =>
      this.query(`SELECT id FROM workflow WHERE ${where} ORDER BY create_time, key`)
        .all(...parameters)
        .map((row) => decodeId(row[0] ?? null));
    switch (filter.type) {
      case "open":
        return list("name = ? AND status < 2", filter.workflowName);
      case "created-between": {
        const { workflowName, version, from, to } = filter;
        return list(
          "name = ? AND create_time BETWEEN ? AND ? AND workflow_version = ?",
          workflowName,
          from,
          to,
          version,
        );
      }
      case "correlated": {
        const { workflowName, correlationId, includeClosed } = filter;
        const where = `correlation_id = ? AND name = ?${includeClosed ? "" : " AND status < 2"}`;
        return list(where, correlationId, workflowName);
      }
    }
  }

  #loadData(key: number): StoredWorkflow["data"] {
    const base = key * DATA_PARTS_MAX;
    const sql = "SELECT key, value FROM workflow_data WHERE key BETWEEN ? AND ?";
    return decodeData(this.query(sql).all(base, base + DATA_PARTS_MAX - 1));
  }

  #workflowKey(workflowId: string): number | undefined {
    const row = this.query("SELECT key FROM workflow WHERE id = ?").get(encodeId(workflowId));
    return row === undefined ? undefined : Number(row[0]);
  }

  #tasks(where: string, ...parameters: SqlValue[]): Task[] {
    const rows = this.query(`${TASK} ${where}`).all(...parameters);
    return rows.map((row) => decodeRecord<Task>(TASK_COLUMNS, row, 0));
  }
}

export function storedTask(row: Row): StoredTask {
  const task = decodeRecord<Task>(TASK_COLUMNS, row, 0);
  const claim = row[CLAIM_FROM] === null ? undefined : decodeClaim(task.taskId, row, CLAIM_FROM);
  const correlationId = row[WORKFLOW_FROM + 4];
  return {
    task: asRead(task, claim, row[WORKFLOW_FROM] ?? null),
    workflowId: decodeId(row[WORKFLOW_FROM + 1] ?? null),
    workflowName: String(row[WORKFLOW_FROM + 2]),
    definitionHash: String(row[WORKFLOW_FROM + 3]),
    ...(typeof correlationId === "string" ? { correlationId } : {}),
  };
}

function statusFilter(statuses: readonly string[] | undefined): string {
  if (statuses === undefined) return "";
  const codes = statuses
    .map((status) => TASK_STATUS_WORDS.indexOf(status))
    .filter((code) => code >= 0);
  return ` AND ${STATUS_AS_READ} IN (${codes.join(", ")})`;
}
