import type { Claim } from "@ostinato/core";

import type { ErrorCode } from "../../errors.ts";
import type { Value, Values } from "./codec.ts";

/**
 * What the main thread asks of the writer: the steps of one transaction, in order, each with its answer. Everything in
 * here crosses between threads, so it is flat: arrays of numbers and short strings, ids as text.
 */
export type Step =
  | GroupStep
  | ClaimStep
  | UndoStep
  | {
      readonly type: "delivered";
      readonly at: number;
      readonly keys: number[];
      readonly versions: number[];
    }
  /** taskId, createdTime, log; repeated. */
  | { readonly type: "logs"; readonly rows: Value[] }
  /** taskType, domain (empty for none), workerId, lastPollTime; repeated. */
  | { readonly type: "polls"; readonly rows: Value[] }
  | { readonly type: "put-task-defs"; readonly rows: string[] }
  | { readonly type: "delete-task-def"; readonly name: string }
  | { readonly type: "put-workflow-defs"; readonly rows: Value[] }
  | { readonly type: "delete-workflow-def"; readonly name: string; readonly version: number }
  | { readonly type: "check-health" };

export interface GroupStep {
  readonly type: "group";
  readonly workflowId: string;
  readonly baseVersion: number;
  readonly consumes: readonly number[];
  /** targetWorkflowId and the command's text, alternating. */
  readonly outbox: readonly string[];
  /** Absent: nothing changes. */
  readonly change?: GroupChange;
}

export interface GroupChange {
  readonly removed: boolean;
  readonly isEnded: boolean;
  readonly definitionHash: string;
  /** `WORKFLOW_INDEXED`, then `WORKFLOW_REST`. */
  readonly workflow: Values;
  /** As `encodeData` makes them. */
  readonly data: readonly Value[];
  readonly tasks: readonly TaskStep[];
  readonly deletedTaskIds: readonly string[];
  readonly enqueued: readonly EnqueueStep[];
  readonly touched: readonly TouchStep[];
  readonly dequeued: readonly string[];
  /** taskId, createdTime, log; repeated. */
  readonly logs: readonly Value[];
  /** Task ids and claim versions, alternating; 0: not in the queue. */
  readonly claimsSeen: readonly (string | number)[];
  readonly idempotency?: { readonly key: string; readonly replaces?: string };
  /** Hashes and texts, alternating. */
  readonly definitions: readonly string[];
}

export interface TaskStep {
  readonly isNew: boolean;
  readonly isEnded: boolean;
  readonly setsWorkerId: boolean;
  /** `TASK_COLUMNS`, or `TASK_CHANGED` when the input stays as it is stored. */
  readonly values: Values;
}

export interface EnqueueStep {
  readonly taskId: string;
  readonly claimVersion: number;
  /** As `encodeEntry` makes them. */
  readonly values: Values;
}

/** A heartbeat (`updateTime`), or other limits of time. */
export type TouchStep =
  | { readonly taskId: string; readonly claimVersion: number; readonly updateTime: number }
  | { readonly taskId: string; readonly timeouts: Values };

export interface ClaimStep {
  readonly type: "claim";
  readonly at: number;
  readonly workerId: string | null;
  readonly keys: number[];
  /** The claim versions that must be there, and those that they become. */
  readonly seen: number[];
  readonly versions: number[];
  /** Whose rate limit each one counts against; empty for none. */
  readonly grants: string[];
  /** Grants that count no longer. */
  readonly expired: number[];
}

export interface UndoStep {
  readonly type: "undo";
  readonly keys: number[];
  readonly seen: number[];
  readonly versions: number[];
}

export type Answer =
  | GroupCommitted
  | { readonly type: "conflict" }
  | { readonly type: "duplicate-key"; readonly holder: string }
  /** To claims and undos: the new deadline of each, Infinity for none, NaN when it was not done. */
  | { readonly type: "deadlines"; readonly deadlines: number[] }
  | { readonly type: "done" }
  /** This step alone was not done: the database will not have it. */
  | { readonly type: "refused"; readonly message: string };

export interface GroupCommitted {
  readonly type: "committed";
  readonly workflowKey: number;
  readonly outboxIds: number[];
  readonly claims: Claim[];
  /** Keys of attempts that are no longer in the queue, or not to be handed out. */
  readonly dropped: number[];
  /** Keys and deadlines of `enqueued`, in its order; of `touched`, with NaN for what is not in the queue. */
  readonly enqueued: number[];
  readonly touched: number[];
}

/** All of a transaction's answers, or why nothing of it was done. */
export type Outcome =
  | { readonly answers: Answer[] }
  | { readonly code: ErrorCode; readonly message: string };
