import { QUEUED_SYSTEM_TYPES } from "@ostinato/core";

import type { ClaimedTask, ClaimRef, Store } from "../store/store.ts";
import type { Clock } from "./clock.ts";
import type { EngineMetrics, Log } from "./deps.ts";
import type { PollRequest } from "./engine.ts";
import type { GiveBack } from "./give-back.ts";
import type { PollDataBook } from "./poll-data.ts";

export interface PollerDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: EngineMetrics;
  readonly pollData: PollDataBook;
  readonly giveBack: GiveBack;
}

/** After a claim has failed, those who wait behind it try in turn. */
const CLAIM_AGAIN_MS = 1_000;

/** One caller who waits for attempts of a queue. */
interface Poller {
  readonly count: number;
  readonly workerId: string | undefined;
  readonly resolve: (tasks: ClaimedTask[]) => void;
  readonly reject: (error: unknown) => void;
  isClaiming: boolean;
  /** Its time is over, or it has gone: it takes what the claim under way brings, and waits no longer. */
  isExpired: boolean;
  /** Nobody hears the answer: what was claimed is given back. */
  isGone: boolean;
}

/** The callers at one queue, in the order in which they came. */
interface Line {
  readonly queue: string;
  readonly pollers: Set<Poller>;
  isClaiming: boolean;
  /** Attempts came while a claim was under way: it may have missed them. */
  isStale: boolean;
}

/**
 * Long polls wait in memory, first come, first served; an idle one never touches the database. Each claims for itself
 * only what it asked for, so never more is claimed than callers now wait for; those that can be served together claim
 * at once, and the store makes one transaction of it.
 */
export class Pollers {
  readonly #deps: PollerDeps;
  readonly #lines = new Map<string, Line>();
  #isClosed = false;

  constructor(deps: PollerDeps) {
    this.#deps = deps;
  }

  /** Source: `Engine.poll`. */
  async poll(request: PollRequest): Promise<ClaimedTask[]> {
    const { taskType, domain, workerId } = request;
    const { clock, pollData, metrics } = this.#deps;
    const lastPollTime = clock.now();
    const byServer = request.byServer === true;
    const written = byServer
      ? undefined
      : pollData.record({
          taskType,
          ...(domain === undefined ? {} : { domain }),
          ...(workerId === undefined ? {} : { workerId }),
          lastPollTime,
        });
    if (this.#isClosed || request.signal?.aborted === true) return [];
    if (!byServer && isServersOwn(taskType)) return [];
    const queue = domain === undefined ? taskType : `${domain}:${taskType}`;
    const tasks = await this.#wait(queue, request);
    if (written !== undefined) await written;
    metrics.polled(queue, tasks.length);
    return tasks;
  }

  /** Attempts of these queues may have become available. */
  readonly wake = (queues: readonly string[]): void => {
    for (const queue of queues) {
      const line = this.#lines.get(queue);
      if (line !== undefined) this.#serve(line);
    }
  };

  /** Sends everyone who waits away with nothing. */
  close(): void {
    this.#isClosed = true;
    for (const line of this.#lines.values()) {
      for (const poller of line.pollers) this.#expire(line, poller);
    }
  }

  #wait(
    queue: string,
    { count, workerId, timeoutMs, signal }: PollRequest,
  ): Promise<ClaimedTask[]> {
    return new Promise((resolve, reject) => {
      const line = this.#lineOf(queue);
      const { clock } = this.#deps;
      let cancelTimer: (() => void) | undefined;
      const onAbort = (): void => {
        poller.isGone = true;
        this.#expire(line, poller);
      };
      const end = (): void => {
        cancelTimer?.();
        signal?.removeEventListener("abort", onAbort);
      };
      const poller: Poller = {
        count,
        workerId,
        resolve: (tasks) => {
          end();
          resolve(tasks);
        },
        reject: (error) => {
          end();
          reject(error);
        },
        isClaiming: false,
        isExpired: timeoutMs <= 0,
        isGone: false,
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      if (timeoutMs > 0) {
        cancelTimer = clock.setTimer(clock.now() + timeoutMs, () => {
          this.#expire(line, poller);
        });
      }
      this.#join(line, poller);
    });
  }

  #join(line: Line, poller: Poller): void {
    const isFirst = line.pollers.size === 0;
    line.pollers.add(poller);
    if (line.isClaiming) return;
    if (isFirst) this.#serve(line);
    // Others wait, so there was nothing to claim, and nobody has told of anything since.
    else if (poller.isExpired) this.#expire(line, poller);
  }

  #lineOf(queue: string): Line {
    const found = this.#lines.get(queue);
    if (found !== undefined) return found;
    const line: Line = { queue, pollers: new Set(), isClaiming: false, isStale: false };
    this.#lines.set(queue, line);
    return line;
  }

  #expire(line: Line, poller: Poller): void {
    poller.isExpired = true;
    if (poller.isClaiming) return;
    this.#leave(line, poller);
    poller.resolve([]);
  }

  #leave(line: Line, poller: Poller): void {
    line.pollers.delete(poller);
    if (line.pollers.size === 0 && !line.isClaiming) this.#lines.delete(line.queue);
  }

  /** Claims for those in front, for as many of them as there is work. */
  #serve(line: Line): void {
    if (line.isClaiming) {
      line.isStale = true;
      return;
    }
    const claiming = this.#nextOf(line);
    if (claiming.length === 0) return;
    line.isClaiming = true;
    line.isStale = false;
    void Promise.all(claiming.map((poller) => this.#claim(line, poller))).then((claims) => {
      line.isClaiming = false;
      if (line.isStale || claims.every((claim) => claim === "full")) {
        this.#serve(line);
      } else {
        if (claims.includes("failed")) this.#serveLater(line);
        for (const poller of line.pollers) if (poller.isExpired) this.#expire(line, poller);
      }
      if (line.pollers.size === 0 && !line.isClaiming) this.#lines.delete(line.queue);
    });
  }

  #nextOf(line: Line): Poller[] {
    // The first one always tries: the queue's size may lag behind what other servers have put there.
    if (line.pollers.size <= 1) return [...line.pollers];
    let room = this.#deps.store.queueSizes().get(line.queue)?.waiting ?? 0;
    const next: Poller[] = [];
    for (const poller of line.pollers) {
      if (next.length > 0 && room <= 0) break;
      next.push(poller);
      room -= poller.count;
    }
    return next;
  }

  /** Nobody tells those who wait of what a failed claim has left there. */
  #serveLater(line: Line): void {
    if (line.pollers.size === 0) return;
    const { clock } = this.#deps;
    clock.setTimer(clock.now() + CLAIM_AGAIN_MS, () => {
      if (line.pollers.size > 0) this.#serve(line);
    });
  }

  /** `full`: the poller got all that it asked for, so that there may be more. Never rejects. */
  async #claim(line: Line, poller: Poller): Promise<"full" | "partial" | "failed"> {
    const { store, clock } = this.#deps;
    const { count, workerId } = poller;
    poller.isClaiming = true;
    try {
      const tasks = await store.claim({
        queue: line.queue,
        count,
        now: clock.now(),
        ...(workerId === undefined ? {} : { workerId }),
      });
      poller.isClaiming = false;
      this.#hand(line, poller, tasks);
      return tasks.length >= count ? "full" : "partial";
    } catch (error) {
      poller.isClaiming = false;
      this.#leave(line, poller);
      poller.reject(error);
      return "failed";
    }
  }

  #hand(line: Line, poller: Poller, tasks: ClaimedTask[]): void {
    if (tasks.length > 0 && poller.isGone) {
      void this.#deps.giveBack.undo(tasks.map(claimRefOf));
      this.#leave(line, poller);
      poller.resolve([]);
    } else if (tasks.length > 0 || poller.isExpired) {
      this.#leave(line, poller);
      poller.resolve(tasks);
    }
  }
}

function claimRefOf({ task, claimVersion }: ClaimedTask): ClaimRef {
  return { taskId: task.task.taskId, claimVersion };
}

/** Whether a queue, that of an isolation group too, is for the executors of the server only. */
function isServersOwn(taskType: string): boolean {
  const [base = ""] = taskType.split("@", 1);
  return QUEUED_SYSTEM_TYPES.has(base);
}
