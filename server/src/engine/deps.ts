import type {
  Command,
  DecideContext,
  DecideResult,
  Definitions,
  Evaluation,
  EvaluationResult,
  Execution,
  JsonText,
  PayloadLimits,
} from "@ostinato/core";

import type { Store } from "../store/store.ts";
import type { Clock } from "./clock.ts";

/** What the engine is built from: every outside thing it touches is in here. */
export interface EngineDeps {
  readonly store: Store;
  /** The core's decision; `undefined`: nothing is stored under this id. */
  readonly decide: Decide;
  readonly definitions: EngineDefinitions;
  readonly clock: Clock;
  /** When the next batch begins; `afterThisTurn` but in simulations. */
  readonly soon: (run: () => void) => void;
  readonly randomBytes: (count: number) => Uint8Array;
  /** The whole execution as `GET /workflow/{id}` answers it; rejects with WORKFLOW_NOT_FOUND. */
  readonly renderWorkflow: (workflowId: string) => Promise<JsonText>;
  /** Runs a script or a query within its limits. Rejects only when the evaluator itself is broken. */
  readonly evaluate: (evaluation: Evaluation) => Promise<EvaluationResult>;
  /** The value of a name that expressions may read from the server's environment. */
  readonly environment: (name: string) => string | undefined;
  /** What `${workflow.env.NAME}` stands for. */
  readonly workflowEnv: (name: string) => string | undefined;
  /** How far the server's zone is ahead of UTC, in ms, at a local time given in ms as if it were UTC. */
  readonly serverOffsetMs: (localMs: number) => number;
  readonly payloadLimits: PayloadLimits;
  readonly limits: EngineLimits;
  readonly log: Log;
  readonly metrics: EngineMetrics;
}

type Decide = (
  execution: Execution | undefined,
  commands: readonly Command[],
  context: DecideContext,
) => DecideResult;

/** The registry as the engine needs it: what executions run on has to be in memory before they are decided. */
export interface EngineDefinitions extends Definitions {
  /**
   * Reads those of these snapshots that are not in memory; there all of them stay until the next call.
   * `undefined`: there is nothing to wait for.
   */
  hold(hashes: ReadonlySet<string>): Promise<void> | undefined;
}

export interface EngineLimits {
  /** At most so many commands and executions are decided in one batch. */
  readonly batchCommandsMax: number;
  readonly batchExecutionsMax: number;
  /** How often a command is decided that keeps losing races. */
  readonly commitAttemptsMax: number;
  /** How often a command may ask for something more before it counts as ours to blame. */
  readonly lookupRoundsMax: number;
  /** What idle executions may keep in memory, estimated. */
  readonly hotBytesMax: number;
  readonly hotExecutionsMax: number;
  /** From so many waiting commands on, starts are refused; from twice as many on, everything from callers. */
  readonly waitingCommandsMax: number;
  /** How long an answer waits for what follows from its command. */
  readonly settleMsMax: number;
  readonly settleResultMsMax: number;
  /** A domain is active for so long after a poll. Source: `conductor.app.activeWorkerLastPollTimeout`. */
  readonly activeWorkerLastPollMs: number;
  /** Rows after a start are submitted in pages of this size. */
  readonly recoveryPageSize: number;
}

export const DEFAULT_LIMITS: EngineLimits = {
  batchCommandsMax: 1_000,
  batchExecutionsMax: 500,
  commitAttemptsMax: 10,
  lookupRoundsMax: 1_000,
  hotBytesMax: 256 * 1024 * 1024,
  hotExecutionsMax: 100_000,
  waitingCommandsMax: 20_000,
  settleMsMax: 5_000,
  settleResultMsMax: 500,
  activeWorkerLastPollMs: 10_000,
  recoveryPageSize: 500,
};

/** Structured logging, as pino does it. */
export interface Log {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
}

/** What the engine counts. Every method is called on the hot path and must return at once. */
export interface EngineMetrics {
  /** A batch was decided and stored; the time is from its first load to its last answer. */
  batch(commands: number, executions: number, durationMs: number): void;
  /** A command was answered. */
  decided(type: Command["type"], answer: "accept" | "reject"): void;
  /** A decision lost a race and is made again. */
  conflict(): void;
  /** A decision failed by an assertion, or the store refused it. */
  failed(type: Command["type"]): void;
  /** Polls were answered with so many attempts. */
  polled(queue: string, attempts: number): void;
  /** What is in memory now. */
  hot(executions: number, bytes: number): void;
}

export const NO_METRICS: EngineMetrics = {
  batch: () => undefined,
  decided: () => undefined,
  conflict: () => undefined,
  failed: () => undefined,
  polled: () => undefined,
  hot: () => undefined,
};
