const SECOND_MS = 1000;
/** 142,000 years: added to any instant, it is still a whole number that every store can hold. */
const SPAN_MS_MAX = 2 ** 52;

/** A span of time in ms; one that no server will see the end of is cut. */
export function secondsToMs(seconds: number): number {
  return Math.max(-SPAN_MS_MAX, Math.min(seconds * SECOND_MS, SPAN_MS_MAX));
}
