import type { Claim, DecideContext, EvaluationResult, JsonText } from "@ostinato/core";

import type { EngineDeps } from "./deps.ts";
import { createIdSource, nameUuid, type Seed } from "./ids.ts";
import type { PollDataBook } from "./poll-data.ts";

/** The context of all decisions of a batch: made once, and set for each execution in turn. */
export interface DecisionContext extends DecideContext {
  /** Claims and texts of the batch. */
  beginBatch(claims: Map<string, Claim>, texts: Map<string, JsonText>): void;
  beginExecution(workflowId: string, about: ExecutionBegun): void;
}

interface ExecutionBegun {
  readonly seed: Seed;
  /** The execution's latest instant: within it, time does not go back. */
  readonly since: number;
  readonly evaluations?: ReadonlyMap<string, EvaluationResult> | undefined;
}

const NO_EVALUATIONS: ReadonlyMap<string, EvaluationResult> = new Map();

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export function createDecisionContext(deps: EngineDeps, pollData: PollDataBook): DecisionContext {
  const { clock, limits } = deps;
  const ids = createIdSource();
  const context: Writable<DecisionContext> = {
    workflowId: "",
    now: 0,
    newId: ids.newId,
    random: ids.random,
    nameUuid,
    definitions: deps.definitions,
    isDomainActive: (taskType, domain) =>
      pollData.isActive({ taskType, domain }, context.now - limits.activeWorkerLastPollMs),
    environment: deps.environment,
    workflowEnv: deps.workflowEnv,
    serverOffsetMs: deps.serverOffsetMs,
    payloadLimits: deps.payloadLimits,
    claims: new Map(),
    workflowTexts: new Map(),
    evaluations: NO_EVALUATIONS,
    beginBatch(claims, texts) {
      context.claims = claims;
      context.workflowTexts = texts;
    },
    beginExecution(workflowId, { seed, since, evaluations = NO_EVALUATIONS }) {
      context.workflowId = workflowId;
      context.now = Math.max(clock.now(), since);
      context.evaluations = evaluations;
      ids.begin(seed, context.now);
    },
  };
  return context;
}
