import type { Engine } from "../engine/engine.ts";

export interface WaitOptions {
  readonly waitMs: number;
  /** Aborted when the caller has gone, or the server is asked to stop; the execution goes on. */
  readonly signal: AbortSignal;
}

/**
 * Waits until one of the watched executions has changed, or the time is over. A change while nobody waits is
 * remembered, so none is missed: an execution has to be watched before it is read.
 */
export class ChangeWait {
  readonly #engine: Engine;
  readonly #signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  readonly #unwatch = new Map<string, () => void>();
  #changed = false;
  #isOver = false;
  #wake: () => void = () => undefined;
  readonly #onOver = (): void => {
    this.#isOver = true;
    this.#wake();
  };

  constructor(engine: Engine, options: WaitOptions) {
    this.#engine = engine;
    this.#signal = options.signal;
    this.#timer = setTimeout(this.#onOver, options.waitMs);
    options.signal.addEventListener("abort", this.#onOver);
    if (options.signal.aborted) this.#onOver();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  watch(workflowId: string): void {
    if (this.#unwatch.has(workflowId)) return;
    const unwatch = this.#engine.watch(workflowId, () => {
      this.#changed = true;
      this.#wake();
    });
    this.#unwatch.set(workflowId, unwatch);
  }

  async next(): Promise<void> {
    if (!this.#changed && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#changed = false;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#signal.removeEventListener("abort", this.#onOver);
    for (const unwatch of this.#unwatch.values()) unwatch();
  }
}
