import type { Claim, Command, DecideResult, JsonText, OutboxMessage } from "@ostinato/core";

import type { CommitGroup, CommitOutcome } from "../store/store.ts";
import type { DecisionContext } from "./decision-context.ts";
import type { EngineDeps } from "./deps.ts";
import {
  evaluatePromptly,
  evaluationsAmong,
  PROMPT_MS_MAX,
  PROMPT_ROUNDS_MAX,
} from "./prompt-evaluations.ts";
import type { Lanes } from "./lanes.ts";
import { noClaim } from "./lookups.ts";
import type { Outcomes } from "./outcomes.ts";
import type { Lane, Submission } from "./submission.ts";

/** What was decided about one execution, and how it is stored. */
export interface Decided {
  readonly lane: Lane;
  readonly result: DecideResult;
  /** `undefined`: there is nothing to store or to check. */
  readonly group: CommitGroup | undefined;
}

const NOTHING_STORED: CommitOutcome = { type: "committed", outboxIds: [], claims: [] };

export interface BatchPorts {
  readonly deps: EngineDeps;
  readonly lanes: Lanes;
  readonly context: DecisionContext;
  readonly outcomes: Outcomes;
}

/**
 * The engine's loop: take what waits, load what it concerns, decide, store it all in one transaction, answer. One batch
 * is in flight at a time, so that what comes meanwhile gathers for the next.
 */
export class BatchLoop {
  readonly #ports: BatchPorts;
  #isScheduled = false;
  #isStopped = false;
  #running: Promise<void> | undefined;

  constructor(ports: BatchPorts) {
    this.#ports = ports;
  }

  /** Something waits. The batch begins once all that arrives in this turn of the event loop is there. */
  wake(): void {
    if (this.#isScheduled || this.#isStopped || this.#running !== undefined) return;
    this.#isScheduled = true;
    this.#ports.deps.soon(() => {
      this.#isScheduled = false;
      if (this.#isStopped) return;
      const batch = this.#ports.lanes.take();
      if (batch.length > 0) this.#running = this.#run(batch);
    });
  }

  /** Begins no other batch; resolves when the one in flight is done. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  /** Never rejects. */
  async #run(batch: readonly Lane[]): Promise<void> {
    const { lanes, deps } = this.#ports;
    const startedAt = deps.clock.now();
    const commands = batch.reduce((sum, lane) => sum + lane.taken.length, 0);
    try {
      await this.#work(batch);
    } catch (error) {
      deps.log.error({ err: error }, "a batch was left half way");
    }
    this.#running = undefined;
    deps.metrics.batch(commands, batch.length, deps.clock.now() - startedAt);
    deps.metrics.hot(lanes.size, lanes.bytes);
    if (lanes.waiting > 0) this.wake();
  }

  async #work(batch: readonly Lane[]): Promise<void> {
    const { deps, context, outcomes } = this.#ports;
    let decided: readonly Decided[];
    let stored: readonly CommitOutcome[];
    try {
      const loadedNow = await this.#load(batch);
      const reading = deps.definitions.hold(hashesOf(batch));
      if (reading !== undefined) await reading;
      context.beginBatch(loadedNow.claims, textsOf(batch));
      decided = await this.#decidePromptly(batch, loadedNow.lanes);
      const groups = groupsOf(decided);
      stored = groups.length === 0 ? [] : await deps.store.commit(groups);
      if (stored.length !== groups.length)
        throw new Error("the store gave an outcome for each group");
    } catch (error) {
      for (const lane of batch) {
        if (lane.state === "busy" && lane.taken.length > 0) outcomes.unavailable(lane, error);
      }
      return;
    }
    let n = 0;
    for (const one of decided) {
      const outcome = one.group === undefined ? NOTHING_STORED : stored[n++];
      try {
        outcomes.conclude(one, outcome);
      } catch (error) {
        // A defect of ours in one execution must not leave the others of the batch without their answers.
        if (one.lane.state === "busy") outcomes.unavailable(one.lane, error);
        else
          deps.log.error(
            { err: error, workflowId: one.lane.workflowId },
            "a commit was followed up half way",
          );
      }
    }
  }

  /** Brings into memory what the batch is about. */
  async #load(
    batch: readonly Lane[],
  ): Promise<{ claims: Map<string, Claim>; lanes: ReadonlySet<Lane> }> {
    const { deps, lanes } = this.#ports;
    const cold = batch.filter((lane) => !lane.known);
    const taskIds = claimsConcerned(batch);
    const [executions, claims] = await Promise.all([
      cold.length === 0 ? [] : deps.store.loadExecutions(cold.map((lane) => lane.workflowId)),
      taskIds.length === 0 ? new Map<string, Claim>() : deps.store.loadClaims(taskIds),
    ]);
    cold.forEach((lane, n) => {
      lanes.learn(lane, executions[n]);
    });
    for (const taskId of taskIds) {
      if (!claims.has(taskId)) claims.set(taskId, noClaim(taskId));
    }
    for (const { fetched } of batch) {
      for (const [taskId, claim] of fetched?.claims ?? []) claims.set(taskId, claim);
    }
    return { claims, lanes: new Set(cold) };
  }

  /** Decides, and again with the results of scripts and queries that come at once. */
  async #decidePromptly(
    batch: readonly Lane[],
    loadedNow: ReadonlySet<Lane>,
  ): Promise<readonly Decided[]> {
    const { deps } = this.#ports;
    let decided = this.#decideAll(batch, loadedNow);
    const until = deps.clock.now() + PROMPT_MS_MAX;
    for (let round = 0; round < PROMPT_ROUNDS_MAX; round += 1) {
      const asking = decided.filter(({ result }) => evaluationsAmong(result.lookups).length > 0);
      if (asking.length === 0 || deps.clock.now() >= until) break;
      const inTime = await Promise.all(
        asking.map(({ lane, result }) =>
          evaluatePromptly(lane, evaluationsAmong(result.lookups), deps),
        ),
      );
      const again = new Set(asking.filter((_, n) => inTime[n]).map(({ lane }) => lane));
      if (again.size === 0) break;
      decided = decided.flatMap((one) =>
        again.has(one.lane) ? this.#decideAll([one.lane], loadedNow) : [one],
      );
    }
    return decided;
  }

  #decideAll(batch: readonly Lane[], loadedNow: ReadonlySet<Lane>): Decided[] {
    const decided: Decided[] = [];
    for (const lane of batch) {
      try {
        const result = this.#decide(lane);
        decided.push({ lane, result, group: groupOf(lane, result, loadedNow.has(lane)) });
      } catch (error) {
        this.#ports.outcomes.failed(lane, error);
      }
    }
    return decided;
  }

  #decide(lane: Lane): DecideResult {
    const { context, deps } = this.#ports;
    const [first] = lane.taken;
    if (first === undefined) throw new Error("a lane without commands was taken");
    if (first.refusal !== undefined) return refusedKey(first, first.refusal);
    context.beginExecution(lane.workflowId, {
      seed: first.seed,
      since: lane.execution?.workflow.updateTime ?? 0,
      evaluations: lane.fetched?.evaluations,
    });
    const commands = lane.taken.map((submission) => submission.command);
    const result = deps.decide(lane.execution, commands, context);
    check(result.decisions.length === commands.length, "there is a decision for each command");
    const { changeSet } = result;
    if (changeSet !== undefined) {
      check(
        changeSet.workflowId === lane.workflowId,
        "the changes are of the execution that was decided",
      );
      check(
        changeSet.baseVersion === (lane.execution?.version ?? 0),
        "the changes are to what was decided on",
      );
    }
    return result;
  }
}

function check(condition: boolean, claim: string): void {
  if (!condition) throw new Error(`assertion failed: ${claim}`);
}

/** The answer to a child's start whose idempotency key is taken: only the store could tell. */
function refusedKey({ command }: Submission, message: string): DecideResult {
  const outbox: OutboxMessage[] = [];
  if (command.type === "start-child") {
    const refusal = {
      type: "child-refused",
      taskId: command.parentWorkflowTaskId,
      message,
    } as const;
    outbox.push({ targetWorkflowId: command.parentWorkflowId, command: refusal });
  }
  return {
    decisions: [{ type: "reject", code: "INVALID_INPUT", message }],
    outbox,
    lookups: [],
    more: false,
  };
}

/**
 * Decisions share the group of their execution, refusals and no-ops too: they were judged on what is not yet true. If
 * nothing changes, what was in memory before is checked; what was loaded for this batch was true then.
 */
function groupOf(
  lane: Lane,
  { decisions, changeSet, outbox }: DecideResult,
  isLoadedNow: boolean,
): CommitGroup | undefined {
  const consumes: number[] = [];
  let isAnswering = false;
  lane.taken.forEach(({ origin }, n) => {
    if (decisions[n]?.type === "lookup") return;
    isAnswering = true;
    if (origin.type === "outbox") consumes.push(origin.rowId);
  });
  if (changeSet !== undefined) return { changeSet, consumes };
  const needsCheck = isAnswering && !isLoadedNow && lane.execution !== undefined;
  if (consumes.length === 0 && !needsCheck) return undefined;
  const { workflowId, execution } = lane;
  return { workflowId, baseVersion: execution?.version ?? 0, consumes, outbox };
}

function groupsOf(decided: readonly Decided[]): CommitGroup[] {
  const groups: CommitGroup[] = [];
  for (const { group } of decided) {
    if (group !== undefined) groups.push(group);
  }
  return groups;
}

/** The attempts whose claims the batch's decisions will want to see. */
function claimsConcerned(batch: readonly Lane[]): string[] {
  const taskIds: string[] = [];
  for (const lane of batch) {
    for (const { command } of lane.taken) {
      const taskId = claimConcerned(command);
      if (taskId !== undefined) taskIds.push(taskId);
    }
  }
  return taskIds;
}

function claimConcerned(command: Command): string | undefined {
  switch (command.type) {
    case "update-task":
    case "extend-lease":
    case "task-deadline":
      return command.taskId;
    default:
      return undefined;
  }
}

function hashesOf(batch: readonly Lane[]): Set<string> {
  const hashes = new Set<string>();
  for (const { execution } of batch) {
    if (execution !== undefined) hashes.add(execution.workflow.definitionHash);
  }
  return hashes;
}

function textsOf(batch: readonly Lane[]): Map<string, JsonText> {
  const texts = new Map<string, JsonText>();
  for (const { fetched } of batch) {
    for (const [workflowId, text] of fetched?.texts ?? []) texts.set(workflowId, text);
  }
  return texts;
}
