import type { Json, JsonObject } from "./json.ts";
import type { TaskResultStatus } from "./status.ts";
import type { IdempotencyStrategy, WorkflowDef } from "./workflow-def.ts";

/** What `POST /workflow` takes. Source: Conductor's `StartWorkflowRequest`. */
export interface StartWorkflowRequest {
  readonly name?: string;
  /** Absent: the highest registered version. */
  readonly version?: number;
  readonly correlationId?: string;
  /** `{}` when it is absent; null only when null was given. */
  readonly input: JsonObject | null;
  readonly taskToDomain: Readonly<Record<string, string>>;
  /** Used instead of a registered definition. */
  readonly workflowDef?: WorkflowDef;
  readonly externalInputPayloadStoragePath?: string;
  /** 0 to 99. */
  readonly priority: number;
  readonly idempotencyKey?: string;
  readonly idempotencyStrategy?: IdempotencyStrategy;
}

/** What a worker reports. Source: Conductor's `TaskResult`. */
export interface TaskResult {
  readonly workflowInstanceId?: string;
  readonly taskId?: string;
  readonly status?: TaskResultStatus;
  /** Absent counts as `{}`. */
  readonly outputData?: JsonObject;
  readonly reasonForIncompletion?: string;
  readonly callbackAfterSeconds: number;
  readonly workerId?: string;
  readonly logs: readonly TaskExecLog[];
  /** An opaque protobuf message. */
  readonly outputMessage?: Json;
  readonly executionMetadata?: JsonObject;
  readonly externalOutputPayloadStoragePath?: string;
  readonly subWorkflowId?: string;
  readonly extendLease: boolean;
}

/** One line of a task's log, as a worker sends it. */
export interface TaskExecLog {
  readonly log: string;
  /** Epoch ms, 0 when the worker has not said. */
  readonly createdTime: number;
}
