import type { ChildEnded, InternalCommand } from "../../model/command.ts";
import { writeJson } from "../../model/json.ts";
import { isOpen, isSuccessful, isTerminalWorkflow } from "../../model/status.ts";
import type { TaskStatus } from "../../model/status.ts";
import type { Task } from "../../model/task.ts";
import { queueTask, watchTask } from "../create-task.ts";
import type { Draft } from "../draft.ts";
import { endTask } from "../end-task.ts";
import { endWorkflow, finishEnding, tellParent } from "../end-workflow.ts";
import { entryOf } from "../entries.ts";
import { isSystemType } from "../../model/system-types.ts";
import { Rejection } from "../signals.ts";
import { startWhenDue } from "../start-when-due.ts";
import { childIdOf, outputWithChild } from "../task-types/sub-workflow.ts";
import { labelOf } from "./control.ts";
import {
  followUpAgain,
  goesOnInPlace,
  recount,
  reopen,
  retryInPlace,
  reviveParent,
} from "./retry.ts";

/*
 * What parents and children tell each other. A message that has been overtaken is ignored: it names an attempt that is
 * over, superseded, or waits for another child. Source: engine.md 15.
 */

const TASK_STATUS: Readonly<Record<ChildEnded["status"], TaskStatus>> = {
  COMPLETED: "COMPLETED",
  FAILED: "FAILED",
  TIMED_OUT: "TIMED_OUT",
  TERMINATED: "CANCELED",
};

/** The attempt that a message is about, if it still waits. */
function findWaiting(draft: Draft, taskId: string): Task | undefined {
  if (isTerminalWorkflow(draft.workflow.status)) return undefined;
  const task = draft.findTask(taskId);
  return task !== undefined && isOpen(task.status) && !task.retried ? task : undefined;
}

export function childStarted(draft: Draft, taskId: string, childId: string): void {
  const task = findWaiting(draft, taskId);
  if (task === undefined || task.status !== "SCHEDULED") return;
  const { now } = draft.context;
  const { reasonForIncompletion: _previous, waitUntilAt: _due, ...rest } = task;
  const started = draft.replaceTask({
    ...rest,
    status: "IN_PROGRESS",
    subWorkflowId: childId,
    outputData: outputWithChild(childId, "{}"),
    startTime: now,
    updateTime: now,
    pollCount: task.pollCount + 1,
    callbackAfterSeconds: 0,
  });
  watchTask(draft, started, entryOf(draft, started));
}

/** What a START_WORKFLOW attempt asked for exists. */
export function detachedStarted(draft: Draft, taskId: string, workflowId: string): void {
  const task = findWaiting(draft, taskId);
  if (task === undefined || task.status !== "SCHEDULED") return;
  endTask(draft, task, { status: "COMPLETED", outputData: writeJson({ workflowId }) });
}

export function childRefused(draft: Draft, taskId: string, message: string): void {
  const task = findWaiting(draft, taskId);
  if (task === undefined || task.status !== "SCHEDULED") return;
  endTask(draft, task, { status: "FAILED", reasonForIncompletion: message });
}

export function childEnded(
  draft: Draft,
  { taskId, childId, status, output, reason }: ChildEnded,
): void {
  const task = findWaiting(draft, taskId);
  // The news of its start may be on their way still, from another server.
  if (task === undefined || childIdOf(draft, task) !== childId) return;
  draft.childOutputs.set(taskId, output);
  endTask(draft, draft.patchTask(task, { subWorkflowId: childId }), {
    status: TASK_STATUS[status],
    outputData: outputWithChild(childId, output),
    ...(reason === undefined ? {} : { reasonForIncompletion: reason }),
  });
}

/** The parent has ended: so does this child, unless it has already. */
export function terminateChild(draft: Draft, reason: string): void {
  if (isTerminalWorkflow(draft.workflow.status)) return;
  endWorkflow(draft, { status: "TERMINATED", reason, failureWorkflow: false });
}

/** The parent's attempt waits for this child again. A child that is over says so again. */
export function reportToParent(draft: Draft): void {
  if (isTerminalWorkflow(draft.workflow.status) && draft.workflow.ending === undefined)
    tellParent(draft);
}

/** An ancestor runs again, and this child with it if it has something to retry. */
export function retryChild(draft: Draft): void {
  const { status } = draft.workflow;
  if (!isTerminalWorkflow(status)) return;
  if (status === "COMPLETED") {
    reportToParent(draft);
    return;
  }
  try {
    retryInPlace(draft);
  } catch (signal) {
    if (!(signal instanceof Rejection)) throw signal;
    reportToParent(draft);
  }
}

/** A child runs again: the attempt that started it waits for it again, and this execution runs. */
export function reviveAncestor(
  draft: Draft,
  {
    taskId,
    childId,
    chain,
    operation,
  }: Extract<InternalCommand, { readonly type: "revive-ancestor" }>,
): void {
  const task = draft.findTask(taskId);
  if (task === undefined || task.retried || entryOf(draft, task).workflowTask.optional) return;
  // The child of an attempt that has been reset since has nobody to work for.
  if (childIdOf(draft, task) !== childId) return;
  finishEnding(draft);
  const { reasonForIncompletion: _reason, ...rest } = draft.getTask(taskId);
  draft.replaceTask({
    ...rest,
    status: "IN_PROGRESS",
    // An attempt that was cancelled before it heard of its child hears of it now.
    subWorkflowId: childId,
    outputData: rest.outputData ?? outputWithChild(childId, "{}"),
    subworkflowChanged: false,
    updateTime: draft.context.now,
  });
  draft.log(taskId, { log: `Sub workflow ${chain} ${operation}.`, createdTime: draft.context.now });
  // From another server, the news that it has ended again may have come before this did.
  draft.send(childId, { type: "report-to-parent" });
  reopen(draft);
  const { failedTaskId: _failed, ...workflow } = draft.workflow;
  draft.setWorkflow(workflow);
  draft.setData({ failedReferenceTaskNames: [], failedTaskNames: [] });
  for (const other of draft.allTasks()) {
    if (other.taskId !== taskId && !other.retried && !isOpen(other.status))
      reviveOther(draft, other);
  }
  recount(draft);
  followUpAgain(draft);
  reviveParent(draft, operation, `${labelOf(draft)} -> ${chain}`);
}

/** Attempts that were cancelled go on; other children that have failed are retried in place. */
function reviveOther(draft: Draft, task: Task): void {
  if (isSuccessful(task.status)) return;
  if (task.taskType === "SUB_WORKFLOW" && task.subWorkflowId !== undefined) {
    draft.patchTask(task, { status: "IN_PROGRESS" });
    const { taskId, subWorkflowId } = task;
    draft.send(subWorkflowId, { type: "retry-child", parentWorkflowId: draft.workflowId, taskId });
    return;
  }
  if (task.status !== "CANCELED" && !goesOnInPlace(task)) return;
  if (goesOnInPlace(task)) {
    draft.patchTask(task, { status: "IN_PROGRESS" });
    return;
  }
  resetInPlace(draft, task);
}

function resetInPlace(draft: Draft, task: Task): void {
  const { now } = draft.context;
  const { workerId: _worker, reasonForIncompletion: _reason, waitUntilAt: _until, ...rest } = task;
  const reset = draft.replaceTask({
    ...rest,
    status: "SCHEDULED",
    retryCount: task.retryCount + 1,
    pollCount: 0,
    scheduledTime: now,
    updateTime: now,
    startTime: 0,
    endTime: 0,
    executed: false,
    callbackAfterSeconds: 0,
  });
  const entry = entryOf(draft, reset);
  if (isSystemType(reset.taskType)) startWhenDue(draft, reset, entry, 0);
  else queueTask(draft, reset, entry, 0);
}
