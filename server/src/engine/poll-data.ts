import type { PollData, Store } from "../store/store.ts";
import type { Clock } from "./clock.ts";
import type { Log } from "./deps.ts";

/** A (type, domain) that was silent for longer is written before its poll is answered. */
const SILENT_MS = 5_000;
/** Later polls are written together so often. */
const WRITE_INTERVAL_MS = 2_000;

export interface PollDataDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Who polled what last: it decides which domains are active. The first poll after a silence is durable before it is
 * answered, so that every server resolves domains alike; the others are written behind.
 */
export class PollDataBook {
  readonly #deps: PollDataDeps;
  readonly #last = new Map<string, PollData>();
  readonly #unwritten = new Set<string>();
  #writing: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(deps: PollDataDeps) {
    this.#deps = deps;
  }

  async load(): Promise<void> {
    for (const data of await this.#deps.store.listPollData()) this.#last.set(keyOf(data), data);
  }

  /** Notes a poll. The answer has to wait for the promise, if there is one; it never rejects. */
  record(data: PollData): Promise<void> | undefined {
    const key = keyOf(data);
    const before = this.#last.get(key);
    this.#last.set(key, data);
    this.#unwritten.add(key);
    if (before === undefined || data.lastPollTime - before.lastPollTime > SILENT_MS)
      return this.#write();
    const { clock } = this.#deps;
    this.#cancelTimer ??= clock.setTimer(clock.now() + WRITE_INTERVAL_MS, () => {
      this.#cancelTimer = undefined;
      void this.#write();
    });
    return undefined;
  }

  /** Whether somebody polled this since that instant, epoch ms. */
  isActive(queue: { readonly taskType: string; readonly domain: string }, since: number): boolean {
    const data = this.#last.get(keyOf(queue));
    return data !== undefined && data.lastPollTime > since;
  }

  async list(): Promise<PollData[]> {
    await this.#write();
    return this.#deps.store.listPollData();
  }

  async close(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    await this.#write();
  }

  /** Polls that come while one write is under way share the next. */
  #write(): Promise<void> {
    const next = (this.#writing ?? Promise.resolve()).then(() => this.#writeUnwritten());
    this.#writing = next;
    return next;
  }

  async #writeUnwritten(): Promise<void> {
    if (this.#unwritten.size === 0) return;
    const polls: PollData[] = [];
    for (const key of this.#unwritten) {
      const data = this.#last.get(key);
      if (data !== undefined) polls.push(data);
    }
    this.#unwritten.clear();
    try {
      await this.#deps.store.putPollData(polls);
    } catch (error) {
      // Safe to drop: whoever polled has it in this process's memory, and writes it again with the next poll.
      this.#deps.log.warn({ err: error }, "poll data could not be written");
    }
  }
}

function keyOf(data: { readonly taskType: string; readonly domain?: string | undefined }): string {
  return data.domain === undefined ? data.taskType : `${data.domain}\n${data.taskType}`;
}
