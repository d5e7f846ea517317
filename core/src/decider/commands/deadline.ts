import { isOpen, isTerminalWorkflow } from "../../model/status.ts";
import { isSystemType, QUEUED_SYSTEM_TYPES } from "../../model/system-types.ts";
import type { Timeouts } from "../../model/queue.ts";
import type { Task } from "../../model/task.ts";
import type { Draft } from "../draft.ts";
import { endTask } from "../end-task.ts";
import { endWorkflow } from "../end-workflow.ts";
import { entryOf, taskDefOf } from "../entries.ts";
import { isAsyncComplete } from "../task-types/queued-system.ts";
import { startNow } from "../start-when-due.ts";
import {
  findExpiries,
  openEndedTimeouts,
  readyAtOf,
  systemTimeouts,
  wholeSeconds,
  withoutExpired,
  workerTimeouts,
} from "../timeouts.ts";
import { secondsToMs } from "../seconds-to-ms.ts";

/** A limit of time of an attempt has run out, or its own time has come. Source: engine.md 10.2. */
export function taskDeadline(draft: Draft, taskId: string): void {
  const task = draft.findTask(taskId);
  if (task === undefined || !isOpen(task.status) || isTerminalWorkflow(draft.workflow.status))
    return;
  const { now } = draft.context;
  const isPaused = draft.workflow.status === "PAUSED";
  if (task.waitUntilAt !== undefined && now >= task.waitUntilAt) {
    // Its own time comes also while the workflow is paused; what follows from it waits for the agenda.
    if (task.status === "SCHEDULED") {
      startNow(draft, task);
      draft.setTimeouts(taskId, {});
    } else {
      endTask(draft, task, { status: "COMPLETED" });
    }
    return;
  }
  if (isPaused) {
    draft.setTimeouts(taskId, {});
    return;
  }
  expire(draft, task);
}

function expire(draft: Draft, task: Task): void {
  const taskDef = taskDefOf(draft, task, entryOf(draft, task));
  const timeouts = timeoutsOf(draft, task);
  if (taskDef === undefined) {
    draft.setTimeouts(task.taskId, timeouts);
    return;
  }
  const claim = draft.claimOf(task);
  const expiries = findExpiries(timeouts, { taskDef, task, claim, now: draft.context.now });
  const fatal = expiries.find(({ policy }) => policy !== "ALERT_ONLY");
  if (fatal === undefined) {
    draft.setTimeouts(task.taskId, withoutExpired(timeouts, expiries));
    return;
  }
  const timedOut = draft.patchTask(task, {
    status: "TIMED_OUT",
    endTime: draft.context.now,
    reasonForIncompletion: fatal.reason,
  });
  if (fatal.policy === "TIME_OUT_WF") {
    endWorkflow(draft, {
      status: "TIMED_OUT",
      reason: fatal.reason,
      taskId: task.taskId,
      failureWorkflow: true,
    });
  } else {
    draft.putOnAgenda(timedOut);
  }
}

/** All limits of time of an open attempt, those that have run out included. */
export function timeoutsOf(draft: Draft, task: Task): Timeouts {
  const taskDef = taskDefOf(draft, task, entryOf(draft, task));
  if (QUEUED_SYSTEM_TYPES.has(task.taskType) && task.status === "IN_PROGRESS")
    return openEndedTimeouts(taskDef, task, isAsyncComplete(task));
  return isSystemType(task.taskType) && !QUEUED_SYSTEM_TYPES.has(task.taskType)
    ? systemTimeouts(taskDef, task, task.waitUntilAt)
    : workerTimeouts(taskDef, task, readyAtOf(task));
}

/** The workflow's own time is over; its clock started with the last resume or retry, else with the start. */
export function workflowDeadline(draft: Draft): void {
  const { workflow, snapshot } = draft;
  const { timeoutSeconds, timeoutPolicy } = snapshot.definition;
  const { deadlineAt, ...rest } = workflow;
  if (
    isTerminalWorkflow(workflow.status) ||
    deadlineAt === undefined ||
    draft.context.now < deadlineAt
  )
    return;
  if (timeoutPolicy === "ALERT_ONLY") {
    draft.setWorkflow(rest);
    return;
  }
  const since = workflow.lastRetriedTime > 0 ? workflow.lastRetriedTime : workflow.createTime;
  endWorkflow(draft, {
    status: "TIMED_OUT",
    reason:
      `Workflow timed out after ${wholeSeconds(draft.context.now - since)} seconds. ` +
      `Timeout configured as ${timeoutSeconds} seconds. Timeout policy configured to ${timeoutPolicy}`,
    failureWorkflow: true,
  });
}

/** When the workflow's own time is over if its clock starts now. */
export function workflowDeadlineFrom(
  draft: Draft,
  since: number,
): { readonly deadlineAt?: number } {
  const { timeoutSeconds } = draft.snapshot.definition;
  return timeoutSeconds > 0 ? { deadlineAt: since + secondsToMs(timeoutSeconds) } : {};
}
