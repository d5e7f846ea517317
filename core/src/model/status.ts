/** Statuses of workflows and tasks, and what they mean. Source: Conductor's `Workflow.WorkflowStatus` and `Task.Status`. */
export const WORKFLOW_STATUSES = [
  "RUNNING",
  "PAUSED",
  "COMPLETED",
  "FAILED",
  "TIMED_OUT",
  "TERMINATED",
] as const;
export type WorkflowStatus = (typeof WORKFLOW_STATUSES)[number];

export const TASK_STATUSES = [
  "IN_PROGRESS",
  "CANCELED",
  "FAILED",
  "FAILED_WITH_TERMINAL_ERROR",
  "COMPLETED",
  "COMPLETED_WITH_ERRORS",
  "SCHEDULED",
  "TIMED_OUT",
  "SKIPPED",
] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** What a worker may report. */
export const TASK_RESULT_STATUSES = [
  "IN_PROGRESS",
  "FAILED",
  "FAILED_WITH_TERMINAL_ERROR",
  "COMPLETED",
  "CANCELED",
] as const;
export type TaskResultStatus = (typeof TASK_RESULT_STATUSES)[number];

export function isTerminalWorkflow(status: WorkflowStatus): boolean {
  return status !== "RUNNING" && status !== "PAUSED";
}

/** Open attempts are the SCHEDULED and the IN_PROGRESS ones. */
export function isOpen(status: TaskStatus): boolean {
  return status === "SCHEDULED" || status === "IN_PROGRESS";
}

/** The open statuses count as successful: joins treat an open attempt as not failed. */
export function isSuccessful(status: TaskStatus): boolean {
  switch (status) {
    case "SCHEDULED":
    case "IN_PROGRESS":
    case "COMPLETED":
    case "COMPLETED_WITH_ERRORS":
    case "SKIPPED":
      return true;
    case "FAILED":
    case "FAILED_WITH_TERMINAL_ERROR":
    case "TIMED_OUT":
    case "CANCELED":
      return false;
  }
}

/** Whether the retry rule may make another attempt after this end. */
export function isRetriable(status: TaskStatus): boolean {
  return status === "FAILED" || status === "TIMED_OUT";
}
