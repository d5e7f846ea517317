/**
 * A binary heap of slots (small integers) whose order is given by `isBefore`. `positions[slot]` is kept up to date, so
 * that any slot can be taken out or moved in O(log n); a slot is in at most one of the heaps that share `positions`.
 */
export class SlotHeap {
  readonly #slots: number[] = [];
  readonly #positions: number[];
  readonly #isBefore: (a: number, b: number) => boolean;

  constructor(positions: number[], isBefore: (a: number, b: number) => boolean) {
    this.#positions = positions;
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#slots.length;
  }

  peek(): number | undefined {
    return this.#slots[0];
  }

  push(slot: number): void {
    this.#slots.push(slot);
    this.#up(this.#slots.length - 1, slot);
  }

  /** The slot must be in this heap. */
  remove(slot: number): void {
    const at = this.#positions[slot] ?? 0;
    const last = this.#slots.pop();
    if (last === undefined || last === slot) return;
    this.#down(at, last);
    if (this.#positions[last] === at) this.#up(at, last);
  }

  /** To be called after the order of a slot that is in this heap has changed. */
  update(slot: number): void {
    const at = this.#positions[slot] ?? 0;
    this.#down(at, slot);
    if (this.#positions[slot] === at) this.#up(at, slot);
  }

  #up(from: number, slot: number): void {
    let at = from;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#slots[parentAt] ?? 0;
      if (!this.#isBefore(slot, parent)) break;
      this.#put(at, parent);
      at = parentAt;
    }
    this.#put(at, slot);
  }

  #down(from: number, slot: number): void {
    const { length } = this.#slots;
    let at = from;
    for (;;) {
      let childAt = 2 * at + 1;
      if (childAt >= length) break;
      let child = this.#slots[childAt] ?? 0;
      const right = this.#slots[childAt + 1];
      if (right !== undefined && this.#isBefore(right, child)) {
        childAt++;
        child = right;
      }
      if (!this.#isBefore(child, slot)) break;
      this.#put(at, child);
      at = childAt;
    }
    this.#put(at, slot);
  }

  #put(at: number, slot: number): void {
    this.#slots[at] = slot;
    this.#positions[slot] = at;
  }
}
