import { SlotHeap } from "./heap.ts";

/**
 * The instants at which something is due, by id: one per attempt in the queue and one per execution that has any.
 */
export class Deadlines {
  readonly #slots = new Map<number, number>();
  readonly #ids: number[] = [];
  readonly #instants: number[] = [];
  readonly #free: number[] = [];
  readonly #heap = new SlotHeap([], (a, b) => this.#at(a) < this.#at(b));

  /** Infinity: none any more. */
  set(id: number, at: number): void {
    const slot = this.#slots.get(id);
    if (slot === undefined) {
      if (at !== Infinity) this.#add(id, at);
    } else if (at === Infinity) {
      this.#remove(id, slot);
    } else {
      this.#instants[slot] = at;
      this.#heap.update(slot);
    }
  }

  /** The earliest instant, Infinity when there is none. */
  get next(): number {
    const slot = this.#heap.peek();
    return slot === undefined ? Infinity : this.#at(slot);
  }

  /** Up to `count` ids that are due, each put off until `again`. */
  take(now: number, again: number, count: number): number[] {
    const ids: number[] = [];
    while (ids.length < count && this.next <= now) {
      const id = this.#ids[this.#heap.peek() ?? 0] ?? 0;
      ids.push(id);
      this.set(id, again);
    }
    return ids;
  }

  #add(id: number, at: number): void {
    const slot = this.#free.pop() ?? this.#ids.length;
    this.#ids[slot] = id;
    this.#instants[slot] = at;
    this.#slots.set(id, slot);
    this.#heap.push(slot);
  }

  #remove(id: number, slot: number): void {
    this.#heap.remove(slot);
    this.#slots.delete(id);
    this.#free.push(slot);
  }

  #at(slot: number): number {
    return this.#instants[slot] ?? Infinity;
  }
}
