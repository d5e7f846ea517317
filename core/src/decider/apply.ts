import type { Command } from "../model/command.ts";
import {
  childEnded,
  childRefused,
  childStarted,
  detachedStarted,
  reportToParent,
  retryChild,
  reviveAncestor,
  terminateChild,
} from "./commands/child.ts";
import {
  pauseWorkflow,
  removeWorkflow,
  requeueTasks,
  resetCallbacks,
  resumeWorkflow,
  terminateWorkflow,
} from "./commands/control.ts";
import { taskDeadline, workflowDeadline } from "./commands/deadline.ts";
import { restartWorkflow } from "./commands/restart.ts";
import { retryWorkflow } from "./commands/retry.ts";
import {
  startChild,
  startDetached,
  startFailureWorkflow,
  startWorkflow,
} from "./commands/start.ts";
import { extendLease, updateTask, updateTaskByRef } from "./commands/update-task.ts";
import type { Decision } from "./decision.ts";
import type { Draft } from "./draft.ts";
import { noteFailureWorkflow } from "./failure-workflow.ts";

const ACCEPT = { type: "accept" } as const;

/** Makes the small change that a command names. Only here is anything refused (by a `Rejection`). */
export function apply(draft: Draft, command: Command): Decision {
  switch (command.type) {
    case "update-task":
      return updateTask(draft, command);
    case "update-task-by-ref":
      return updateTaskByRef(draft, command);
    case "extend-lease":
      return extendLease(draft, command);
    default:
      applyQuietly(draft, command);
      return ACCEPT;
  }
}

type Quiet = Exclude<
  Command,
  { readonly type: "update-task" | "update-task-by-ref" | "extend-lease" }
>;

/** The commands whose acceptance says all. */
function applyQuietly(draft: Draft, command: Quiet): void {
  switch (command.type) {
    case "start-workflow":
      return startWorkflow(draft, command);
    case "start-child":
      return startChild(draft, command);
    case "start-detached":
      return startDetached(draft, command);
    case "detached-started":
      return detachedStarted(draft, command.taskId, command.workflowId);
    case "start-failure-workflow":
      return startFailureWorkflow(draft, command);
    case "failure-workflow-refused":
      return noteFailureWorkflow(draft, command.message);
    case "task-deadline":
      return taskDeadline(draft, command.taskId);
    case "workflow-deadline":
      return workflowDeadline(draft);
    case "continue":
      return undefined;
    case "child-started":
      return childStarted(draft, command.taskId, command.childId);
    case "child-refused":
      return childRefused(draft, command.taskId, command.message);
    case "child-ended":
      return childEnded(draft, command);
    case "terminate-child":
      return terminateChild(draft, command.reason);
    case "retry-child":
      return retryChild(draft);
    case "revive-ancestor":
      return reviveAncestor(draft, command);
    case "report-to-parent":
      return reportToParent(draft);
    default:
      return control(draft, command);
  }
}

type Control = Extract<
  Quiet,
  { readonly type: `${string}-workflow` | "reset-callbacks" | "requeue-tasks" }
>;

/** What operators ask for. */
function control(
  draft: Draft,
  command: Exclude<Control, { readonly type: `start-${string}` }>,
): void {
  switch (command.type) {
    case "pause-workflow":
      return pauseWorkflow(draft);
    case "resume-workflow":
      return resumeWorkflow(draft);
    case "terminate-workflow":
      return terminateWorkflow(draft, command.reason);
    case "restart-workflow":
      return restartWorkflow(draft, command.useLatestDefinitions);
    case "retry-workflow":
      return retryWorkflow(draft);
    case "reset-callbacks":
      return resetCallbacks(draft);
    case "requeue-tasks":
      return requeueTasks(draft, command.taskIds);
    case "remove-workflow":
      return removeWorkflow(draft, command.archive);
  }
}
