import type { Idempotency, InternalCommand, TaskLog } from "../model/command.ts";
import type { JsonText } from "../model/json.ts";
import type { QueueEntry } from "../model/queue.ts";
import type { Task } from "../model/task.ts";
import type { Workflow, WorkflowData } from "../model/workflow.ts";

/**
 * All that one batch of commands changes in one execution: plain data, stored in one transaction or not at all.
 * Records are whole; the store may compare them with what it has.
 */
export interface ChangeSet {
  readonly workflowId: string;
  /** The version the decider saw, 0 for a new execution; the commit fails when the stored one has moved on. */
  readonly baseVersion: number;
  readonly workflow: Workflow;
  /** Only the members that changed (all of them for a new execution). */
  readonly data: Partial<WorkflowData>;
  /** New attempts and changed ones, in the order of their `seq`. */
  readonly tasks: readonly TaskChange[];
  readonly deletedTaskIds: readonly string[];
  readonly queue: readonly QueueChange[];
  /** Internal commands to other executions, to be submitted once this is committed. */
  readonly outbox: readonly OutboxMessage[];
  readonly logs: readonly (TaskLog & { readonly taskId: string })[];
  /**
   * The claims that decisions relied on: the commit fails when one has changed since. An attempt that is not in the
   * queue counts as version 0.
   */
  readonly claimsSeen: readonly { readonly taskId: string; readonly claimVersion: number }[];
  /** Present: a new execution takes this key of its workflow's name. */
  readonly idempotency?: Idempotency;
  /** Snapshots of definitions that may not be stored yet, by hash. */
  readonly definitions: readonly { readonly hash: string; readonly text: JsonText }[];
  /** Present: the execution and all that belongs to it is deleted; of the rest only `outbox` counts. */
  readonly removed?: { readonly archive: boolean };
}

export interface TaskChange {
  readonly task: Task;
  readonly isNew: boolean;
  /**
   * The change says who held the attempt: its `workerId`, or nobody when that is absent (a result without one clears
   * it). Otherwise an absent `workerId` becomes that of the claim when the attempt leaves its place in the queue.
   */
  readonly setsWorkerId?: boolean;
}

export type QueueChange =
  /** Puts the attempt in the queue, unclaimed, in place of what it has there. */
  | { readonly type: "enqueue"; readonly entry: QueueEntry }
  /** The holder of the attempt gave a sign of life. */
  | { readonly type: "heartbeat"; readonly taskId: string; readonly updateTime: number }
  /** Replaces the limits of time and leaves the rest alone: what fired without effect must not fire again. */
  | {
      readonly type: "set-timeouts";
      readonly taskId: string;
      readonly timeouts: QueueEntry["timeouts"];
    }
  /** Takes it out. An attempt that a change makes terminal, or deletes, is taken out without being named here. */
  | { readonly type: "dequeue"; readonly taskId: string };

export interface OutboxMessage {
  readonly targetWorkflowId: string;
  readonly command: InternalCommand;
}
