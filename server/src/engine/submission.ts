import type { Claim, Command, EvaluationResult, Execution, JsonText } from "@ostinato/core";

import type { Answer } from "./answers.ts";
import type { Seed } from "./ids.ts";

/** A command on its way to a decision. */
export interface Submission {
  readonly origin: Origin;
  /** Changes only when an idempotency key's ended holder is to be replaced. */
  command: Command;
  readonly seed: Seed;
  /** Answers that wait for whatever follows from this command. */
  readonly causes: readonly Answer[];
  /** Lost races and failed attempts so far. */
  conflicts: number;
  failures: number;
  /** It is decided in a group of its own: one of those that it was decided with is at fault. */
  alone: boolean;
  /** Set once it is known that this start is refused for its idempotency key. */
  refusal: string | undefined;
}

export type Origin =
  | { readonly type: "caller"; readonly answer: Answer }
  /**
   * An internal command; its row is deleted by the group that decides it. `done` is called when it has had its turn, or
   * waits behind one that failed.
   */
  | {
      readonly type: "outbox";
      readonly rowId: number;
      readonly sourceWorkflowId: string;
      readonly done?: () => void;
    }
  /** The rest of an agenda: what asked for it is durable, and asks again after a start. */
  | { readonly type: "continue"; readonly done?: () => void }
  /** The store repeats it until it is dealt with. */
  | { readonly type: "deadline"; readonly done: () => void };

/**
 * One execution as the engine sees it: what is in memory of it, and what waits for it. Its commands are decided in the
 * order of `pending`. A lane that is not idle is pinned in memory; of a lane that is, only the execution is of use.
 */
export interface Lane {
  readonly workflowId: string;
  /** Whether `execution` is what is stored, `undefined` meaning nothing. */
  known: boolean;
  execution: Execution | undefined;
  /** What the execution takes in memory, estimated. */
  bytes: number;
  /**
   * `idle`: nothing waits. `queued`, `behind`: it is in the list of those that the next batches take, before or behind.
   * `busy`: a batch or a lookup has it.
   */
  state: "idle" | "queued" | "behind" | "busy";
  pending: Submission[];
  /** Those of `pending` that the batch in flight decides. */
  taken: Submission[];
  /** Answers of accepted commands that wait until the agenda is worked off. */
  waiting: Answer[];
  /** Internal commands that failed and wait for another try, with those behind them, by source. */
  readonly delayed: Map<string, Delayed>;
  /** The last decision left something on the agenda: unless another command comes, a `continue` has to. */
  isUnfinished: boolean;
  /** How many decisions in a row have changed nothing and asked for more. */
  barrenRounds: number;
  /** What the last lookups asked for, as text. */
  askedLast: string | undefined;
  /** What was looked up for commands that wait, and is not part of the execution. */
  fetched: Fetched | undefined;
  /** Whether it may be evicted; then it has neighbours in the order of last use. */
  isEvictable: boolean;
  older: Lane | undefined;
  newer: Lane | undefined;
}

interface Delayed {
  readonly submissions: Submission[];
  readonly cancel: () => void;
}

export interface Fetched {
  readonly claims: Map<string, Claim>;
  readonly texts: Map<string, JsonText>;
  readonly evaluations: Map<string, EvaluationResult>;
}

export function newSubmission(
  command: Command,
  origin: Origin,
  about: { readonly seed: Seed; readonly causes: readonly Answer[] },
): Submission {
  return {
    origin,
    command,
    seed: about.seed,
    causes: about.causes,
    conflicts: 0,
    failures: 0,
    alone: false,
    refusal: undefined,
  };
}

export function newLane(workflowId: string): Lane {
  return {
    workflowId,
    known: false,
    execution: undefined,
    bytes: 0,
    state: "idle",
    pending: [],
    taken: [],
    waiting: [],
    delayed: new Map(),
    isUnfinished: false,
    barrenRounds: 0,
    askedLast: undefined,
    fetched: undefined,
    isEvictable: false,
    older: undefined,
    newer: undefined,
  };
}

/** Whether callers, or answers to them, wait for this: such goes before all that the engine does for itself. */
export function isUrgent(submission: Submission): boolean {
  return submission.origin.type === "caller" || submission.causes.length > 0;
}
