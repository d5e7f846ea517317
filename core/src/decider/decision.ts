import type { ChangeSet, OutboxMessage } from "../change/change-set.ts";
import type { Evaluation } from "../model/evaluation.ts";

/** The answer to one command. An accepted one may say which task it changed, and in which queue it was. */
export type Decision =
  | {
      readonly type: "accept";
      readonly taskId?: string;
      readonly workflowId?: string;
      readonly queue?: { readonly taskType: string; readonly domain?: string };
    }
  | { readonly type: "reject"; readonly code: RejectionCode; readonly message: string }
  /** Nothing was decided: something is missing; fetch it and ask again. */
  | { readonly type: "lookup" };

/** Why a rule says no. The server's `errors.ts` gives each its HTTP status. */
export type RejectionCode =
  | "WORKFLOW_NOT_FOUND"
  | "WORKFLOW_DEF_NOT_FOUND"
  | "CHILD_DEF_NOT_FOUND"
  | "TASK_NOT_FOUND"
  | "INVALID_INPUT"
  | "WORKFLOW_ENDED"
  | "WORKFLOW_COMPLETED"
  | "WORKFLOW_NOT_PAUSED"
  | "WORKFLOW_NOT_TERMINAL"
  | "WORKFLOW_STILL_RUNNING"
  | "WORKFLOW_NOT_STARTED"
  | "WORKFLOW_NOT_RESTARTABLE"
  | "NOTHING_TO_RETRY"
  | "NOT_ARCHIVABLE"
  | "PAYLOAD_TOO_LARGE";

/** Something that the engine has to fetch before the rest can be decided. */
export type Lookup =
  /** The live attempts of these refs. */
  | { readonly type: "refs"; readonly refs: readonly string[] }
  | { readonly type: "tasks"; readonly taskIds: readonly string[] }
  /** Every attempt, or every open one, or those with an agenda entry, or the branches of a dynamic fork. */
  | { readonly type: "all-tasks" }
  | { readonly type: "open-tasks" }
  | { readonly type: "agenda" }
  | { readonly type: "branches"; readonly joinId: string }
  | { readonly type: "claims"; readonly taskIds: readonly string[] }
  /** Another execution, whole, as `GET /workflow/{id}` answers it. */
  | { readonly type: "workflow-text"; readonly workflowId: string }
  /** The results of scripts and queries. */
  | { readonly type: "evaluations"; readonly evaluations: readonly Evaluation[] };

export interface DecideResult {
  /** One per command, in order. */
  readonly decisions: readonly Decision[];
  /** Absent: no command changed anything. */
  readonly changeSet?: ChangeSet;
  /** Without a change set: the refusals that internal commands are answered with. Else empty. */
  readonly outbox: readonly OutboxMessage[];
  /** What is missing for the commands answered `lookup`, or for the agenda (then a `continue` has to follow). */
  readonly lookups: readonly Lookup[];
  /** The agenda is not empty although nothing is missing: the budget is spent, a `continue` has to follow. */
  readonly more: boolean;
}
