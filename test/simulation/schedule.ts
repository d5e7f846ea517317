import type { Random } from "./random.ts";

interface Event {
  readonly at: number;
  /** Events of one instant come in the order of chance. */
  readonly order: number;
  readonly run: () => void;
  isCancelled: boolean;
}

/** How many events one turn of the real event loop takes. */
const EVENTS_PER_TURN = 64;

/**
 * Time and the order of things. Everything that happens is an event of an instant; after each, whatever it set off
 * runs to its end (all of it waits on promises only, and those are worked off before the next event), then the clock
 * jumps to the next. Nothing depends on real time, so the same seed gives the same run.
 */
export class Schedule {
  readonly #random: Random;
  readonly #heap: Event[] = [];
  #now = 1_790_000_000_000;
  #steps = 0;
  #isStopped = false;

  constructor(random: Random) {
    this.#random = random;
  }

  readonly now = (): number => this.#now;

  get steps(): number {
    return this.#steps;
  }

  readonly setTimer = (at: number, run: () => void): (() => void) => {
    const event = { at: Math.max(at, this.#now), order: this.#random.next(), run, isCancelled: false };
    this.#push(event);
    return () => {
      event.isCancelled = true;
    };
  };

  readonly sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      this.setTimer(this.#now + ms, resolve);
    });

  stop(): void {
    this.#isStopped = true;
  }

  /** Runs until `stop`, until nothing is to come, or for so many events. */
  run(stepsMax: number): Promise<void> {
    return new Promise((resolve) => {
      let inTurn = 0;
      const step = (): void => {
        inTurn--;
        if (!this.#isStopped && this.#steps < stepsMax && this.#heap.length > 0) this.#step();
        else this.#isStopped = true;
        if (inTurn > 0) return;
        if (this.#isStopped) resolve();
        else turn();
      };
      // Between two callbacks of a turn all promises are worked off.
      const turn = (): void => {
        inTurn = EVENTS_PER_TURN;
        for (let n = 0; n < EVENTS_PER_TURN; n++) setImmediate(step);
      };
      turn();
    });
  }

  #step(): void {
    for (let event = this.#pop(); event !== undefined; event = this.#pop()) {
      if (event.isCancelled) continue;
      this.#now = event.at;
      this.#steps++;
      event.run();
      return;
    }
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const other = heap[parent];
      if (other === undefined || !isBefore(event, other)) break;
      heap[at] = other;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const left = heap[child];
      const right = heap[child + 1];
      if (left === undefined) break;
      let next = left;
      if (right !== undefined && isBefore(right, left)) {
        next = right;
        child++;
      }
      if (!isBefore(next, last)) break;
      heap[at] = next;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at !== b.at ? a.at < b.at : a.order < b.order;
}
