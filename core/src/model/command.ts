import type { JsonText } from "./json.ts";
import type { TaskResultStatus } from "./status.ts";
import type { IdempotencyStrategy, WorkflowDef } from "./workflow-def.ts";

/**
 * Something asked of one execution. Whoever sends one names the execution beside it; a start names an id that nothing
 * has yet. `ExternalCommand`s come from callers and deadlines, `InternalCommand`s from other executions by the outbox:
 * those are plain data, since they are stored.
 */
export type Command = ExternalCommand | InternalCommand;

export type ExternalCommand =
  | StartWorkflow
  | UpdateTask
  | UpdateTaskByRef
  | ExtendLease
  | { readonly type: "task-deadline"; readonly taskId: string }
  | { readonly type: "workflow-deadline" }
  | { readonly type: "pause-workflow" }
  | { readonly type: "resume-workflow" }
  | { readonly type: "terminate-workflow"; readonly reason?: string }
  | { readonly type: "restart-workflow"; readonly useLatestDefinitions: boolean }
  | { readonly type: "retry-workflow" }
  | { readonly type: "reset-callbacks" }
  /** Offer these open worker tasks again, also those that are handed out. */
  | { readonly type: "requeue-tasks"; readonly taskIds: readonly string[] }
  | { readonly type: "remove-workflow"; readonly archive: boolean }
  /** Go on with whatever the agenda holds; also what `PUT /workflow/decide/{id}` asks for. */
  | { readonly type: "continue" };

export interface StartWorkflow {
  readonly type: "start-workflow";
  readonly name: string;
  /** Absent: the highest registered version. */
  readonly version?: number;
  /** Used instead of a registered definition; already validated. */
  readonly workflowDef?: WorkflowDef;
  /** The text of an object; absent: null was given, which is refused unless a path is. */
  readonly input?: JsonText;
  readonly externalInputPayloadStoragePath?: string;
  readonly correlationId?: string;
  readonly priority: number;
  readonly taskToDomain: Readonly<Record<string, string>>;
  readonly idempotency?: Idempotency;
  readonly event?: string;
}

export interface Idempotency {
  readonly key: string;
  readonly strategy: IdempotencyStrategy;
  /** The ended execution that holds the key now and loses it to this one (FAIL_ON_RUNNING). */
  readonly replaces?: string;
}

/** A result from a worker, or from whoever ends a task from outside. Source: Conductor's `TaskResult`. */
export interface UpdateTask extends TaskUpdate {
  readonly type: "update-task";
  readonly taskId: string;
  /** The text of an object; absent is `{}`. Replaces the task's output. */
  readonly outputData?: JsonText;
  readonly reasonForIncompletion?: string;
  readonly callbackAfterSeconds: number;
  readonly subWorkflowId?: string;
  readonly externalOutputPayloadStoragePath?: string;
  readonly outputMessage?: JsonText;
  readonly executionMetadata?: JsonText;
}

/** The first open attempt of a ref gets this status; the output is merged into what it has. */
export interface UpdateTaskByRef extends TaskUpdate {
  readonly type: "update-task-by-ref";
  readonly ref: string;
  readonly outputData: JsonText;
  /** `false`: an absent `workerId` leaves the task's own. */
  readonly clearWorkerId: boolean;
}

interface TaskUpdate {
  readonly status: TaskResultStatus;
  readonly workerId?: string;
  readonly logs: readonly TaskLog[];
}

export interface TaskLog {
  readonly log: string;
  /** Epoch ms. */
  readonly createdTime: number;
}

export interface ExtendLease {
  readonly type: "extend-lease";
  readonly taskId: string;
}

export type InternalCommand =
  | StartChild
  | StartFailureWorkflow
  | StartDetached
  /** The execution that a START_WORKFLOW attempt asked for exists. */
  | { readonly type: "detached-started"; readonly taskId: string; readonly workflowId: string }
  | { readonly type: "failure-workflow-refused"; readonly message: string }
  | { readonly type: "child-started"; readonly taskId: string; readonly childId: string }
  | { readonly type: "child-refused"; readonly taskId: string; readonly message: string }
  | ChildEnded
  /** The parent ended; `reason` is the text that the child gets. */
  | { readonly type: "terminate-child"; readonly taskId: string; readonly reason: string }
  /** Retry the deepest failed execution below, on behalf of an ancestor (`resumeSubworkflowTasks`). */
  | RetryChild
  /** A child was retried, rerun or restarted: its SUB_WORKFLOW attempt and all above it run again. */
  | {
      readonly type: "revive-ancestor";
      readonly taskId: string;
      readonly childId: string;
      readonly chain: string;
      readonly operation: "retried" | "reran" | "restarted";
    }
  /** The parent set this SUB_WORKFLOW attempt back to IN_PROGRESS: if its child has ended, it says so again. */
  | { readonly type: "report-to-parent" };

/** Sent to the child that an attempt waits for again. One that is gone is answered for by `child-ended`. */
export interface RetryChild {
  readonly type: "retry-child";
  readonly parentWorkflowId: string;
  readonly taskId: string;
}

/** Sent to the id that the child is to have. Answered by `child-started` or `child-refused`. */
export interface StartChild {
  readonly type: "start-child";
  readonly parentWorkflowId: string;
  readonly parentWorkflowTaskId: string;
  readonly name: string;
  readonly version?: number;
  /** The text of an inline definition. */
  readonly workflowDefinition?: JsonText;
  readonly input: JsonText;
  readonly correlationId?: string;
  readonly priority: number;
  readonly taskToDomain: Readonly<Record<string, string>>;
  readonly idempotency?: Idempotency;
}

/**
 * Sent to the id that the execution is to have which a START_WORKFLOW task starts. Answered by
 * `detached-started` or `child-refused`.
 */
export interface StartDetached {
  readonly type: "start-detached";
  readonly starterWorkflowId: string;
  readonly starterTaskId: string;
  readonly name: string;
  readonly version?: number;
  /** The text of an inline definition. */
  readonly workflowDefinition?: JsonText;
  readonly input: JsonText;
  readonly correlationId?: string;
  readonly priority: number;
  readonly taskToDomain: Readonly<Record<string, string>>;
}

/** Sent to the id that the failure workflow is to have. Its input is completed with the failed execution. */
export interface StartFailureWorkflow {
  readonly type: "start-failure-workflow";
  readonly failedWorkflowId: string;
  readonly name: string;
  readonly version?: number;
  readonly reason?: string;
  readonly failureStatus: string;
  readonly failureTaskId?: string;
}

export interface ChildEnded {
  readonly type: "child-ended";
  readonly taskId: string;
  readonly childId: string;
  readonly status: "COMPLETED" | "FAILED" | "TIMED_OUT" | "TERMINATED";
  readonly output: JsonText;
  /** `Sub workflow … failure reason: …`, absent when it COMPLETED. */
  readonly reason?: string;
  readonly externalOutputPayloadStoragePath?: string;
}
