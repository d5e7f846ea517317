import { QUEUED_SYSTEM_TYPES } from "@ostinato/core";

import type { Engine } from "../engine/engine.ts";
import { runAttempt } from "./run-attempt.ts";
import type { Log, SystemTaskExecutor } from "./system-task.ts";

/*
 *   queue of the type ──poll──► pool: at most `concurrency` at once ──► executor ──► update-task ──► engine
 *   queue of an isolation group ──► a pool of its own, smaller
 *
 * A claim is not marked delivered before its result is stored: what a dead server was doing is offered again, and done
 * again. What a closing one has not finished is given back.
 */

export interface SystemTaskDeps {
  readonly engine: Engine;
  readonly executors: readonly SystemTaskExecutor[];
  /** The value of a secret. */
  readonly findSecret: (name: string) => string | undefined;
  /** How many attempts of a type run at once; those of each isolation group, in its own pool. */
  readonly concurrencyPerType: (taskType: string) => number;
  readonly concurrencyPerGroup: number;
  /** The names of all queues that have had attempts: how the groups are found. */
  readonly queueNames: () => Iterable<string>;
  /** What the attempts name as their worker: this server. */
  readonly workerId: string;
  readonly log: Log;
}

/** Queues of isolation groups are looked for so often. */
const GROUPS_EVERY_MS = 1_000;
/** Isolation groups beyond this share no pool and wait: each one costs a pool. */
const POOLS_MAX = 500;
const POLL_MS = 60_000;
const AFTER_FAILURE_MS = 1_000;
/** What is running when the server closes has so long to end by itself. */
const CLOSE_MS_MAX = 1_000;

export interface RunningSystemTasks {
  /** Takes no more attempts, lets the running ones end for a second, and gives the others back. */
  close(): Promise<void>;
}

/** Runs the system tasks that wait in queues, until it is closed. */
export function runSystemTasks(deps: SystemTaskDeps): RunningSystemTasks {
  const pools = new Map<string, Pool>();
  const addPool = (executor: SystemTaskExecutor, queue: string, size: number): void => {
    if (pools.has(queue) || pools.size >= POOLS_MAX) return;
    const pool = new Pool(deps, { executor, queue, size });
    pools.set(queue, pool);
    void pool.run();
  };
  for (const executor of deps.executors) {
    const { taskType } = executor;
    addPool(executor, taskType, deps.concurrencyPerType(taskType));
  }
  const findGroups = (): void => {
    for (const queue of deps.queueNames()) {
      const [taskType = ""] = queue.split("@", 1);
      if (taskType === queue || !QUEUED_SYSTEM_TYPES.has(taskType)) continue;
      const executor = deps.executors.find((candidate) => candidate.taskType === taskType);
      if (executor !== undefined) addPool(executor, queue, deps.concurrencyPerGroup);
    }
  };
  findGroups();
  const timer = setInterval(findGroups, GROUPS_EVERY_MS);
  timer.unref();
  return {
    async close() {
      clearInterval(timer);
      await Promise.all([...pools.values()].map((pool) => pool.close()));
      await Promise.all(deps.executors.map(async (executor) => executor.close?.()));
    },
  };
}

interface PoolParts {
  readonly executor: SystemTaskExecutor;
  readonly queue: string;
  readonly size: number;
}

/** Takes attempts of one queue and runs them, so many at once. */
class Pool {
  readonly #deps: SystemTaskDeps;
  readonly #parts: PoolParts;
  readonly #running = new Set<Promise<void>>();
  /** Aborted when nothing more is to be taken, and when what is running has to end. */
  readonly #closing = new AbortController();
  readonly #ending = new AbortController();
  #onSlot: (() => void) | undefined;

  constructor(deps: SystemTaskDeps, parts: PoolParts) {
    this.#deps = deps;
    this.#parts = parts;
  }

  async run(): Promise<void> {
    const { engine, workerId, log } = this.#deps;
    const { executor, queue, size } = this.#parts;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      if (this.#running.size >= size) {
        await new Promise<void>((resolve) => {
          this.#onSlot = resolve;
        });
        continue;
      }
      try {
        const count = size - this.#running.size;
        const poll = { taskType: queue, count, timeoutMs: POLL_MS, workerId, byServer: true };
        const claims = await engine.poll({ ...poll, signal });
        for (const claim of claims) {
          this.#begin(
            runAttempt({ deps: this.#deps, executor, claim, signal: this.#ending.signal }),
          );
        }
      } catch (error) {
        log.warn({ err: error, queue }, "system tasks could not be claimed");
        await pause(AFTER_FAILURE_MS, signal);
      }
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#onSlot?.();
    if (this.#running.size === 0) return;
    const timer = setTimeout(() => this.#ending.abort(), CLOSE_MS_MAX);
    await Promise.all(this.#running);
    clearTimeout(timer);
  }

  #begin(attempt: Promise<void>): void {
    this.#running.add(attempt);
    void attempt.finally(() => {
      this.#running.delete(attempt);
      this.#onSlot?.();
      this.#onSlot = undefined;
    });
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    }
    signal.addEventListener("abort", end, { once: true });
  });
}
