import type { SnapshotTask } from "../../definition/snapshot.ts";
import { isOpen, isSuccessful, isTerminalWorkflow } from "../../model/status.ts";
import type { Task } from "../../model/task.ts";
import { watchTask } from "../create-task.ts";
import type { Draft } from "../draft.ts";
import { finishEnding } from "../end-workflow.ts";
import { entryOf } from "../entries.ts";
import { refsOfJoin } from "../../model/task-output.ts";
import { retryByHand } from "../retry-rule.ts";
import { Rejection } from "../signals.ts";
import { countRefs } from "../task-types/join.ts";
import { labelOf } from "./control.ts";
import { workflowDeadlineFrom } from "./deadline.ts";

/*
 * Retry by hand. Source: engine.md 16.5.
 */

const NOTHING_TO_RETRY =
  "There are no retryable tasks! Use restart if you want to attempt entire workflow execution again.";

/** Runs what has failed again, in place, and tells the ancestors of it. */
export function retryWorkflow(draft: Draft): void {
  const { status } = draft.workflow;
  if (!isTerminalWorkflow(status)) {
    throw new Rejection("WORKFLOW_STILL_RUNNING", `Workflow is still running.  status=${status}`);
  }
  if (draft.counters.taskCount === 0)
    throw new Rejection("WORKFLOW_NOT_STARTED", "Workflow has not started yet");
  retryInPlace(draft);
  reviveParent(draft, "retried");
}

/** The same without the ancestors. */
export function retryInPlace(draft: Draft): void {
  finishEnding(draft);
  const { joins, again } = whatToRetry(draft);
  if (joins.length === 0 && again.length === 0 && draft.workflow.status !== "TIMED_OUT") {
    throw new Rejection("NOTHING_TO_RETRY", NOTHING_TO_RETRY);
  }
  reopen(draft);
  for (const { task, isCounted } of joins) {
    const { reasonForIncompletion: _reason, ...rest } = task;
    const startTime = task.status === "TIMED_OUT" ? draft.context.now : task.startTime;
    const retryCount = task.retryCount + Number(isCounted);
    draft.replaceTask({ ...rest, ...REOPENED, retryCount, startTime });
  }
  draft.together(() => {
    for (const task of again) retryByHand(draft, task, entryOf(draft, task));
  });
  recount(draft);
  followUpAgain(draft);
}

const REOPENED = { status: "IN_PROGRESS", executed: false } as const;

/** An execution that had ended runs again, and its clock starts anew. */
export function reopen(draft: Draft): void {
  const { now } = draft.context;
  const { reasonForIncompletion: _reason, terminateTaskId: _terminated, ...rest } = draft.workflow;
  draft.setWorkflow({
    ...rest,
    status: "RUNNING",
    lastRetriedTime: now,
    ...workflowDeadlineFrom(draft, now),
  });
}

interface ToRetry {
  readonly joins: readonly { readonly task: Task; readonly isCounted: boolean }[];
  /** The last unsuccessful attempt of each ref, by `seq`. */
  readonly again: readonly Task[];
}

/** A ref counts if its last attempt was unsuccessful. JOINs and loops go on in place. */
function whatToRetry(draft: Draft): ToRetry {
  const latest = new Map<string, Task>();
  for (const task of draft.allTasks()) {
    latest.delete(task.referenceTaskName);
    if (!isOpen(task.status) && !isSuccessful(task.status))
      latest.set(task.referenceTaskName, task);
  }
  const failed = [...latest.values()];
  const joins = failed.filter(goesOnInPlace);
  return {
    joins: joins.map((task) => ({
      task,
      isCounted: task.status !== "CANCELED" && !waitedForPermissive(draft, task),
    })),
    again: failed.filter((task) => !goesOnInPlace(task)),
  };
}

/** JOINs wait again; loops go on in the iteration in which they were. */
export function goesOnInPlace({ taskType }: Task): boolean {
  return taskType === "JOIN" || taskType === "DO_WHILE";
}

/** A JOIN that failed only because of a permissive branch goes on as the same attempt. */
function waitedForPermissive(draft: Draft, join: Task): boolean {
  if (join.taskType !== "JOIN") return false;
  return refsOfJoin(join).some((ref) => {
    const task = draft.findLive(ref);
    return task?.status === "FAILED" && entryOf(draft, task).workflowTask.permissive;
  });
}

/** Finds out anew what counters say that no longer follows from what went before. */
export function recount(draft: Draft): void {
  let permissive = 0;
  for (const task of draft.allTasks()) {
    const entry = entryOf(draft, task);
    if (isStandingFailure(draft, task, entry)) permissive++;
    if (!isOpen(task.status)) continue;
    if (task.taskType === "JOIN") recountJoin(draft, task, entry);
    if (task.taskType === "DO_WHILE") watchTask(draft, draft.putOnAgenda(task), entry);
  }
  draft.resetPermissiveFailures(permissive);
}

/**
 * The end of the workflow has dropped what was still to do: attempts that had ended by then, as some
 * do while it is paused, are followed up now that it runs again. A TERMINATE that has ended it ends
 * it again. Source: engine.md 7.4.
 */
export function followUpAgain(draft: Draft): void {
  for (const task of draft.allTasks()) {
    if (isOpen(task.status) || task.retried) continue;
    if (!task.executed || task.taskType === "TERMINATE") draft.putOnAgenda(task);
  }
}

function isStandingFailure(draft: Draft, task: Task, { workflowTask }: SnapshotTask): boolean {
  if (!workflowTask.permissive || workflowTask.optional) return false;
  if (isOpen(task.status) || isSuccessful(task.status)) return false;
  return draft.findLive(task.referenceTaskName)?.taskId === task.taskId;
}

function recountJoin(draft: Draft, join: Task, entry: SnapshotTask): void {
  const state = countRefs(draft, refsOfJoin(join));
  const waiting = draft.patchTask(join, { join: state });
  if (state.pending === 0) draft.putOnAgenda(waiting);
  watchTask(draft, waiting, entry);
}

/**
 * Tells the parent that this child runs again.
 * @param chain - how the executions that run again are called, from this one down.
 */
export function reviveParent(
  draft: Draft,
  operation: "retried" | "reran" | "restarted",
  chain: string = labelOf(draft),
): void {
  const { parentWorkflowId, parentWorkflowTaskId } = draft.workflow;
  if (parentWorkflowId === undefined || parentWorkflowTaskId === undefined) return;
  draft.send(parentWorkflowId, {
    type: "revive-ancestor",
    taskId: parentWorkflowTaskId,
    childId: draft.workflowId,
    chain,
    operation,
  });
}
