/** Time, as the engine needs it; tests and the simulation move their own. */
export interface Clock {
  /** Epoch ms. */
  now(): number;
  /**
   * Calls `callback` once, when `now()` has reached `at` (epoch ms), never within this call.
   * @returns a function that cancels it.
   */
  setTimer(at: number, callback: () => void): () => void;
}

/**
 * Runs something once everything that the present turn of the event loop brings in is there: after the sockets that
 * are ready now have been read, so that what arrived together is decided together. Delays nothing in an idle process.
 */
export function afterThisTurn(run: () => void): void {
  setImmediate(run);
}
