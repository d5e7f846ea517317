import type { Limits } from "@ostinato/core";

/**
 * What the limits of one task definition have given out, over all its queues: the slots that are taken now, and the
 * instants of the claims that a window may still hold. Both are exact: a slot is taken with the tentative claim and
 * given back only by what ends it; grants are stored with the claims and read again at the start.
 */
export class LimitState {
  readonly name: string;
  claimed = 0;
  /** Grants in the order of their instants, which never go back; those before `#from` count no longer. */
  #instants: number[] = [];
  #versions: number[] = [];
  #from = 0;
  #windowMsMax = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** From when on the limits allow one more claim: `now`, later, or Infinity (when somebody gives a slot back). */
  opensAt(limits: Limits, now: number): number {
    const { concurrentExecLimit = 0, rateLimitPerFrequency = 0, rateLimitWindowMs = 0 } = limits;
    if (concurrentExecLimit > 0 && this.claimed >= concurrentExecLimit) return Infinity;
    if (!isRateLimited(limits)) return now;
    const oldest = this.#instants.length - rateLimitPerFrequency;
    if (oldest < this.#from) return now;
    return Math.max(now, (this.#instants[oldest] ?? -Infinity) + rateLimitWindowMs);
  }

  /** Notes the grant that the claim with this version takes. Windows of other lengths may be asked for later. */
  grant(version: number, at: number, windowMs: number): void {
    this.#windowMsMax = Math.max(this.#windowMsMax, windowMs);
    this.#instants.push(Math.max(at, this.#instants.at(-1) ?? at));
    this.#versions.push(version);
  }

  /** Takes a grant back; nothing when there is none. Recent ones are found at once. */
  revoke(version: number): void {
    const at = this.#versions.lastIndexOf(version);
    if (at < this.#from) return;
    this.#versions.splice(at, 1);
    this.#instants.splice(at, 1);
  }

  /** Forgets the grants that no window holds any more. @returns the versions of their claims. */
  expire(now: number): number[] {
    const start = this.#from;
    const before = now - this.#windowMsMax;
    while ((this.#instants[this.#from] ?? Infinity) <= before) this.#from++;
    const expired = this.#versions.slice(start, this.#from);
    if (this.#from > 1_000 && this.#from * 2 > this.#instants.length) {
      this.#instants = this.#instants.slice(this.#from);
      this.#versions = this.#versions.slice(this.#from);
      this.#from = 0;
    }
    return expired;
  }

  /** Windows as long as this will be asked for. */
  noteWindow(limits: Limits): void {
    this.#windowMsMax = Math.max(this.#windowMsMax, limits.rateLimitWindowMs ?? 0);
  }
}

export function isRateLimited(limits: Limits): boolean {
  return (limits.rateLimitPerFrequency ?? 0) > 0 && (limits.rateLimitWindowMs ?? 0) > 0;
}
