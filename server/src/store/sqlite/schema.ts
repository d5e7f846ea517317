/**
 * The tables, as migration 1 makes them. What was measured: INTEGER keys, rowid tables and 8 KB pages are three times
 * faster than text keys without rowid. Public ids are UUIDs in 16-byte blobs (`ids.ts`), any other text as it is.
 *
 * - `workflow` is the narrow header; what may grow is in `workflow_data`, one row per part, so that each is written
 *   only when it changes (key = workflow's key × 16 + part).
 * - `queue` holds an open attempt's queue entry and its claim, `deadline_at` computed from them. It has no index: what
 *   is ready, delayed, due or limited is kept in memory (`queue-index.ts`).
 * - `rate_grant.key` is the `claim_version` of the claim that took it.
 * - Statuses are numbers (`rows.ts`); the open ones are 0 and 1.
 */
export const SCHEMA_1 = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;

CREATE TABLE definition (key INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, text TEXT NOT NULL) STRICT;

CREATE TABLE workflow (
  key INTEGER PRIMARY KEY,
  id ANY NOT NULL UNIQUE,
  version INTEGER NOT NULL,
  definition_key INTEGER NOT NULL,
  name TEXT NOT NULL,
  status INTEGER NOT NULL,
  create_time INTEGER NOT NULL,
  correlation_id TEXT,
  workflow_version INTEGER NOT NULL,
  update_time INTEGER NOT NULL,
  end_time INTEGER NOT NULL,
  last_retried_time INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  parent_workflow_id ANY,
  parent_workflow_task_id ANY,
  reason_for_incompletion TEXT,
  failed_task_id ANY,
  event TEXT,
  seq_max INTEGER NOT NULL,
  task_count INTEGER NOT NULL,
  open_count INTEGER NOT NULL,
  agenda_next INTEGER NOT NULL,
  agenda_count INTEGER NOT NULL,
  failed_count INTEGER NOT NULL,
  permissive_failure_count INTEGER NOT NULL,
  dynamic_fork_count INTEGER NOT NULL,
  last_task_id ANY,
  terminate_task_id ANY,
  deadline_at INTEGER,
  ending INTEGER
) STRICT;
CREATE INDEX workflow_created ON workflow (name, create_time);
CREATE INDEX workflow_open ON workflow (name, create_time) WHERE status < 2;
CREATE INDEX workflow_correlated ON workflow (name, correlation_id, create_time)
  WHERE correlation_id IS NOT NULL;
CREATE INDEX workflow_agenda ON workflow (key)
  WHERE (agenda_count > 0 OR ending IS NOT NULL) AND status <> 1;

CREATE TABLE workflow_data (key INTEGER PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE task (
  key INTEGER PRIMARY KEY,
  id ANY NOT NULL UNIQUE,
  workflow_key INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  ref TEXT NOT NULL,
  join_id ANY,
  task_type TEXT NOT NULL,
  task_def_name TEXT NOT NULL,
  status INTEGER NOT NULL,
  agenda INTEGER NOT NULL,
  retry_count INTEGER NOT NULL,
  iteration INTEGER NOT NULL,
  retried_task_id ANY,
  retried INTEGER NOT NULL,
  executed INTEGER NOT NULL,
  scheduled_time INTEGER NOT NULL,
  start_time INTEGER NOT NULL,
  end_time INTEGER NOT NULL,
  update_time INTEGER NOT NULL,
  first_scheduled_time INTEGER NOT NULL,
  poll_count INTEGER NOT NULL,
  callback_after_seconds INTEGER NOT NULL,
  start_delay_in_seconds INTEGER NOT NULL,
  response_timeout_seconds INTEGER NOT NULL,
  rate_limit_per_frequency INTEGER NOT NULL,
  rate_limit_frequency_in_seconds INTEGER NOT NULL,
  workflow_priority INTEGER NOT NULL,
  worker_id TEXT,
  domain TEXT,
  reason_for_incompletion TEXT,
  sub_workflow_id ANY,
  subworkflow_changed INTEGER NOT NULL,
  input_data TEXT NOT NULL,
  output_data TEXT,
  workflow_task TEXT,
  rest TEXT
) STRICT;
CREATE INDEX task_by_seq ON task (workflow_key, seq);
CREATE INDEX task_by_ref ON task (workflow_key, ref, seq);
CREATE INDEX task_open ON task (workflow_key, seq) WHERE status < 2;
CREATE INDEX task_open_by_type ON task (task_type) WHERE status < 2;
CREATE INDEX task_agenda ON task (workflow_key, agenda) WHERE agenda > 0;
CREATE INDEX task_by_join ON task (workflow_key, join_id, seq) WHERE join_id IS NOT NULL;

CREATE TABLE queue (
  task_key INTEGER PRIMARY KEY,
  workflow_key INTEGER NOT NULL,
  claim_version INTEGER NOT NULL,
  claimed INTEGER NOT NULL,
  started_by_claim INTEGER NOT NULL,
  deadline_at INTEGER,
  update_time INTEGER NOT NULL,
  worker_id TEXT,
  delivered_at INTEGER,
  poll_count INTEGER NOT NULL,
  start_time INTEGER NOT NULL,
  queue TEXT,
  priority INTEGER NOT NULL,
  ready_at INTEGER NOT NULL,
  limit_name TEXT,
  limit_concurrent INTEGER,
  limit_rate INTEGER,
  limit_window_ms INTEGER,
  poll_at INTEGER,
  task_ms INTEGER,
  response_ms INTEGER,
  total_at INTEGER,
  fixed_at INTEGER
) STRICT;

CREATE TABLE rate_grant (key INTEGER PRIMARY KEY, name TEXT NOT NULL, granted_at INTEGER NOT NULL) STRICT;

CREATE TABLE outbox (
  id INTEGER PRIMARY KEY,
  source_id ANY NOT NULL,
  target_id ANY NOT NULL,
  command TEXT NOT NULL
) STRICT;

CREATE TABLE idempotency_key (
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  workflow_key INTEGER NOT NULL,
  PRIMARY KEY (name, value)
) STRICT;
CREATE INDEX idempotency_key_holder ON idempotency_key (workflow_key);

CREATE TABLE task_log (
  key INTEGER PRIMARY KEY,
  task_id ANY NOT NULL,
  created_time INTEGER NOT NULL,
  log TEXT NOT NULL
) STRICT;
CREATE INDEX task_log_by_task ON task_log (task_id, created_time);

CREATE TABLE poll_data (
  task_type TEXT NOT NULL,
  domain TEXT NOT NULL,
  worker_id TEXT,
  last_poll_time INTEGER NOT NULL,
  PRIMARY KEY (task_type, domain)
) STRICT;

CREATE TABLE task_def (name TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE TABLE workflow_def (
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (name, version)
) STRICT;
`;
