import { columnList } from "./codec.ts";
import { type Database, query, type Query } from "./database.ts";
import {
  CLAIM_COLUMNS,
  ENTRY_COLUMNS,
  TASK_BODY,
  TASK_COLUMNS,
  TASK_INPUT,
  TASK_PLACE,
  TIMEOUT_COLUMNS,
  WORKFLOW_INDEXED,
  WORKFLOW_REST,
} from "./rows.ts";

export type Statements = { readonly [Name in keyof typeof SQL]: Query };

export function prepareStatements(database: Database): Statements {
  const entries = Object.entries(SQL).map(([name, sql]) => [name, query(database, sql)]);
  return Object.fromEntries(entries) as Statements;
}

const WORKFLOW_COLUMNS = [...WORKFLOW_INDEXED, ...WORKFLOW_REST];

/**
 * An indexed column costs an index write in every UPDATE that names it: those are set only when they change. RETURNING
 * costs a temporary table; the hot statements do without.
 */
const SQL = {
  begin: "BEGIN IMMEDIATE",
  commit: "COMMIT",
  checkHealth: "INSERT OR REPLACE INTO meta VALUES ('checkedHealth', 1)",

  findWorkflow: `SELECT key, version, ${columnList(WORKFLOW_INDEXED)} FROM workflow WHERE id = ?`,
  insertWorkflow: `INSERT INTO workflow (id, version, definition_key, ${columnList(WORKFLOW_COLUMNS)})
    VALUES (?, ?, (SELECT key FROM definition WHERE hash = ?), ${marks(WORKFLOW_COLUMNS.length)})`,
  updateWorkflow: `UPDATE workflow SET version = ?, definition_key = (SELECT key FROM definition WHERE hash = ?),
    ${assignments(columnList(WORKFLOW_REST))} WHERE key = ?`,
  updateWorkflowIndexed: `UPDATE workflow SET ${assignments(columnList(WORKFLOW_INDEXED))} WHERE key = ?`,
  putData: `INSERT INTO workflow_data VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
  deleteData: "DELETE FROM workflow_data WHERE key = ?",
  insertDefinition: "INSERT INTO definition (hash, text) VALUES (?, ?) ON CONFLICT DO NOTHING",

  findTask: `SELECT key, workflow_key, ${columnList(TASK_PLACE)} FROM task WHERE id = ?`,
  insertTask: `INSERT INTO task (workflow_key, ${columnList(TASK_COLUMNS)})
    VALUES (?, ${marks(TASK_COLUMNS.length)})`,
  updateTask: `UPDATE task SET ${assignments(columnList(TASK_BODY))} WHERE key = ?`,
  updateTaskInput: `UPDATE task SET ${assignments(columnList(TASK_INPUT))} WHERE key = ?`,
  updateTaskPlace: `UPDATE task SET ${assignments(columnList(TASK_PLACE))} WHERE key = ?`,
  mergeClaim: `UPDATE task SET start_time = ?, update_time = max(update_time, ?), poll_count = ?,
    worker_id = ifnull(worker_id, ?) WHERE key = ?`,
  deleteTask: "DELETE FROM task WHERE key = ?",

  findClaim: `SELECT ${CLAIM_COLUMNS} FROM queue WHERE task_key = ?`,
  deleteEntry: "DELETE FROM queue WHERE task_key = ?",
  insertEntry: `INSERT INTO queue (task_key, workflow_key, claim_version, deadline_at, ${ENTRY_COLUMNS},
      claimed, started_by_claim, update_time)
    VALUES (?, ?, ?, ?, ${marks(14)}, 0, 0, 0)`,
  findEntry: `SELECT ${CLAIM_COLUMNS}, ${TIMEOUT_COLUMNS}, started_by_claim FROM queue WHERE task_key = ?`,
  updateClaim: `UPDATE queue SET claim_version = ?, claimed = ?, poll_count = ?, start_time = ?, update_time = ?,
    worker_id = ?, started_by_claim = ?, deadline_at = ?, delivered_at = NULL WHERE task_key = ?`,
  heartbeat: `UPDATE queue SET claim_version = ?, update_time = ?, deadline_at = ?,
    delivered_at = ifnull(delivered_at, ?) WHERE task_key = ?`,
  setTimeouts: `UPDATE queue SET ${assignments(TIMEOUT_COLUMNS)}, deadline_at = ? WHERE task_key = ?`,
  markDelivered: "UPDATE queue SET delivered_at = ? WHERE task_key = ? AND claim_version = ?",
  findClaimVersion: `SELECT q.claim_version FROM task t JOIN queue q ON q.task_key = t.key WHERE t.id = ?`,
  listOpenEntries: `SELECT q.task_key FROM task t JOIN queue q ON q.task_key = t.key
    WHERE t.workflow_key = ? AND t.status < 2`,
  insertGrant: "INSERT INTO rate_grant VALUES (?, ?, ?)",
  deleteGrant: "DELETE FROM rate_grant WHERE key = ?",

  hasOutbox: "SELECT 1 FROM outbox WHERE id = ?",
  insertOutbox: "INSERT INTO outbox VALUES (?, ?, ?, ?)",
  deleteOutbox: "DELETE FROM outbox WHERE id = ?",
  findKeyHolder: `SELECT w.id, w.status FROM idempotency_key k JOIN workflow w ON w.key = k.workflow_key
    WHERE k.name = ? AND k.value = ?`,
  putKey: `INSERT INTO idempotency_key VALUES (?, ?, ?)
    ON CONFLICT (name, value) DO UPDATE SET workflow_key = excluded.workflow_key`,
  insertLog: "INSERT INTO task_log (task_id, created_time, log) VALUES (?, ?, ?)",
  putPollData: `INSERT INTO poll_data VALUES (?, ?, ?, ?) ON CONFLICT (task_type, domain)
    DO UPDATE SET worker_id = excluded.worker_id, last_poll_time = excluded.last_poll_time`,

  removeEntries: `DELETE FROM queue WHERE task_key IN (SELECT key FROM task WHERE workflow_key = ?)
    RETURNING task_key`,
  removeLogs: "DELETE FROM task_log WHERE task_id IN (SELECT id FROM task WHERE workflow_key = ?)",
  removeTasks: "DELETE FROM task WHERE workflow_key = ?",
  removeData: "DELETE FROM workflow_data WHERE key BETWEEN ? AND ?",
  removeKeys: "DELETE FROM idempotency_key WHERE workflow_key = ?",
  removeWorkflow: "DELETE FROM workflow WHERE key = ?",

  putTaskDef: "INSERT OR REPLACE INTO task_def VALUES (?, ?)",
  deleteTaskDef: "DELETE FROM task_def WHERE name = ?",
  putWorkflowDef: "INSERT OR REPLACE INTO workflow_def VALUES (?, ?, ?)",
  deleteWorkflowDef: "DELETE FROM workflow_def WHERE name = ? AND version = ?",
};

function marks(count: number): string {
  return new Array(count).fill("?").join(", ");
}

function assignments(columns: string): string {
  return columns
    .split(", ")
    .map((name) => `${name} = ?`)
    .join(", ");
}
