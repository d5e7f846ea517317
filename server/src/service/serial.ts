/** Runs one change at a time, so that what it checked still holds when it writes. */
export function createSerial(): <T>(change: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (change) => {
    const result = last.then(change);
    // Its caller hears of a failure; the next change does not mind it.
    last = result.catch(() => undefined);
    return result;
  };
}
