import type { Decision, ExternalCommand, JsonText, StartWorkflow } from "@ostinato/core";

import type { ClaimedTask, ClaimRef, PollData } from "../store/store.ts";

/**
 * What the services ask of the engine: it takes commands in, decides them in batches, stores what follows, and answers
 * when that is durable.
 */
export interface Engine {
  /**
   * Starts an execution under a new id, or answers with the holder of its idempotency key. Resolves when it is stored
   * and has gone as far as it can by itself, its consequences too, for at most `settleMsMax`.
   * @throws AppError IDEMPOTENCY_KEY_TAKEN
   */
  start(
    command: StartWorkflow,
  ): Promise<{ readonly workflowId: string; readonly decision: Decision }>;
  /**
   * Asks something of an execution, in the order of the calls. Resolves after the commit, once its agenda is empty or
   * it is PAUSED; with `settle: "consequences"` (control operations) also after the internal commands that it caused,
   * in other executions too, have been decided; for at most `settleMsMax`, for results `settleResultMsMax`.
   */
  submit(workflowId: string, command: ExternalCommand, settle?: Settle): Promise<Decision>;
  /**
   * Waits up to `timeoutMs` for ready attempts of a queue and claims up to `count`. Whoever gets them must call
   * `delivered` or `undo` for them.
   */
  poll(request: PollRequest): Promise<ClaimedTask[]>;
  delivered(claims: readonly ClaimRef[]): void;
  /** Never rejects: while the database is away it tries again. */
  undo(claims: readonly ClaimRef[]): Promise<void>;
  /** Calls back after every commit that changed this execution, until the returned function is called. */
  watch(workflowId: string, listener: () => void): () => void;
  listPollData(): Promise<PollData[]>;
  /** The whole execution as `GET /workflow/{id}` answers it. */
  readonly renderWorkflow: (workflowId: string) => Promise<JsonText>;
  /** Stops taking commands, finishes what was accepted. */
  close(): Promise<void>;
}

export type Settle = "execution" | "consequences";

export interface PollRequest {
  readonly taskType: string;
  readonly domain?: string;
  readonly count: number;
  readonly timeoutMs: number;
  readonly workerId?: string;
  /** An executor of this server asks: it alone gets system tasks, and is no worker in the poll data. */
  readonly byServer?: boolean;
  /** Aborted when the caller has gone. */
  readonly signal?: AbortSignal;
}
