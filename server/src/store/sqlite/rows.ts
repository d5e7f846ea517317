import type {
  Claim,
  Limits,
  QueueEntry,
  Task,
  TaskStatus,
  Timeouts,
  Workflow,
  WorkflowData,
} from "@ostinato/core";
import { NO_DATA } from "@ostinato/core";

import {
  type Column,
  columnList,
  encodeText,
  flag,
  id,
  int,
  rest,
  text,
  type Value,
  word,
} from "./codec.ts";
import type { Row, SqlValue } from "./database.ts";

/** Status numbers in the rows. Never renumber: the partial indexes rely on open ones being below `ENDED_FROM`. */
export const WORKFLOW_STATUS_WORDS: readonly string[] = [
  "RUNNING",
  "PAUSED",
  "COMPLETED",
  "FAILED",
  "TIMED_OUT",
  "TERMINATED",
];
export const TASK_STATUS_WORDS: readonly string[] = [
  "SCHEDULED",
  "IN_PROGRESS",
  "COMPLETED",
  "COMPLETED_WITH_ERRORS",
  "SKIPPED",
  "FAILED",
  "FAILED_WITH_TERMINAL_ERROR",
  "TIMED_OUT",
  "CANCELED",
];
export const ENDED_FROM = 2;

/** Columns that indexes hold and that seldom change after the start; `status` first. */
export const WORKFLOW_INDEXED: readonly Column<Workflow>[] = [
  word("status", "status", WORKFLOW_STATUS_WORDS),
  text("name", "workflowName"),
  int("create_time", "createTime"),
  text("correlation_id", "correlationId"),
];

export const WORKFLOW_REST: readonly Column<Workflow>[] = [
  int("workflow_version", "workflowVersion"),
  int("update_time", "updateTime"),
  int("end_time", "endTime"),
  int("last_retried_time", "lastRetriedTime"),
  int("priority", "priority"),
  id("parent_workflow_id", "parentWorkflowId"),
  id("parent_workflow_task_id", "parentWorkflowTaskId"),
  text("reason_for_incompletion", "reasonForIncompletion"),
  id("failed_task_id", "failedTaskId"),
  text("event", "event"),
  int("seq_max", "seqMax"),
  int("task_count", "taskCount"),
  int("open_count", "openCount"),
  int("agenda_next", "agendaNext"),
  int("agenda_count", "agendaCount"),
  int("failed_count", "failedCount"),
  int("permissive_failure_count", "permissiveFailureCount"),
  int("dynamic_fork_count", "dynamicForkCount"),
  id("last_task_id", "lastTaskId"),
  id("terminate_task_id", "terminateTaskId"),
  int("deadline_at", "deadlineAt"),
  {
    name: "ending",
    isId: false,
    encode: ({ ending }) => (ending === undefined ? null : Number(ending.failureWorkflow)),
    decode: (value, into) => {
      if (value !== null) into["ending"] = { failureWorkflow: value === 1 };
    },
  },
];

/** What a read of a header selects, from `workflow w JOIN definition d`. */
export const WORKFLOW_READ: readonly Column<Workflow>[] = [
  id("w.id", "workflowId"),
  text("d.hash", "definitionHash"),
  ...[...WORKFLOW_INDEXED, ...WORKFLOW_REST].map((each) => ({ ...each, name: `w.${each.name}` })),
];

/** Columns that indexes hold and that seldom change once the attempt exists. */
export const TASK_PLACE: readonly Column<Task>[] = [
  int("seq", "seq"),
  text("ref", "referenceTaskName"),
  id("join_id", "joinId"),
];

export const TASK_BODY: readonly Column<Task>[] = [
  text("task_type", "taskType"),
  text("task_def_name", "taskDefName"),
  word("status", "status", TASK_STATUS_WORDS),
  int("agenda", "agenda"),
  int("retry_count", "retryCount"),
  int("iteration", "iteration"),
  id("retried_task_id", "retriedTaskId"),
  flag("retried", "retried"),
  flag("executed", "executed"),
  int("scheduled_time", "scheduledTime"),
  int("start_time", "startTime"),
  int("end_time", "endTime"),
  int("update_time", "updateTime"),
  int("first_scheduled_time", "firstScheduledTime"),
  int("poll_count", "pollCount"),
  int("callback_after_seconds", "callbackAfterSeconds"),
  int("start_delay_in_seconds", "startDelayInSeconds"),
  int("response_timeout_seconds", "responseTimeoutSeconds"),
  int("rate_limit_per_frequency", "rateLimitPerFrequency"),
  int("rate_limit_frequency_in_seconds", "rateLimitFrequencyInSeconds"),
  int("workflow_priority", "workflowPriority"),
  text("worker_id", "workerId"),
  text("domain", "domain"),
  text("reason_for_incompletion", "reasonForIncompletion"),
  id("sub_workflow_id", "subWorkflowId"),
  flag("subworkflow_changed", "subworkflowChanged"),
  text("output_data", "outputData"),
  rest("rest", [
    "inputParameters",
    "isolationGroupId",
    "executionNameSpace",
    "externalInputPayloadStoragePath",
    "externalOutputPayloadStoragePath",
    "outputMessage",
    "executionMetadata",
    "join",
    "fork",
    "loop",
    "outerSuffix",
    "waitUntilAt",
  ]),
];

/** Texts that seldom change once the attempt exists, and may be very long. */
export const TASK_INPUT: readonly Column<Task>[] = [
  text("input_data", "inputData"),
  text("workflow_task", "workflowTask"),
];

const TASK_ID: Column<Task> = id("id", "taskId");

/** What a change writes that keeps the attempt's input, in the order in which the writer gets it. */
export const TASK_CHANGED: readonly Column<Task>[] = [TASK_ID, ...TASK_PLACE, ...TASK_BODY];

/** All columns of a task's row but its keys; `TASK_CHANGED` first. */
export const TASK_COLUMNS: readonly Column<Task>[] = [...TASK_CHANGED, ...TASK_INPUT];

/** Where in such a row the members stand that a claim is merged into. */
export const TASK_AT: Readonly<
  Record<"startTime" | "updateTime" | "pollCount" | "workerId", number>
> = {
  startTime: positionOf("start_time"),
  updateTime: positionOf("update_time"),
  pollCount: positionOf("poll_count"),
  workerId: positionOf("worker_id"),
};

function positionOf(name: string): number {
  return TASK_COLUMNS.findIndex((each) => each.name === name);
}

/** The claim part of a queue row. */
export const CLAIM_COLUMNS =
  "claim_version, claimed, poll_count, start_time, update_time, worker_id";

export function decodeClaim(taskId: string, row: Row, offset: number): Claim {
  const workerId = row[offset + 5];
  return {
    taskId,
    claimVersion: Number(row[offset]),
    claimed: row[offset + 1] === 1,
    pollCount: Number(row[offset + 2]),
    startTime: Number(row[offset + 3]),
    updateTime: Number(row[offset + 4]),
    ...(typeof workerId === "string" ? { workerId } : {}),
  };
}

/** The columns of `timeouts`, in the order of `TIMEOUT_COLUMNS`. */
export const TIMEOUT_COLUMNS = "poll_at, task_ms, response_ms, total_at, fixed_at";

const TIMEOUTS: readonly Column<Timeouts>[] = [
  int("poll_at", "pollAt"),
  int("task_ms", "taskMs"),
  int("response_ms", "responseMs"),
  int("total_at", "totalAt"),
  int("fixed_at", "at"),
];

export function encodeTimeouts(timeouts: Timeouts): Value[] {
  return TIMEOUTS.map((each) => each.encode(timeouts));
}

export function decodeTimeouts(row: Row, offset: number): Timeouts {
  const timeouts: Record<string, unknown> = {};
  for (let i = 0; i < TIMEOUTS.length; i++) TIMEOUTS[i]?.decode(row[offset + i] ?? null, timeouts);
  return timeouts as Timeouts;
}

const ENTRY: readonly Column<QueueEntry>[] = [
  int("poll_count", "pollCount"),
  int("start_time", "startTime"),
  text("queue", "queue"),
  int("priority", "priority"),
  int("ready_at", "readyAt"),
];
const LIMITS: readonly Column<Limits>[] = [
  text("limit_name", "taskDefName"),
  int("limit_concurrent", "concurrentExecLimit"),
  int("limit_rate", "rateLimitPerFrequency"),
  int("limit_window_ms", "rateLimitWindowMs"),
];
const NO_LIMITS: readonly Value[] = LIMITS.map(() => null);

/** The columns that an entry sets, in the order of `encodeEntry`. */
export const ENTRY_COLUMNS: string = [columnList(ENTRY), columnList(LIMITS), TIMEOUT_COLUMNS].join(
  ", ",
);

export function encodeEntry(entry: QueueEntry): Value[] {
  const { limits } = entry;
  return [
    ...ENTRY.map((each) => each.encode(entry)),
    ...(limits === undefined ? NO_LIMITS : LIMITS.map((each) => each.encode(limits))),
    ...encodeTimeouts(entry.timeouts),
  ];
}

/** The parts of `WorkflowData` and their numbers in `workflow_data`. Never renumber. */
const DATA_PARTS: readonly (keyof WorkflowData)[] = [
  "input",
  "output",
  "variables",
  "taskToDomain",
  "failedReferenceTaskNames",
  "failedTaskNames",
  "externalInputPayloadStoragePath",
  "externalOutputPayloadStoragePath",
  "idempotencyKey",
];
const JSON_PARTS: ReadonlySet<string> = new Set([
  "taskToDomain",
  "failedReferenceTaskNames",
  "failedTaskNames",
]);

/** Keys of `workflow_data` rows are the workflow's key times this, plus the part's number. */
export const DATA_PARTS_MAX = 16;

/** Part numbers and their texts, alternating; `null` for a part that is as in `NO_DATA`, which is not stored. */
export function encodeData(data: Partial<WorkflowData>): Value[] {
  const parts: Value[] = [];
  for (let part = 0; part < DATA_PARTS.length; part++) {
    const field = DATA_PARTS[part];
    if (field === undefined || !(field in data)) continue;
    const value = partText(data, field);
    parts.push(part, value === partText(NO_DATA, field) ? null : value);
  }
  return parts;
}

function partText(data: Partial<WorkflowData>, field: keyof WorkflowData): Value {
  const value = data[field];
  return encodeText(field, JSON_PARTS.has(field) ? JSON.stringify(value) : value);
}

export function decodeData(rows: Iterable<Row>): WorkflowData {
  const data: Record<string, unknown> = { ...NO_DATA };
  for (const [key, value] of rows) {
    const field = DATA_PARTS[Number(key) % DATA_PARTS_MAX];
    if (field !== undefined)
      data[field] = JSON_PARTS.has(field) ? JSON.parse(String(value)) : value;
  }
  return data as unknown as WorkflowData;
}

/** A task as it is read: with its claim, and CANCELED when it is open in an ended workflow. */
export function asRead(task: Task, claim: Claim | undefined, workflowStatus: SqlValue): Task {
  const isEnded = Number(workflowStatus) >= ENDED_FROM;
  const isOpen = task.status === "SCHEDULED" || task.status === "IN_PROGRESS";
  if (!isOpen) return task;
  const status: TaskStatus = isEnded ? "CANCELED" : task.status;
  if (claim?.claimed !== true) return status === task.status ? task : { ...task, status };
  const { pollCount, startTime, updateTime, workerId } = claim;
  return {
    ...task,
    status: isEnded ? "CANCELED" : "IN_PROGRESS",
    pollCount,
    startTime,
    updateTime,
    callbackAfterSeconds: 0,
    ...(workerId === undefined ? {} : { workerId }),
  };
}
