import type { Claim } from "@ostinato/core";
import { deadlineOf } from "@ostinato/core";

import { checkGroup, nameIn } from "./check-group.ts";
import { encodeIds, type Values } from "./codec.ts";
import type { Row, SqlValue } from "./database.ts";
import { heartbeat, setTimeouts, takeEntry } from "./execute-claims.ts";
import { decodeId, encodeId } from "./ids.ts";
import {
  DATA_PARTS_MAX,
  ENDED_FROM,
  decodeTimeouts,
  TASK_AT,
  TASK_CHANGED,
  TASK_COLUMNS,
  TASK_PLACE,
  WORKFLOW_INDEXED,
  WORKFLOW_REST,
} from "./rows.ts";
import type { Statements } from "./statements.ts";
import type { Answer, GroupChange, GroupCommitted, GroupStep, TaskStep } from "./steps.ts";

const WORKFLOW_COLUMNS = [...WORKFLOW_INDEXED, ...WORKFLOW_REST];

/** What one group is writing, and what it will answer. */
interface Writing {
  readonly statements: Statements;
  readonly change: GroupChange;
  readonly answer: GroupCommitted & { workflowKey: number };
  /** Keys of the group's tasks by id, as far as they are known. */
  readonly keys: Map<string, number>;
  /** Claims of those that left their place in the queue. */
  readonly claims: Map<string, Claim>;
}

/** Checks all that the group relies on, then writes it. A group that no longer holds writes nothing. */
export function executeGroup(
  statements: Statements,
  step: GroupStep,
  nextOutboxId: () => number,
): Answer {
  const stored = statements.findWorkflow.get(encodeId(step.workflowId));
  const refusal = checkGroup(statements, step, stored);
  if (refusal !== undefined) return refusal;

  const answer = emptyAnswer(Number(stored?.[0] ?? 0));
  for (const id of step.consumes) statements.deleteOutbox.run(id);
  const source = encodeId(step.workflowId);
  for (let i = 0; i < step.outbox.length; i += 2) {
    const id = nextOutboxId();
    statements.insertOutbox.run(
      id,
      source,
      encodeId(step.outbox[i] ?? ""),
      step.outbox[i + 1] ?? null,
    );
    answer.outboxIds.push(id);
  }
  const { change } = step;
  if (change === undefined) return answer;
  const writing = {
    statements,
    change,
    answer,
    keys: new Map<string, number>(),
    claims: new Map<string, Claim>(),
  };
  if (change.removed) removeWorkflow(writing);
  else writeGroup(writing, step, stored);
  return answer;
}

function emptyAnswer(workflowKey: number): GroupCommitted & { workflowKey: number } {
  return {
    type: "committed",
    workflowKey,
    outboxIds: [],
    claims: [],
    dropped: [],
    enqueued: [],
    touched: [],
  };
}

function writeGroup(writing: Writing, step: GroupStep, stored: Row | undefined): void {
  const { change, answer } = writing;
  writeDefinitions(writing);
  writeHeader(writing, step, stored);
  writeData(writing);
  deleteTasks(writing);
  for (const { taskId } of change.enqueued) takeOut(writing, taskId);
  for (const taskId of change.dequeued) drop(writing, taskId);
  for (const task of change.tasks) writeTask(writing, task);
  mergeRemainingClaims(writing);
  for (const entry of change.enqueued) enqueue(writing, entry);
  touch(writing);
  writeLogs(writing);
  takeKey(writing);
  answer.claims.push(...writing.claims.values());
  const hasJustEnded = change.isEnded && !isEndedRow(stored);
  if (hasJustEnded) dropOpenEntries(writing);
}

function isEndedRow(stored: Row | undefined): boolean {
  return stored !== undefined && Number(stored[2]) >= ENDED_FROM;
}

function writeDefinitions({ statements, change }: Writing): void {
  const { definitions } = change;
  for (let i = 0; i < definitions.length; i += 2) {
    statements.insertDefinition.run(definitions[i] ?? null, definitions[i + 1] ?? null);
  }
}

function writeLogs({ statements, change }: Writing): void {
  for (let i = 0; i < change.logs.length; i += 3) {
    const [taskId, createdTime = null, log = null] = change.logs.slice(i, i + 3);
    statements.insertLog.run(encodeId(String(taskId)), createdTime, log);
  }
}

function takeKey({ statements, change, answer }: Writing): void {
  if (change.idempotency === undefined) return;
  statements.putKey.run(nameIn(change), change.idempotency.key, answer.workflowKey);
}

/** Nobody gets what an ended execution still has in the queue; the rows stay until their attempts are cancelled. */
function dropOpenEntries({ statements, answer }: Writing): void {
  for (const row of statements.listOpenEntries.all(answer.workflowKey)) {
    answer.dropped.push(Number(row[0]));
  }
}

function writeHeader(
  { statements, change, answer }: Writing,
  step: GroupStep,
  stored: Row | undefined,
): void {
  const version = step.baseVersion + 1;
  const values = encodeIds(WORKFLOW_COLUMNS, change.workflow);
  if (stored === undefined) {
    const id = encodeId(step.workflowId);
    answer.workflowKey = statements.insertWorkflow.insert(
      id,
      version,
      change.definitionHash,
      ...values,
    );
    return;
  }
  const key = answer.workflowKey;
  const indexed = values.slice(0, WORKFLOW_INDEXED.length);
  statements.updateWorkflow.run(
    version,
    change.definitionHash,
    ...values.slice(indexed.length),
    key,
  );
  if (indexed.some((value, i) => value !== stored[2 + i])) {
    statements.updateWorkflowIndexed.run(...indexed, key);
  }
}

function writeData({ statements, change, answer }: Writing): void {
  const base = answer.workflowKey * DATA_PARTS_MAX;
  for (let i = 0; i < change.data.length; i += 2) {
    const key = base + Number(change.data[i]);
    const value = change.data[i + 1] ?? null;
    if (value === null) statements.deleteData.run(key);
    else statements.putData.run(key, value);
  }
}

function writeTask(writing: Writing, task: TaskStep): void {
  const { statements, answer, keys } = writing;
  const { values } = task;
  const taskId = String(values[0]);
  if (task.isNew) {
    keys.set(
      taskId,
      statements.insertTask.insert(answer.workflowKey, ...encodeIds(TASK_COLUMNS, values)),
    );
    return;
  }
  const stored = findTask(writing, taskId);
  const key = Number(stored[0]);
  const claim = task.isEnded ? drop(writing, taskId) : writing.claims.get(taskId);
  if (claim !== undefined) mergeInto(values, claim, task.setsWorkerId);
  const encoded = encodeIds(TASK_COLUMNS, values);
  const bodyFrom = 1 + TASK_PLACE.length;
  const inputFrom = TASK_CHANGED.length;
  statements.updateTask.run(...encoded.slice(bodyFrom, inputFrom), key);
  if (encoded.length > inputFrom) statements.updateTaskInput.run(...encoded.slice(inputFrom), key);
  const place = encoded.slice(1, bodyFrom);
  if (place.some((value, i) => !isSame(value, stored[2 + i])))
    statements.updateTaskPlace.run(...place, key);
}

/** The claim knows better since when, how often and by whom the attempt was held; the decision knows what it set. */
function mergeInto(values: Values, claim: Claim, setsWorkerId: boolean): void {
  if (claim.startTime > 0) values[TASK_AT.startTime] = claim.startTime;
  values[TASK_AT.pollCount] = claim.pollCount;
  values[TASK_AT.updateTime] = Math.max(Number(values[TASK_AT.updateTime]), claim.updateTime);
  if (!setsWorkerId) values[TASK_AT.workerId] ??= claim.workerId ?? null;
}

/** For attempts whose place in the queue the group changed while it left their rows alone. */
function mergeRemainingClaims({ statements, change, claims, keys }: Writing): void {
  if (claims.size === 0) return;
  const written = new Set(change.tasks.map((task) => task.values[0]));
  for (const [taskId, claim] of claims) {
    const key = keys.get(taskId);
    if (key === undefined || !claim.claimed || written.has(taskId)) continue;
    const { startTime, updateTime, pollCount, workerId } = claim;
    statements.mergeClaim.run(startTime, updateTime, pollCount, workerId ?? null, key);
  }
}

function deleteTasks(writing: Writing): void {
  for (const taskId of writing.change.deletedTaskIds) {
    drop(writing, taskId);
    const key = writing.keys.get(taskId);
    if (key !== undefined) writing.statements.deleteTask.run(key);
    writing.keys.delete(taskId);
  }
}

/** Takes the attempt out of the queue for good. */
function drop(writing: Writing, taskId: string): Claim | undefined {
  const claim = takeOut(writing, taskId);
  const key = writing.keys.get(taskId);
  if (claim !== undefined && key !== undefined) writing.answer.dropped.push(key);
  return claim;
}

function takeOut(writing: Writing, taskId: string): Claim | undefined {
  const { statements, keys, claims } = writing;
  const key = keys.get(taskId) ?? Number(statements.findTask.get(encodeId(taskId))?.[0] ?? 0);
  if (key === 0) return undefined;
  keys.set(taskId, key);
  const claim = takeEntry(statements, taskId, key);
  if (claim !== undefined) claims.set(taskId, claim);
  return claim ?? claims.get(taskId);
}

function enqueue(writing: Writing, entry: GroupChange["enqueued"][number]): void {
  const { statements, answer } = writing;
  const key = keyOf(writing, entry.taskId);
  const startTime = Number(entry.values[1]);
  const timeouts = decodeTimeouts(entry.values, entry.values.length - TIMEOUT_COUNT);
  const deadlineAt = deadlineOf(timeouts, { claimed: false, startTime, updateTime: 0 });
  statements.insertEntry.run(
    key,
    answer.workflowKey,
    entry.claimVersion,
    deadlineAt ?? null,
    ...entry.values,
  );
  answer.enqueued.push(key, deadlineAt ?? Infinity);
}

const TIMEOUT_COUNT = 5;

function touch({ statements, change, answer, keys }: Writing): void {
  for (const step of change.touched) {
    const key =
      keys.get(step.taskId) ?? Number(statements.findTask.get(encodeId(step.taskId))?.[0] ?? 0);
    const deadlineAt =
      "timeouts" in step
        ? setTimeouts(statements, key, step.timeouts)
        : heartbeat(statements, key, step);
    answer.touched.push(key, deadlineAt);
  }
}

function keyOf(writing: Writing, taskId: string): number {
  return writing.keys.get(taskId) ?? Number(findTask(writing, taskId)[0]);
}

/** @throws Error when it is not this execution's: the group is refused. */
function findTask({ statements, keys, answer }: Writing, taskId: string): Row {
  const row = statements.findTask.get(encodeId(taskId));
  if (row === undefined || row[1] !== answer.workflowKey)
    throw new Error(`task ${taskId} is not stored here`);
  keys.set(taskId, Number(row[0]));
  return row;
}

function removeWorkflow({ statements, answer }: Writing): void {
  const key = answer.workflowKey;
  for (const row of statements.removeEntries.all(key)) answer.dropped.push(Number(row[0]));
  statements.removeLogs.run(key);
  statements.removeTasks.run(key);
  statements.removeData.run(key * DATA_PARTS_MAX, key * DATA_PARTS_MAX + DATA_PARTS_MAX - 1);
  statements.removeKeys.run(key);
  statements.removeWorkflow.run(key);
}

function isSame(a: SqlValue, b: SqlValue | undefined): boolean {
  if (a instanceof Uint8Array || b instanceof Uint8Array)
    return decodeId(a) === decodeId(b ?? null);
  return a === (b ?? null);
}
