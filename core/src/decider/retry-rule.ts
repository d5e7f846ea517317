import type { SnapshotTask } from "../definition/snapshot.ts";
import { writeJson } from "../model/json.ts";
import { isOpen, isRetriable, isSuccessful } from "../model/status.ts";
import type { WorkflowStatus } from "../model/status.ts";
import { isSystemType, PROVIDER_TYPES } from "../model/system-types.ts";
import type { TaskDef } from "../model/task-def.ts";
import type { Task } from "../model/task.ts";
import { queueTask, resolveInput } from "./create-task.ts";
import { domainFor } from "./domains.ts";
import type { Draft } from "./draft.ts";
import { entryWithInputs, taskDefOf } from "./entries.ts";
import { objectOf } from "./scope.ts";
import { startWhenDue } from "./start-when-due.ts";
import { childIdOf } from "./task-types/sub-workflow.ts";
import { wholeSeconds } from "./timeouts.ts";
import { typeNamed } from "./task-types/task-types.ts";
import { secondsToMs } from "./seconds-to-ms.ts";

/*
 * What follows from the end of an attempt. Source: engine.md 9.
 */

export type Verdict =
  /** The flow goes on, if need be although the attempt has failed. */
  | { readonly type: "go-on" }
  /** Another attempt is made. */
  | { readonly type: "retry"; readonly taskDef: TaskDef }
  /** The workflow ends. */
  | { readonly type: "fail"; readonly status: FailureStatus; readonly reason: string };

type FailureStatus = Exclude<WorkflowStatus, "RUNNING" | "PAUSED">;

/** Where the reference's 32-bit arithmetic ends. */
const DELAY_SECONDS_MAX = 2_147_483_647;
/** Types that are never tried again by themselves. */
const BUILT_IN: ReadonlySet<string> = new Set([
  "SWITCH",
  "DECISION",
  "FORK",
  "JOIN",
  "EXCLUSIVE_JOIN",
  "DO_WHILE",
]);

/** Judges an attempt that has ended; changes nothing. */
export function judge(draft: Draft, task: Task, entry: SnapshotTask): Verdict {
  if (isSuccessful(task.status)) return { type: "go-on" };
  const taskDef = retryPolicy(draft, task, entry);
  const { retryCount, optional, permissive } = entry.workflowTask;
  if (taskDef === undefined || !mayRetry(task, retryCount ?? taskDef.retryCount)) {
    return optional || permissive ? { type: "go-on" } : failureOf(task);
  }
  return budgetFailure(draft, task, taskDef) ?? { type: "retry", taskDef };
}

function mayRetry(task: Task, retriesMax: number): boolean {
  return isRetriable(task.status) && !BUILT_IN.has(task.taskType) && task.retryCount < retriesMax;
}

/** The types with a provider are tried again three times unless their definition says otherwise. Source: tasks.md 6.1. */
function retryPolicy(draft: Draft, task: Task, entry: SnapshotTask): TaskDef | undefined {
  const taskDef = taskDefOf(draft, task, entry);
  if (taskDef === undefined || taskDef.retryCount >= 1 || !isProviderDefault(task)) return taskDef;
  return { ...taskDef, retryCount: 3, retryDelaySeconds: 2, retryLogic: "LINEAR_BACKOFF" };
}

function isProviderDefault({ taskType, taskDefName }: Task): boolean {
  return PROVIDER_TYPES.has(taskType) && taskDefName === taskType;
}

function failureOf(task: Task): Verdict {
  const status =
    task.status === "CANCELED"
      ? "TERMINATED"
      : task.status === "TIMED_OUT"
        ? "TIMED_OUT"
        : "FAILED";
  const reason =
    `Task ${task.taskId} failed with status: ${status} ` +
    `and reason: '${task.reasonForIncompletion ?? "null"}'`;
  return { type: "fail", status, reason };
}

function budgetFailure(
  draft: Draft,
  task: Task,
  { totalTimeoutSeconds }: TaskDef,
): Verdict | undefined {
  if (totalTimeoutSeconds <= 0 || task.firstScheduledTime <= 0) return undefined;
  const elapsed = wholeSeconds(draft.context.now - task.firstScheduledTime);
  if (elapsed < totalTimeoutSeconds) return undefined;
  return {
    type: "fail",
    status: task.status === "TIMED_OUT" ? "TIMED_OUT" : "FAILED",
    reason:
      `Task ${task.taskId}/${task.taskDefName} exceeded total timeout of ${totalTimeoutSeconds} seconds ` +
      `(elapsed ${elapsed} seconds across all attempts). No further retries will be attempted.`,
  };
}

/** Seconds until the next attempt, without jitter. */
function retryDelaySeconds(taskDef: TaskDef, retriesSoFar: number): number {
  const { retryLogic, retryDelaySeconds: base, backoffScaleFactor, maxRetryDelaySeconds } = taskDef;
  const delay =
    retryLogic === "LINEAR_BACKOFF"
      ? base * backoffScaleFactor * (retriesSoFar + 1)
      : retryLogic === "EXPONENTIAL_BACKOFF"
        ? base * 2 ** retriesSoFar
        : base;
  const bounded = Math.min(delay, DELAY_SECONDS_MAX);
  return maxRetryDelaySeconds > 0 ? Math.min(bounded, maxRetryDelaySeconds) : bounded;
}

/** Makes the next attempt by the rule; it shows the reason of the one before until it has one of its own. */
export function retryTask(draft: Draft, task: Task, entry: SnapshotTask, taskDef: TaskDef): void {
  const delaySeconds = retryDelaySeconds(taskDef, task.retryCount);
  const jitterMs = Math.floor(draft.context.random() * (taskDef.backoffJitterMs + 1));
  const superseded = draft.patchTask(task, { retried: true, agenda: 0 });
  leaveChild(draft, superseded);
  const next = draft.addTask({
    ...nextAttempt(draft, superseded),
    callbackAfterSeconds: delaySeconds,
    startDelayInSeconds: delaySeconds,
  });
  // A task that the server runs while it decides is tried again at once.
  const delayMs = runsAtOnce(next) ? 0 : secondsToMs(delaySeconds) + jitterMs;
  makeReady(draft, next, entry, delayMs);
}

/** Makes another attempt because somebody asked for it (`retry`): at once, and with its budget of time anew. */
export function retryByHand(draft: Draft, task: Task, entry: SnapshotTask): void {
  const superseded = draft.patchTask(task, { retried: true, executed: true, agenda: 0 });
  const { reasonForIncompletion: _reason, ...next } = nextAttempt(draft, superseded);
  const { now } = draft.context;
  const again = draft.addTask({
    ...next,
    ...(task.domain === undefined ? {} : { domain: task.domain }),
    callbackAfterSeconds: 0,
    firstScheduledTime: now,
  });
  // The reference's old attempt shows the new inputs too.
  draft.patchTask(superseded, { inputData: again.inputData });
  makeReady(draft, again, entry, 0);
}

function nextAttempt(draft: Draft, task: Task): Task {
  const {
    workerId: _worker,
    outputData: _output,
    outputMessage: _message,
    executionMetadata: _metadata,
    externalOutputPayloadStoragePath: _path,
    subWorkflowId: _child,
    waitUntilAt: _until,
    domain: _domain,
    ...kept
  } = task;
  const taskId = draft.context.newId();
  const domain = domainFor(draft, task.taskType);
  const inputData = inputAgain(draft, task, taskId);
  return {
    ...kept,
    ...keptInputs(task, inputData),
    taskId,
    retriedTaskId: task.taskId,
    status: "SCHEDULED",
    retryCount: task.retryCount + 1,
    retried: false,
    executed: false,
    seq: 0,
    scheduledTime: draft.context.now,
    startTime: 0,
    endTime: 0,
    updateTime: 0,
    pollCount: 0,
    agenda: 0,
    inputData,
    ...(domain === undefined ? {} : { domain }),
  };
}

/** The inputs of a branch, which its record does not name while they are as its input is. */
function keptInputs(task: Task, inputData: string): Pick<Task, "inputParameters"> {
  const isImplied = task.workflowTask !== undefined && task.inputParameters === undefined;
  return isImplied && inputData !== task.inputData ? { inputParameters: task.inputData } : {};
}

/**
 * The last input with the inputs resolved again laid over. That of a child is within it, so the next child starts with
 * what the first one did.
 */
function inputAgain(draft: Draft, task: Task, taskId: string): string {
  if (task.externalInputPayloadStoragePath !== undefined) return task.inputData;
  const entry = entryWithInputs(draft, task);
  const again = typeNamed(task.taskType).inputAgain;
  if (again !== undefined) return again(draft, entry, { taskId, inputData: task.inputData });
  return writeJson({ ...objectOf(task.inputData), ...resolveInput(draft, entry, { taskId }) });
}

function makeReady(draft: Draft, task: Task, entry: SnapshotTask, delayMs: number): void {
  if (!isOpen(task.status)) draft.putOnAgenda(task);
  else if (isSystemType(task.taskType)) startWhenDue(draft, task, entry, delayMs);
  else queueTask(draft, task, entry, delayMs);
}

function runsAtOnce({ taskType }: Task): boolean {
  return taskType === "SET_VARIABLE" || taskType === "TERMINATE" || taskType === "NOOP";
}

/** A child whose attempt is over before it, and is tried again, has nobody to work for. */
function leaveChild(draft: Draft, task: Task): void {
  if (task.taskType !== "SUB_WORKFLOW" || task.status !== "TIMED_OUT") return;
  draft.send(childIdOf(draft, task), {
    type: "terminate-child",
    taskId: task.taskId,
    reason: `Parent workflow has given up on this attempt: ${task.reasonForIncompletion ?? "it timed out"}`,
  });
}
