import {
  applyChanges,
  executionFrom,
  isTerminalWorkflow,
  type ChangeSet,
  type Claim,
  type Decision,
  type Idempotency,
  type Lookup,
  type OutboxMessage,
} from "@ostinato/core";

import { AppError } from "../errors.ts";
import type { CommitGroup, CommitOutcome } from "../store/store.ts";
import { settleWaiting, type Answer } from "./answers.ts";
import type { Decided } from "./batch.ts";
import type { EngineDeps } from "./deps.ts";
import { growthBy } from "./hot-executions.ts";
import type { Seed } from "./ids.ts";
import type { Lanes } from "./lanes.ts";
import { fetchLookups } from "./lookups.ts";
import { mergeClaims } from "./merge-claims.ts";
import type { Outbox } from "./outbox.ts";
import type { Retries } from "./retries.ts";
import { newSubmission, type Lane, type Submission } from "./submission.ts";

/** From so many lost races on, each command is decided in a group of its own. */
const CONFLICTS_TOGETHER_MAX = 2;

export interface OutcomePorts {
  readonly deps: EngineDeps;
  readonly lanes: Lanes;
  readonly outbox: Outbox;
  readonly retries: Retries;
  readonly seeds: () => Seed;
  readonly wake: () => void;
  readonly committed: (workflowId: string) => void;
}

/** What follows from a commit: memory is brought up to date, callers are answered, and what lost is decided again. */
export class Outcomes {
  readonly #ports: OutcomePorts;

  constructor(ports: OutcomePorts) {
    this.#ports = ports;
  }

  conclude(decided: Decided, outcome: CommitOutcome | undefined): void {
    switch (outcome?.type) {
      case "committed":
        this.#committed(decided, outcome);
        return;
      case "conflict":
        this.#conflict(decided.lane);
        return;
      case "duplicate-key":
        this.#duplicateKey(decided.lane, outcome.holder);
        return;
      case "refused":
        this.failed(decided.lane, new Error(`the store refused it: ${outcome.message}`));
        return;
      case undefined:
        this.failed(decided.lane, new Error("the store gave no outcome"));
    }
  }

  #committed(
    { lane, result, group }: Decided,
    stored: Extract<CommitOutcome, { type: "committed" }>,
  ): void {
    const { changeSet, decisions } = result;
    if (changeSet !== undefined) this.#apply(lane, changeSet, stored.claims);
    const causes = causesOf(lane.taken, decisions);
    const messages = messagesOf(group);
    if (messages.length > 0) {
      for (const answer of causes) answer.consequencesBegin(messages.length);
      this.#ports.outbox.send(lane.workflowId, messages, { rowIds: stored.outboxIds, causes });
    }
    const again = this.#undecided(lane, decisions);
    lane.isUnfinished = lane.execution !== undefined && (result.more || result.lookups.length > 0);
    lane.barrenRounds =
      changeSet === undefined && result.lookups.length > 0 ? lane.barrenRounds + 1 : 0;
    if (lane.isUnfinished && causes.length > 0) again.push(this.#continueFor(causes));
    lane.taken.forEach((submission, n) => {
      const decision = decisions[n];
      if (decision !== undefined && decision.type !== "lookup")
        this.#ended(lane, submission, decision);
    });
    settleWaiting(lane);
    if (changeSet !== undefined) this.#ports.committed(lane.workflowId);
    if (result.lookups.length > 0) {
      void this.#lookUp(lane, result.lookups, again);
      return;
    }
    lane.fetched = undefined;
    this.#release(lane, again);
  }

  /** The decision failed by an assertion, or the store will not have it: whoever is at fault is found, and told. */
  failed(lane: Lane, error: unknown): void {
    const [only, ...others] = lane.taken;
    if (only !== undefined && others.length === 0) {
      this.#blame(lane, only, error);
      this.#release(lane, []);
      return;
    }
    for (const submission of lane.taken) submission.alone = true;
    this.#release(lane, lane.taken);
  }

  /** The database is away, or has answered what we do not understand: nothing is known to have happened. */
  unavailable(lane: Lane, error: unknown): void {
    this.#ports.lanes.forget(lane);
    const said = this.#asAppError(error);
    this.#giveUp(lane, lane.taken, said);
    this.#release(lane, []);
  }

  /** Nothing is worked on in this lane any more; what is to be decided again goes first. */
  #release(lane: Lane, again: readonly Submission[]): void {
    const { lanes } = this.#ports;
    const isCovered =
      again.length > 0 || lane.pending.length > 0 || lane.delayed.has(lane.workflowId);
    lanes.putBack(lane, lane.isUnfinished && !isCovered ? [this.#continueFor([])] : again);
    lanes.release(lane);
  }

  #apply(lane: Lane, changeSet: ChangeSet, claims: readonly Claim[]): void {
    const { lanes } = this.#ports;
    const { execution } = lane;
    // What was evaluated has been used; a long loop would pile up results.
    lane.fetched?.evaluations.clear();
    if (changeSet.removed !== undefined) {
      lanes.learn(lane, undefined);
    } else if (execution === undefined) {
      lanes.learn(lane, executionFrom(changeSet));
    } else {
      lanes.grow(lane, growthBy(execution, changeSet));
      applyChanges(execution, changeSet);
      mergeClaims(execution, changeSet, claims);
    }
  }

  /** Those that could not be decided yet, in order. */
  #undecided(lane: Lane, decisions: readonly Decision[]): Submission[] {
    const undecided: Submission[] = [];
    lane.taken.forEach((submission, n) => {
      if (decisions[n]?.type === "lookup") undecided.push(submission);
    });
    return undecided;
  }

  #continueFor(causes: readonly Answer[]): Submission {
    for (const answer of causes) answer.consequencesBegin(1);
    return newSubmission(
      { type: "continue" },
      { type: "continue" },
      { seed: this.#ports.seeds(), causes },
    );
  }

  #ended(
    lane: Lane,
    submission: Submission,
    decision: Exclude<Decision, { type: "lookup" }>,
  ): void {
    const { origin, causes, command } = submission;
    const { clock, metrics } = this.#ports.deps;
    metrics.decided(command.type, decision.type);
    for (const answer of causes) answer.consequenceEnded();
    if (origin.type !== "caller") origin.done?.();
    else if (decision.type === "accept") origin.answer.accepted(decision, lane, clock);
    else origin.answer.give(decision);
  }

  async #lookUp(
    lane: Lane,
    lookups: readonly Lookup[],
    again: readonly Submission[],
  ): Promise<void> {
    const { deps, lanes, wake } = this.#ports;
    const waiting = again.length > 0 ? again : [this.#continueFor([])];
    let next: readonly Submission[] = [];
    try {
      const [first, ...others] = waiting;
      if (first !== undefined && lane.barrenRounds > deps.limits.lookupRoundsMax) {
        lane.barrenRounds = 0;
        this.#blame(lane, first, new Error("it asks for more and more"));
        next = others;
      } else if (this.#isAskedAgain(lane, lookups)) {
        lanes.forget(lane);
        next = waiting;
      } else {
        lanes.grow(lane, await fetchLookups(lane, lookups, deps));
        next = waiting;
      }
    } catch (error) {
      this.#giveUp(lane, waiting, this.#asAppError(error));
    }
    this.#release(lane, next);
    wake();
  }

  /** What was fetched did not help: the attempts are of a later version than what is in memory of the execution. */
  #isAskedAgain(lane: Lane, lookups: readonly Lookup[]): boolean {
    const asked = JSON.stringify(lookups);
    const isAgain = lane.barrenRounds > 1 && lane.askedLast === asked;
    lane.askedLast = isAgain ? undefined : asked;
    return isAgain;
  }

  #conflict(lane: Lane): void {
    const { deps, lanes } = this.#ports;
    deps.metrics.conflict();
    lanes.forget(lane);
    const again: Submission[] = [];
    for (const submission of lane.taken) {
      submission.conflicts++;
      submission.alone ||= submission.conflicts > CONFLICTS_TOGETHER_MAX;
      if (submission.conflicts < deps.limits.commitAttemptsMax) again.push(submission);
      else this.#exhausted(lane, submission);
    }
    this.#release(lane, again);
  }

  #exhausted(lane: Lane, submission: Submission): void {
    const message = `workflow ${lane.workflowId} is changed by others all the time`;
    this.#giveUp(lane, [submission], new AppError("STORE_CONFLICT", message));
    const { origin } = submission;
    if (origin.type === "outbox") void this.#checkRow(lane, submission, origin.rowId);
  }

  /** An internal command that never wins may have been decided already: then its row is gone, and so is it. */
  async #checkRow(lane: Lane, submission: Submission, rowId: number): Promise<void> {
    const { outbox, retries, deps } = this.#ports;
    const isThere = await outbox.hasRow(rowId).catch(() => true);
    const { workflowId } = lane;
    if (isThere) {
      deps.log.warn(
        { workflowId, command: submission.command.type },
        "an internal command loses every race",
      );
      return;
    }
    retries.drop(lane, submission);
    for (const answer of submission.causes) answer.consequenceEnded();
  }

  #duplicateKey(lane: Lane, holder: string): void {
    const [only, ...others] = lane.taken;
    if (only === undefined || others.length > 0) {
      this.failed(lane, new Error("an idempotency key is taken"));
      return;
    }
    const { command, origin } = only;
    const idempotency = "idempotency" in command ? command.idempotency : undefined;
    if (idempotency === undefined) {
      this.failed(lane, new Error("the store says that a key is taken that was not asked for"));
    } else if (idempotency.strategy === "RETURN_EXISTING" && origin.type === "caller") {
      this.#ended(lane, only, { type: "accept", workflowId: holder });
      this.#release(lane, []);
    } else if (idempotency.strategy === "FAIL_ON_RUNNING") {
      void this.#replaceIfEnded(lane, only, { idempotency, holder });
    } else {
      this.#refuseKey(lane, only, { idempotency, holder });
    }
  }

  async #replaceIfEnded(lane: Lane, submission: Submission, taken: TakenKey): Promise<void> {
    const { lanes, deps, wake } = this.#ports;
    try {
      const inMemory = lanes.find(taken.holder)?.execution;
      const [holder] =
        inMemory === undefined ? await deps.store.loadExecutions([taken.holder]) : [inMemory];
      if (holder === undefined || isTerminalWorkflow(holder.workflow.status)) {
        this.#replace(lane, submission, taken);
      } else {
        this.#refuseKey(lane, submission, taken);
      }
    } catch (error) {
      this.#giveUp(lane, [submission], this.#asAppError(error));
      this.#release(lane, []);
    }
    wake();
  }

  #replace(lane: Lane, submission: Submission, { idempotency, holder }: TakenKey): void {
    const { command } = submission;
    submission.conflicts++;
    if (submission.conflicts >= this.#ports.deps.limits.commitAttemptsMax) {
      this.#refuseKey(lane, submission, { idempotency, holder });
      return;
    }
    if (command.type === "start-workflow" || command.type === "start-child") {
      submission.command = { ...command, idempotency: { ...idempotency, replaces: holder } };
    }
    this.#release(lane, [submission]);
  }

  #refuseKey(lane: Lane, submission: Submission, { idempotency, holder }: TakenKey): void {
    const message = `idempotency key ${idempotency.key} is taken by workflow ${holder}`;
    if (submission.origin.type === "outbox") {
      submission.refusal = message;
      submission.alone = true;
      this.#release(lane, [submission]);
      return;
    }
    this.#giveUp(lane, [submission], new AppError("IDEMPOTENCY_KEY_TAKEN", message));
    this.#release(lane, []);
  }

  /** It is this one's fault, and so it is ours: a caller is answered 500, anything else is tried again later. */
  #blame(lane: Lane, submission: Submission, error: unknown): void {
    const { log, metrics } = this.#ports.deps;
    const { command } = submission;
    const { workflowId } = lane;
    metrics.failed(command.type);
    log.error(
      { err: error, workflowId, command: command.type, failures: submission.failures },
      "a command failed",
    );
    const said = new AppError(
      "INTERNAL",
      `${command.type} of workflow ${workflowId} failed by a defect of the server`,
    );
    this.#giveUp(lane, [submission], said);
  }

  /** Callers are told; deadlines are repeated by the store; the others are tried again later, in order. */
  #giveUp(lane: Lane, submissions: readonly Submission[], said: AppError): void {
    const later: Submission[] = [];
    for (const submission of submissions) {
      const { origin } = submission;
      if (origin.type === "caller") origin.answer.fail(said);
      else if (origin.type === "deadline") origin.done();
      else later.push(submission);
    }
    if (later.length > 0) this.#ports.retries.delay(lane, later, this.#ports.wake);
  }

  #asAppError(error: unknown): AppError {
    if (error instanceof AppError) return error;
    this.#ports.deps.log.error({ err: error }, "the store failed in a way that it should not");
    return new AppError("INTERNAL", "the server failed to read or write its database", {
      cause: error,
    });
  }
}

interface TakenKey {
  readonly idempotency: Idempotency;
  readonly holder: string;
}

function messagesOf(group: CommitGroup | undefined): readonly OutboxMessage[] {
  if (group === undefined) return [];
  return group.changeSet === undefined ? group.outbox : group.changeSet.outbox;
}

const NO_CAUSES: readonly Answer[] = [];

/** The answers that wait for whatever follows from these commands. */
function causesOf(taken: readonly Submission[], decisions: readonly Decision[]): readonly Answer[] {
  let causes: Set<Answer> | undefined;
  taken.forEach((submission, n) => {
    const decision = decisions[n]?.type;
    if (decision === undefined || decision === "lookup") return;
    const { origin } = submission;
    if (
      origin.type === "caller" &&
      decision === "accept" &&
      origin.answer.settle === "consequences"
    ) {
      causes ??= new Set();
      causes.add(origin.answer);
    }
    for (const answer of submission.causes) {
      if (!answer.isOver) (causes ??= new Set()).add(answer);
    }
  });
  return causes === undefined ? NO_CAUSES : [...causes];
}
