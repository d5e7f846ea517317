import type { Execution } from "@ostinato/core";

import { AppError } from "../../server/src/errors.ts";
import type {
  ClaimedTask,
  ClaimRef,
  ClaimRequest,
  CommitGroup,
  CommitOutcome,
  Store,
} from "../../server/src/store/store.ts";
import type { Clock } from "../../server/src/store/clock.ts";
import type { Coverage } from "./coverage.ts";
import type { Handouts } from "./handouts.ts";
import type { Oracle } from "./oracle.ts";
import type { Random } from "./random.ts";

/** How a run's store misbehaves: chances per call, times in ms. */
export interface FaultProfile {
  readonly latencyMs: number;
  /** The chance that a call takes `slowMs` more. */
  readonly slow: number;
  readonly slowMs: number;
  readonly unavailable: number;
  /** Per group: told to have lost a race that nobody ran. */
  readonly conflict: number;
  /** Per execution: loaded without its attempts, as if it were large. */
  readonly partial: number;
}

export const NO_FAULTS: FaultProfile = {
  latencyMs: 2,
  slow: 0,
  slowMs: 0,
  unavailable: 0,
  conflict: 0,
  partial: 0,
};

export function someFaults(random: Random): FaultProfile {
  const rarely = (max: number): number => (random.chance(0.5) ? 0 : random.next() * max);
  return {
    latencyMs: random.pick([0, 5, 20, 100]),
    slow: rarely(0.05),
    slowMs: random.pick([200, 2_000, 20_000]),
    unavailable: rarely(0.08),
    conflict: rarely(0.15),
    partial: random.pick([0, 0, 0, 0.3, 1]),
  };
}

export interface FaultPorts {
  /** Of the process that uses the store: when that dies, its timers never fire. */
  readonly clock: Clock;
  readonly random: Random;
  readonly oracle: Oracle;
  readonly handouts: Handouts;
  /** How many attempts are handed out that count against a limit, by the rows. */
  readonly countClaimed: (limitName: string) => number;
  readonly coverage: Coverage;
  /** What is in force now. */
  readonly profile: () => FaultProfile;
}

/** The chance that the checker looks at what a commit has changed. */
const STUCK_CHECKED = 0.05;

function idOf(group: CommitGroup): string {
  return group.changeSet === undefined ? group.workflowId : group.changeSet.workflowId;
}

/**
 * A store that takes its time, is away now and then, says that races were lost, and loads executions in parts. It keeps
 * the store's contract: what fails has done nothing, what has been answered is durable.
 */
export function faultyStore(inner: Store, ports: FaultPorts): Store {
  const { clock, random, oracle, handouts, coverage, profile } = ports;

  const pause = async (): Promise<void> => {
    const { latencyMs, slow, slowMs } = profile();
    let ms = latencyMs === 0 ? 0 : random.int(0, latencyMs);
    if (random.chance(slow)) {
      coverage.hit("fault:slow");
      ms += random.int(0, slowMs);
    }
    await new Promise<void>((resolve) => {
      clock.setTimer(clock.now() + ms, resolve);
    });
  };

  const via = async <T>(name: string, run: () => Promise<T>): Promise<T> => {
    await pause();
    if (random.chance(profile().unavailable)) {
      coverage.hit(`fault:${name}`);
      throw new AppError("STORE_UNAVAILABLE", "the database is away");
    }
    const answer = await run();
    if (random.chance(0.3)) await pause();
    return answer;
  };

  const checkStuck = async (workflowIds: readonly string[]): Promise<void> => {
    for (const id of workflowIds) {
      for (const { reason } of await inner.findStuck(id)) oracle.violate(`${id} is stuck: ${reason}`);
    }
  };

  const commit = async (groups: readonly CommitGroup[]): Promise<CommitOutcome[]> => {
    const isLost = groups.map(() => random.chance(profile().conflict));
    const kept = groups.filter((_, n) => isLost[n] !== true);
    const outcomes = await inner.commit(kept);
    kept.forEach((group, n) => {
      const outcome = outcomes[n];
      if (outcome !== undefined) oracle.committed(group, outcome);
    });
    if (random.chance(STUCK_CHECKED)) await checkStuck(kept.map(idOf));
    const rest = outcomes[Symbol.iterator]();
    return isLost.map((lost): CommitOutcome => {
      if (!lost) return rest.next().value ?? { type: "refused", message: "no outcome" };
      coverage.hit("fault:conflict");
      return { type: "conflict" };
    });
  };

  // The clock of the moment: a claim that took long to arrive is made when it arrives.
  const claim = async (request: ClaimRequest): Promise<ClaimedTask[]> => {
    const tasks = await inner.claim({ ...request, now: clock.now() });
    handouts.claimed(tasks, clock.now());
    for (const { task } of tasks) {
      const limits = oracle.entries.get(task.task.taskId)?.limits;
      if (limits?.concurrentExecLimit === undefined) continue;
      const claimed = ports.countClaimed(limits.taskDefName);
      coverage.hit("limit:concurrent");
      if (claimed <= limits.concurrentExecLimit) continue;
      oracle.violate(`${claimed} attempts of ${limits.taskDefName} at once`);
    }
    return tasks;
  };

  const undoClaims = async (claims: readonly ClaimRef[]): Promise<void> => {
    await inner.undoClaims(claims);
    handouts.undone(claims);
  };

  const loadExecutions = async (ids: readonly string[]): Promise<(Execution | undefined)[]> => {
    const executions = await inner.loadExecutions(ids);
    return executions.map((execution) => {
      if (execution === undefined || !random.chance(profile().partial)) return execution;
      coverage.hit("fault:partial");
      return { ...execution, tasks: new Map(), live: new Map(), absent: new Set(), complete: false };
    });
  };

  const faulty: Partial<Store> = {
    loadExecutions: (ids) => via("loadExecutions", () => loadExecutions(ids)),
    loadTasks: (id, lookup) => via("loadTasks", () => inner.loadTasks(id, lookup)),
    loadClaims: (ids) => via("loadClaims", () => inner.loadClaims(ids)),
    loadSnapshotTexts: (hashes) =>
      via("loadSnapshotTexts", () => inner.loadSnapshotTexts(hashes)),
    commit: (groups) => via("commit", () => commit(groups)),
    claim: (request) => via("claim", () => claim(request)),
    undoClaims: (claims) => via("undoClaims", () => undoClaims(claims)),
    markDelivered: (claims) => {
      handouts.markDelivered(claims, clock.now());
      inner.markDelivered(claims);
    },
    listOutbox: (afterId, count) => via("listOutbox", () => inner.listOutbox(afterId, count)),
    listAgendas: (afterKey, count) => via("listAgendas", () => inner.listAgendas(afterKey, count)),
    loadDefinitions: () => via("loadDefinitions", () => inner.loadDefinitions()),
    putPollData: (polls) => via("putPollData", () => inner.putPollData(polls)),
    listPollData: () => via("listPollData", () => inner.listPollData()),
    findWorkflow: (id) => via("findWorkflow", () => inner.findWorkflow(id)),
    listTasks: (id, page) => via("listTasks", () => inner.listTasks(id, page)),
  };
  return new Proxy(inner, {
    get(target, name) {
      const member: unknown = Reflect.get(faulty, name) ?? Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
