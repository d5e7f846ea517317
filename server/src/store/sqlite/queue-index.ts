import type { Limits } from "@ostinato/core";

import { PRIORITY_HEAD_START_MS, type QueueSize } from "../store.ts";
import { SlotHeap } from "./heap.ts";
import { isRateLimited, LimitState } from "./limits.ts";

/**
 * The queues in memory: which attempts are ready, delayed or claimed, and what their limits allow. Nothing in here is
 * the truth: every change of it is confirmed by the row's version in the writer's transaction.
 *
 *              readyAt comes                    claim (tentative)           confirm
 *   ┌─ DELAYED ─────────────► READY in its lane ─────────────────► CLAIMED ─────────► CLAIMED
 *   │                              ▲   undo, or the claim failed      │
 *   put                            └──────────────────────────────────┘        drop: from anywhere to FREE
 *
 * A lane holds the ready attempts of one queue that have the same limits, by rank (priority and `readyAt`) and age. A claim takes
 * the best head of those lanes whose limits allow one more, so what is over its limit stays where it is and blocks
 * nobody else. An attempt is a slot: an index into plain arrays of numbers (about 130 bytes with its heaps and map
 * entry).
 */
export class QueueIndex {
  readonly #slots = new Map<number, number>();
  readonly #free: number[] = [];
  readonly #keys: number[] = [];
  readonly #versions: number[] = [];
  readonly #readyAts: number[] = [];
  readonly #ranks: number[] = [];
  readonly #states: number[] = [];
  readonly #lanes: (Lane | undefined)[] = [];
  readonly #positions: number[] = [];
  readonly #delayed = new SlotHeap(this.#positions, (a, b) => this.#readyAt(a) < this.#readyAt(b));

  readonly #queues = new Map<string, Queue>();
  readonly #limits = new Map<string, SharedLimit>();
  /** Lanes that a claim found shut by their rate, and when they open. */
  readonly #shut = new Map<Lane, number>();
  #available = new Set<string>();

  /** Puts an attempt in, in place of what it has here. `version` is its `claimVersion`. */
  put(key: number, version: number, entry: IndexEntry): void {
    const slot = this.#slots.get(key) ?? this.#add(key);
    this.#leave(slot);
    this.#versions[slot] = version;
    this.#readyAts[slot] = entry.readyAt;
    this.#ranks[slot] = entry.readyAt - entry.priority * PRIORITY_HEAD_START_MS;
    const lane = this.#laneOf(entry);
    this.#lanes[slot] = lane;
    lane.queue.count++;
    if (entry.claimed === true) this.#hold(slot, lane);
    else this.#wait(slot);
  }

  drop(key: number): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    this.#leave(slot);
    this.#slots.delete(key);
    this.#free.push(slot);
  }

  /** The holder's heartbeat has moved the version on. */
  setVersion(key: number, version: number): void {
    const slot = this.#slots.get(key);
    if (slot !== undefined) this.#versions[slot] = version;
  }

  isAt(key: number, version: number): boolean {
    const slot = this.#slots.get(key);
    return slot !== undefined && this.#versions[slot] === version;
  }

  /** Takes the best ready attempt whose limits allow it, under a new version; it is claimed from now on. */
  claim(queueName: string, now: number, version: number): IndexClaim | undefined {
    const queue = this.#queues.get(queueName);
    if (queue === undefined) return undefined;
    this.advance(now);
    const slot = this.#bestOf(queue, now);
    const lane = slot === undefined ? undefined : this.#lanes[slot];
    if (slot === undefined || lane === undefined) return undefined;
    const seen = this.#versions[slot] ?? 0;
    this.#versions[slot] = version;
    lane.ready.remove(slot);
    this.#hold(slot, lane);
    const grant = this.#grant(lane, now, version);
    return { key: this.#keys[slot] ?? 0, seen, version, grant };
  }

  /** Makes a claimed attempt ready again under another version, and gives its slot and grant back. */
  release(key: number, seen: number, version: number): void {
    const slot = this.#slots.get(key);
    if (slot === undefined || this.#versions[slot] !== seen || this.#states[slot] !== CLAIMED)
      return;
    const lane = this.#lanes[slot];
    if (lane === undefined) return;
    lane.queue.claimed--;
    this.#freeSlot(lane);
    this.#versions[slot] = version;
    this.#wait(slot);
  }

  /** Takes a rate grant back. */
  revoke(limitName: string, version: number): void {
    const state = this.#limits.get(limitName);
    if (state === undefined) return;
    state.revoke(version);
    this.#announce(state);
  }

  /** As read at the start. */
  restoreGrant(limitName: string, version: number, at: number): void {
    this.#limitState(limitName).grant(version, at, 0);
  }

  /** The name of the rate limit that an attempt's claims count against, empty for none. */
  grantNameOf(key: number): string {
    const slot = this.#slots.get(key);
    const limits = slot === undefined ? undefined : this.#lanes[slot]?.limits;
    return limits !== undefined && isRateLimited(limits) ? limits.taskDefName : "";
  }

  /** Grants that no window holds any more, of one limit. */
  expire(limitName: string, now: number): number[] {
    return this.#limits.get(limitName)?.expire(now) ?? [];
  }

  /** Makes what is due ready, and opens what its rate had shut. */
  advance(now: number): void {
    for (
      let slot = this.#delayed.peek();
      slot !== undefined && this.#readyAt(slot) <= now;
      slot = this.#delayed.peek()
    ) {
      this.#delayed.remove(slot);
      this.#offer(slot);
    }
    for (const [lane, opensAt] of this.#shut) {
      if (opensAt > now) continue;
      this.#shut.delete(lane);
      if (lane.ready.size > 0) this.#available.add(lane.queue.name);
    }
  }

  /** When `advance` has something to do, Infinity when never. */
  get next(): number {
    const slot = this.#delayed.peek();
    let next = slot === undefined ? Infinity : this.#readyAt(slot);
    for (const opensAt of this.#shut.values()) next = Math.min(next, opensAt);
    return next;
  }

  get hasAvailable(): boolean {
    return this.#available.size > 0;
  }

  /** Queues where something may have become available since the last call. */
  takeAvailable(): string[] {
    if (this.#available.size === 0) return [];
    const queues = [...this.#available];
    this.#available = new Set();
    return queues;
  }

  sizes(): Map<string, QueueSize> {
    const sizes = new Map<string, QueueSize>();
    for (const [name, { count, claimed }] of this.#queues) {
      sizes.set(name, { waiting: count - claimed, claimed });
    }
    return sizes;
  }

  #bestOf(queue: Queue, now: number): number | undefined {
    let best: number | undefined;
    for (const lane of queue.lanes.values()) {
      const head = lane.ready.peek();
      if (head === undefined || (best !== undefined && !this.#isBefore(head, best))) continue;
      const opensAt = lane.state === undefined ? now : lane.state.opensAt(lane.limits, now);
      if (opensAt <= now) best = head;
      else if (opensAt !== Infinity) this.#shut.set(lane, opensAt);
    }
    return best;
  }

  /** Takes a slot out of wherever it is. */
  #leave(slot: number): void {
    const lane = this.#lanes[slot];
    if (lane === undefined) return;
    const state = this.#states[slot];
    if (state === DELAYED) this.#delayed.remove(slot);
    else if (state === READY) lane.ready.remove(slot);
    else {
      lane.queue.claimed--;
      this.#freeSlot(lane);
    }
    lane.queue.count--;
    lane.count--;
    this.#lanes[slot] = undefined;
    if (lane.count > 0) return;
    lane.queue.lanes.delete(lane.id);
    lane.state?.lanes.delete(lane);
    this.#shut.delete(lane);
  }

  /** An unclaimed attempt waits for its instant first; `advance` moves it on. */
  #wait(slot: number): void {
    this.#states[slot] = DELAYED;
    this.#delayed.push(slot);
  }

  #offer(slot: number): void {
    const lane = this.#lanes[slot];
    if (lane === undefined) return;
    this.#states[slot] = READY;
    lane.ready.push(slot);
    this.#available.add(lane.queue.name);
  }

  #hold(slot: number, lane: Lane): void {
    this.#states[slot] = CLAIMED;
    lane.queue.claimed++;
    if (lane.state !== undefined) lane.state.claimed++;
  }

  #freeSlot(lane: Lane): void {
    if (lane.state === undefined) return;
    lane.state.claimed--;
    this.#announce(lane.state);
  }

  #grant(lane: Lane, now: number, version: number): string {
    if (lane.state === undefined || !isRateLimited(lane.limits)) return "";
    lane.state.grant(version, now, lane.limits.rateLimitWindowMs ?? 0);
    return lane.state.name;
  }

  #announce(state: SharedLimit): void {
    for (const lane of state.lanes) {
      if (lane.ready.size > 0) this.#available.add(lane.queue.name);
    }
  }

  #laneOf({ queue: queueName, limits }: IndexEntry): Lane {
    const queue = this.#queueOf(queueName);
    const id = limits === undefined ? "" : laneId(limits);
    let lane = queue.lanes.get(id);
    if (lane === undefined) {
      const ready = new SlotHeap(this.#positions, (a, b) => this.#isBefore(a, b));
      const state = limits === undefined ? undefined : this.#limitState(limits.taskDefName);
      lane = { id, queue, ready, count: 0, limits: limits ?? NO_LIMITS, state };
      queue.lanes.set(id, lane);
      state?.lanes.add(lane);
      state?.noteWindow(lane.limits);
    }
    lane.count++;
    return lane;
  }

  #queueOf(name: string): Queue {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = { name, lanes: new Map(), count: 0, claimed: 0 };
      this.#queues.set(name, queue);
    }
    return queue;
  }

  #limitState(name: string): SharedLimit {
    let state = this.#limits.get(name);
    if (state === undefined) {
      state = new SharedLimit(name);
      this.#limits.set(name, state);
    }
    return state;
  }

  #add(key: number): number {
    const slot = this.#free.pop() ?? this.#keys.length;
    this.#keys[slot] = key;
    this.#slots.set(key, slot);
    this.#positions[slot] = 0;
    return slot;
  }

  #isBefore(a: number, b: number): boolean {
    const byRank = (this.#ranks[a] ?? 0) - (this.#ranks[b] ?? 0);
    return byRank !== 0 ? byRank < 0 : (this.#keys[a] ?? 0) < (this.#keys[b] ?? 0);
  }

  #readyAt(slot: number): number {
    return this.#readyAts[slot] ?? 0;
  }
}

export interface IndexEntry {
  readonly queue: string;
  readonly priority: number;
  readonly readyAt: number;
  readonly limits?: Limits | undefined;
  readonly claimed?: boolean;
}

export interface IndexClaim {
  readonly key: number;
  /** The version that must still be there for the claim to hold. */
  readonly seen: number;
  readonly version: number;
  /** Whose rate limit it counts against; empty for none. */
  readonly grant: string;
}

interface Queue {
  readonly name: string;
  readonly lanes: Map<string, Lane>;
  count: number;
  claimed: number;
}

interface Lane {
  readonly id: string;
  readonly queue: Queue;
  readonly ready: SlotHeap;
  /** Attempts of this lane, wherever they are. */
  count: number;
  readonly limits: Limits;
  readonly state: SharedLimit | undefined;
}

class SharedLimit extends LimitState {
  readonly lanes = new Set<Lane>();
}

const NO_LIMITS: Limits = { taskDefName: "" };
const DELAYED = 0;
const READY = 1;
const CLAIMED = 2;

function laneId(limits: Limits): string {
  const {
    taskDefName,
    concurrentExecLimit = 0,
    rateLimitPerFrequency = 0,
    rateLimitWindowMs = 0,
  } = limits;
  return `${concurrentExecLimit}/${rateLimitPerFrequency}/${rateLimitWindowMs}/${taskDefName}`;
}
