import { isOpen, isTerminalWorkflow } from "../../model/status.ts";
import { isSystemType } from "../../model/system-types.ts";
import { queueTask } from "../create-task.ts";
import type { Draft } from "../draft.ts";
import { endWorkflow } from "../end-workflow.ts";
import { entryOf } from "../entries.ts";
import { Rejection } from "../signals.ts";
import { hasTimeouts } from "../timeouts.ts";
import { timeoutsOf, workflowDeadlineFrom } from "./deadline.ts";
import { secondsToMs } from "../seconds-to-ms.ts";

/*
 * Pause, resume, terminate, reset of callbacks, requeue, removal. Source: engine.md 16.
 */

export function pauseWorkflow(draft: Draft): void {
  const { workflow } = draft;
  if (isTerminalWorkflow(workflow.status)) {
    throw new Rejection(
      "WORKFLOW_ENDED",
      `Workflow ${labelOf(draft)} has ended, status cannot be updated.`,
    );
  }
  if (workflow.status === "RUNNING") draft.patchWorkflow({ status: "PAUSED" });
}

/** The clocks go on: the workflow's from now, those of the attempts as they have stood all the time. */
export function resumeWorkflow(draft: Draft): void {
  const { workflowId, status } = draft.workflow;
  if (status !== "PAUSED") {
    throw new Rejection(
      "WORKFLOW_NOT_PAUSED",
      `The workflow ${workflowId} is not PAUSED so cannot resume. Current status is ${status}`,
    );
  }
  const { now } = draft.context;
  draft.patchWorkflow({
    status: "RUNNING",
    lastRetriedTime: now,
    ...workflowDeadlineFrom(draft, now),
  });
  for (const task of draft.openTasks()) {
    const timeouts = timeoutsOf(draft, task);
    if (hasTimeouts(timeouts)) draft.setTimeouts(task.taskId, timeouts);
  }
}

export function terminateWorkflow(draft: Draft, reason: string | undefined): void {
  const { status } = draft.workflow;
  if (status === "COMPLETED")
    throw new Rejection("WORKFLOW_COMPLETED", "Cannot terminate a COMPLETED workflow.");
  if (status === "TERMINATED") return;
  endWorkflow(draft, { status: "TERMINATED", reason, failureWorkflow: false });
}

/** Whatever waits for its callback is offered now. */
export function resetCallbacks(draft: Draft): void {
  const { status } = draft.workflow;
  if (isTerminalWorkflow(status)) {
    throw new Rejection("WORKFLOW_ENDED", `Workflow is in terminal state. Status = ${status}`);
  }
  for (const task of draft.openTasks()) {
    if (isSystemType(task.taskType) || task.callbackAfterSeconds <= 0) continue;
    if (draft.claimOf(task)?.claimed === true) continue;
    const due = draft.patchTask(task, { callbackAfterSeconds: 0, updateTime: draft.context.now });
    queueTask(draft, due, entryOf(draft, due), 0);
  }
}

/** Offers attempts again, also those that somebody holds; what is left of a delay stays. */
export function requeueTasks(draft: Draft, taskIds: readonly string[]): void {
  if (isTerminalWorkflow(draft.workflow.status)) return;
  for (const taskId of taskIds) {
    const task = draft.findTask(taskId);
    if (task === undefined || !isOpen(task.status) || isSystemType(task.taskType)) continue;
    const claim = draft.claimOf(task);
    const isHeld = claim?.claimed === true;
    const offered = draft.patchTask(task, {
      pollCount: claim?.pollCount ?? task.pollCount,
      startTime: claim?.startTime ?? task.startTime,
      ...(isHeld ? { updateTime: draft.context.now, callbackAfterSeconds: 0 } : {}),
    });
    const readyAt = offered.updateTime + secondsToMs(offered.callbackAfterSeconds);
    queueTask(draft, offered, entryOf(draft, offered), Math.max(0, readyAt - draft.context.now));
  }
}

export function removeWorkflow(draft: Draft, archive: boolean): void {
  const { workflowId, status } = draft.workflow;
  if (archive && !isTerminalWorkflow(status)) {
    throw new Rejection(
      "NOT_ARCHIVABLE",
      `Cannot archive workflow: ${workflowId} with status: ${status}`,
    );
  }
  if (!isTerminalWorkflow(status) || draft.workflow.ending !== undefined) tellParentOfRemoval(draft);
  draft.remove(archive);
}

/** Whoever waits for the end of this execution would wait for ever. */
function tellParentOfRemoval(draft: Draft): void {
  const { workflowId, parentWorkflowId, parentWorkflowTaskId: taskId } = draft.workflow;
  if (parentWorkflowId === undefined || taskId === undefined) return;
  const reason = `Sub workflow ${labelOf(draft)} failure reason: it has been removed`;
  const status = "TERMINATED";
  const ended = { type: "child-ended", taskId, childId: workflowId, status, output: "{}", reason } as const;
  draft.send(parentWorkflowId, ended);
}

/** `name.version/id`, as messages call an execution. */
export function labelOf(draft: Draft): string {
  const { workflowName, workflowVersion, workflowId } = draft.workflow;
  return `${workflowName}.${workflowVersion}/${workflowId}`;
}
