/** Where time comes from: the system's clock in production, one that is moved by hand in tests and simulations. */
export interface Clock {
  /** Epoch ms. */
  now(): number;
  /**
   * Calls `callback` once, when `now()` has reached `at` (epoch ms), never within this call.
   * @returns a function that cancels it.
   */
  setTimer(at: number, callback: () => void): () => void;
}

/** `setTimeout` takes no longer delay. */
const DELAY_MS_MAX = 2 ** 31 - 1;

/** Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer: (at, callback) => {
    let timeout: NodeJS.Timeout;
    const arm = (): void => {
      const delay = at - Date.now();
      timeout = setTimeout(
        delay > DELAY_MS_MAX ? arm : callback,
        Math.min(Math.max(delay, 0), DELAY_MS_MAX),
      );
      timeout.unref();
    };
    arm();
    return () => clearTimeout(timeout);
  },
};
