import type { JsonText } from "./json.ts";
import type { TaskStatus } from "./status.ts";

/**
 * One attempt at a `WorkflowTask`, as the last decision about it left it. An attempt that a worker holds now is still
 * SCHEDULED here: who holds it since when stands in its `Claim`, in the queue, and the two are merged when it is read.
 * Instants are epoch milliseconds, 0 when not yet. Records are immutable; a change makes a new one.
 */
export interface Task {
  readonly taskId: string;
  readonly taskType: string;
  readonly taskDefName: string;
  readonly referenceTaskName: string;
  readonly status: TaskStatus;
  readonly seq: number;
  readonly retryCount: number;
  readonly iteration: number;
  readonly retriedTaskId?: string;
  /** A newer attempt has replaced this one. */
  readonly retried: boolean;
  /** The end of this attempt has been followed up: its successors are scheduled. */
  readonly executed: boolean;
  readonly scheduledTime: number;
  readonly startTime: number;
  readonly endTime: number;
  readonly updateTime: number;
  /** When the first attempt of this ref was scheduled; the total timeout counts from it. */
  readonly firstScheduledTime: number;
  readonly pollCount: number;
  readonly callbackAfterSeconds: number;
  readonly startDelayInSeconds: number;
  readonly responseTimeoutSeconds: number;
  readonly rateLimitPerFrequency: number;
  readonly rateLimitFrequencyInSeconds: number;
  readonly workflowPriority: number;
  readonly workerId?: string;
  readonly domain?: string;
  readonly reasonForIncompletion?: string;
  readonly subWorkflowId?: string;
  readonly subworkflowChanged: boolean;
  readonly isolationGroupId?: string;
  readonly executionNameSpace?: string;
  readonly externalInputPayloadStoragePath?: string;
  readonly externalOutputPayloadStoragePath?: string;
  readonly outputMessage?: JsonText;
  readonly executionMetadata?: JsonText;
  readonly inputData: JsonText;
  /** Absent: nobody has set it. Then a JOIN's output is that of the refs it waits for, anything else's is `{}`. */
  readonly outputData?: JsonText;
  /**
   * The `WorkflowTask` that this attempt is of, for a branch of a dynamic fork: the text of the entry without its
   * `taskReferenceName` and `inputParameters`, which many branches share. Absent: the definition's entry with this
   * ref (less its loop suffix).
   */
  readonly workflowTask?: JsonText;
  /** The `inputParameters` of such an entry; absent: they are as in `inputData`. */
  readonly inputParameters?: JsonText;
  /** The number of its agenda entry, 0 when the execution has nothing left to do about it by itself. */
  readonly agenda: number;
  /** What a JOIN still waits for. */
  readonly join?: JoinState;
  /** The JOIN that a branch of a dynamic fork reports to. */
  readonly joinId?: string;
  /**
   * How far a large dynamic fork has been expanded. What its record shows of its branches (`forkedTasks`,
   * `forkedTaskDefs`) is not stored then, but read off them.
   */
  readonly fork?: ForkState;
  /** How far a DO_WHILE has come. */
  readonly loop?: LoopState;
  /**
   * What the loops around the innermost one have added to its ref, e.g. `__2`; for a DO_WHILE: what all loops around it
   * have. Absent: nothing.
   */
  readonly outerSuffix?: string;
  /** When a WAIT with a time is over. */
  readonly waitUntilAt?: number;
}

export interface JoinState {
  /** Distinct refs of `joinOn` that are not finished yet. */
  readonly pending: number;
  /** Those that finished unsuccessfully, and those that finished with errors. */
  readonly failed: number;
  readonly errors: number;
}

/** Besides `iteration`, which is the one that runs or was the last. */
export interface LoopState {
  /** The flow has come to the end of the body in this iteration. */
  readonly atEnd: boolean;
  /** The earliest iteration whose attempts are kept. */
  readonly firstKept: number;
  /** Of refs in the body that did not run in the last complete iteration: the last one in which they did. */
  readonly lastRuns: Readonly<Record<string, number>>;
  /** The item of this iteration, for a loop over a list. */
  readonly item?: JsonText;
}

export interface ForkState {
  readonly expanded: number;
  readonly total: number;
  readonly joinId: string;
  /** Refs carry the fork's own, since it is not the workflow's first dynamic fork. */
  readonly isRepeated: boolean;
  /** The place in the order of the first branch. */
  readonly firstSeq: number;
}
