import type { Definitions } from "../definition/definitions.ts";
import type { EvaluationResult } from "../model/evaluation.ts";
import type { JsonText } from "../model/json.ts";
import type { Claim } from "../model/queue.ts";

/** All that a decision may depend on besides the execution and the command. Nothing in here waits. */
export interface DecideContext {
  /** Of the execution that is decided; a start creates it under this id. */
  readonly workflowId: string;
  /** Epoch ms; within an execution it never goes back. */
  readonly now: number;
  /** A fresh UUID; the same ones in the same order when a command is decided again. */
  newId(): string;
  /** A fraction in [0, 1) from the same source. */
  random(): number;
  /** The name-based UUID (version 3, no namespace) of a text. */
  nameUuid(text: string): string;
  readonly definitions: Definitions;
  /** Whether a worker has polled this type in this domain within the last 10 s. */
  isDomainActive(taskType: string, domain: string): boolean;
  /** The value of a name that expressions may read from the server's environment. */
  environment(name: string): string | undefined;
  /** How far the server's zone is ahead of UTC, in ms, at a local time given in ms as if it were UTC. */
  serverOffsetMs(localMs: number): number;
  /** What `${workflow.env.NAME}` stands for. */
  workflowEnv(name: string): string | undefined;
  readonly payloadLimits: PayloadLimits;
  /**
   * Claims that the engine has loaded for this decision, by task id: those of the attempts that commands name, and those
   * looked up. One that was loaded and is not in the queue is there unclaimed, with `claimVersion` 0.
   */
  readonly claims: ReadonlyMap<string, Claim>;
  /** Answers to `workflow-text` lookups, by workflow id. */
  readonly workflowTexts: ReadonlyMap<string, JsonText>;
  /** Answers to `evaluations` lookups, by `evaluationKey`. */
  readonly evaluations: ReadonlyMap<string, EvaluationResult>;
}

/** In bytes of the UTF-8 JSON text. Source: `conductor.app.max…PayloadSizeThreshold`. */
export interface PayloadLimits {
  readonly workflowInputBytesMax: number;
  readonly workflowOutputBytesMax: number;
  readonly taskInputBytesMax: number;
  readonly taskOutputBytesMax: number;
  readonly variablesBytesMax: number;
}
