import type { Decision, Execution } from "@ostinato/core";

import type { Settle } from "./engine.ts";
import type { Clock } from "./clock.ts";
import type { Lane } from "./submission.ts";

/**
 * A caller who waits. An accepted command is answered when two things hold, or when the time is over: its execution has
 * nothing left to do by itself, and (for `settle: "consequences"`) every internal command and `continue` that followed
 * from it, directly or not, has been decided. These carry the answers that they go back to in memory; after a crash
 * nobody waits any more.
 */
export class Answer {
  readonly settle: Settle;
  readonly #limitMs: number;
  readonly #resolve: (decision: Decision) => void;
  readonly #reject: (error: Error) => void;
  #isOver = false;
  #decision: Decision | undefined;
  #executionSettled = false;
  #consequences = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(
    settle: Settle,
    limitMs: number,
    settled: {
      readonly resolve: (decision: Decision) => void;
      readonly reject: (error: Error) => void;
    },
  ) {
    this.settle = settle;
    this.#limitMs = limitMs;
    this.#resolve = settled.resolve;
    this.#reject = settled.reject;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Says no, or what nothing can follow from. */
  give(decision: Decision): void {
    if (this.#end()) this.#resolve(decision);
  }

  fail(error: Error): void {
    if (this.#end()) this.#reject(error);
  }

  /** The command was accepted and is stored; the answer follows when all has settled. */
  accepted(decision: Decision, lane: Lane, clock: Clock): void {
    this.#decision = decision;
    this.#executionSettled = hasSettled(lane.execution);
    if (this.#giveIfSettled()) return;
    if (!this.#executionSettled) lane.waiting.push(this);
    this.#cancelTimer = clock.setTimer(clock.now() + this.#limitMs, () => {
      this.give(decision);
    });
  }

  executionSettled(): void {
    this.#executionSettled = true;
    this.#giveIfSettled();
  }

  consequencesBegin(count: number): void {
    this.#consequences += count;
  }

  consequenceEnded(): void {
    this.#consequences--;
    this.#giveIfSettled();
  }

  #giveIfSettled(): boolean {
    if (this.#decision === undefined || !this.#executionSettled || this.#consequences > 0)
      return false;
    this.give(this.#decision);
    return true;
  }

  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#cancelTimer?.();
    return true;
  }
}

/** After every commit of an execution: answers that waited for its agenda may be given. */
export function settleWaiting(lane: Lane): void {
  if (lane.waiting.length === 0) return;
  if (!hasSettled(lane.execution)) {
    lane.waiting = lane.waiting.filter((answer) => !answer.isOver);
    return;
  }
  const waiting = lane.waiting;
  lane.waiting = [];
  for (const answer of waiting) answer.executionSettled();
}

/** Whether the execution has nothing left to do by itself (or is gone, or PAUSED, which stops it). */
function hasSettled(execution: Execution | undefined): boolean {
  if (execution === undefined) return true;
  const { status, agendaCount, ending } = execution.workflow;
  return status === "PAUSED" || (agendaCount === 0 && ending === undefined);
}
