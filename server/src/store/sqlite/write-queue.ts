import { AppError } from "../../errors.ts";
import type { Answer, Outcome, Step } from "./steps.ts";

/** Does one transaction and calls back with what became of it, at once or later. Never throws. */
export type Execute = (steps: readonly Step[], callback: (outcome: Outcome) => void) => void;

/** Gets the answers to its steps, or why the whole transaction was not done. */
export type Settle = (result: readonly Answer[] | AppError) => void;

export interface WriteHooks {
  /** Called when a transaction is about to go; its steps must not be changed any more. */
  onStart(): void;
  /** Called after each transaction, when all of its units have been settled. */
  onSettled(failure: AppError | undefined): void;
}

interface Unit {
  readonly steps: readonly Step[];
  readonly settle: Settle;
}

/** A transaction takes no more units once it has this many steps: the next one takes the others. */
const STEPS_MAX = 2_000;

/**
 * One transaction is in flight; what comes meanwhile gathers and is the next one. No timer: the first after a pause
 * goes at the end of the current tick.
 */
export class WriteQueue {
  readonly #execute: Execute;
  readonly #hooks: WriteHooks;
  #waiting: Unit[] = [];
  #isInFlight = false;
  #isScheduled = false;
  #isWanted = false;
  #onIdle: (() => void)[] = [];

  constructor(execute: Execute, hooks: WriteHooks) {
    this.#execute = execute;
    this.#hooks = hooks;
  }

  /** Adds steps that go together into one transaction. */
  push(steps: readonly Step[], settle: Settle): void {
    this.#waiting.push({ steps, settle });
    this.flush();
  }

  /** Adds a step that travels with the next transaction, whenever that is. */
  pushLazily(step: Step, settle: Settle): void {
    this.#waiting.push({ steps: [step], settle });
  }

  flush(): void {
    this.#isWanted = true;
    if (this.#isInFlight || this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#start();
    });
  }

  /** Resolves when nothing waits and nothing is in flight. */
  async drain(): Promise<void> {
    this.flush();
    await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  #start(): void {
    const batch = this.#takeBatch();
    if (batch.length === 0) {
      this.#isWanted = false;
      for (const resolve of this.#onIdle.splice(0)) resolve();
      return;
    }
    this.#isInFlight = true;
    this.#hooks.onStart();
    const steps = batch.flatMap((unit) => unit.steps);
    this.#execute(steps, (outcome) => this.#finish(batch, outcome));
  }

  #takeBatch(): Unit[] {
    let count = 0;
    let units = 0;
    for (const { steps } of this.#waiting) {
      if (count >= STEPS_MAX) break;
      count += steps.length;
      units++;
    }
    const batch = this.#waiting.slice(0, units);
    this.#waiting = this.#waiting.slice(units);
    if (this.#waiting.length === 0) this.#isWanted = this.#onIdle.length > 0;
    return batch;
  }

  #finish(batch: readonly Unit[], outcome: Outcome): void {
    this.#isInFlight = false;
    const failure = "answers" in outcome ? undefined : new AppError(outcome.code, outcome.message);
    let at = 0;
    for (const { steps, settle } of batch) {
      if ("answers" in outcome) settle(outcome.answers.slice(at, at + steps.length));
      else settle(new AppError(outcome.code, outcome.message));
      at += steps.length;
    }
    this.#hooks.onSettled(failure);
    if (this.#isWanted) this.flush();
  }
}
