import type { ClaimedTask, ClaimRef } from "../../server/src/store/store.ts";
import type { Oracle } from "./oracle.ts";

interface Grant {
  readonly taskId: string;
  readonly claimVersion: number;
  readonly at: number;
}

interface Claim {
  readonly claimVersion: number;
  readonly at: number;
  /** When it was noted that the answer had left; Infinity: never. */
  deliveredAt: number;
  /** How often the attempt had been put in the queue by then. */
  readonly enqueued: number;
}

/** A claim that a dead server left undelivered keeps its attempt for so long. */
const UNDELIVERED_MS = 30_000;
/** That an answer has left is durable after so long at the latest. */
const DELIVERED_MS_MAX = 100;

/** Holds claims against invariants I4 and I5: an attempt is one worker's until its lease ends, limits are exact. */
export class Handouts {
  readonly #oracle: Oracle;
  readonly #claims = new Map<string, Claim>();
  readonly #grants = new Map<string, Grant[]>();
  readonly #received = new Set<string>();
  readonly #wentDownAt: number[] = [];

  constructor(oracle: Oracle) {
    this.#oracle = oracle;
  }

  /** The servers have gone down: marks that were not durable are lost. */
  wentDown(at: number): void {
    this.#wentDownAt.push(at);
  }

  /** The store has made these claims. */
  claimed(tasks: readonly ClaimedTask[], at: number): void {
    for (const { claimVersion, task } of tasks) {
      const { taskId } = task.task;
      const enqueued = this.#oracle.enqueued.get(taskId) ?? 0;
      const before = this.#claims.get(taskId);
      if (before !== undefined && before.enqueued === enqueued && !this.#isForgotten(before, at)) {
        this.#oracle.violate(`attempt ${taskId} was claimed twice: at ${before.at} and at ${at}`);
      }
      if (before !== undefined && before.enqueued === enqueued) this.#takeBack(taskId, before);
      this.#claims.set(taskId, { claimVersion, at, deliveredAt: Infinity, enqueued });
      this.#countRate({ taskId, at, claimVersion });
    }
  }

  markDelivered(refs: readonly ClaimRef[], at: number): void {
    for (const { taskId, claimVersion } of refs) {
      const claim = this.#claims.get(taskId);
      if (claim?.claimVersion === claimVersion) claim.deliveredAt = at;
    }
  }

  /** The store has taken these claims back. */
  undone(refs: readonly ClaimRef[]): void {
    for (const { taskId, claimVersion } of refs) {
      const claim = this.#claims.get(taskId);
      if (claim?.claimVersion !== claimVersion) continue;
      this.#takeBack(taskId, claim);
      this.#claims.delete(taskId);
    }
  }

  /** A worker has got this claim. */
  received({ task, claimVersion }: ClaimedTask): void {
    const { taskId } = task.task;
    this.#oracle.note(`handed out ${taskId}`);
    const key = `${taskId}/${claimVersion}`;
    if (this.#received.has(key)) {
      this.#oracle.violate(`claim ${claimVersion} of ${taskId} was answered twice`);
    }
    this.#received.add(key);
  }

  /** Whether the server went down before it was durable that the answer had left, long enough ago. */
  #isForgotten({ at, deliveredAt }: Claim, now: number): boolean {
    if (now < at + UNDELIVERED_MS) return false;
    return this.#wentDownAt.some((down) => down >= at && down <= deliveredAt + DELIVERED_MS_MAX);
  }

  /** A claim that never was has taken nothing of its rate. */
  #takeBack(taskId: string, claim: Claim): void {
    const limits = this.#oracle.entries.get(taskId)?.limits;
    if (limits === undefined) return;
    const grants = this.#grants.get(limits.taskDefName) ?? [];
    const left = grants.filter((grant) => grant.claimVersion !== claim.claimVersion || grant.taskId !== taskId);
    this.#grants.set(limits.taskDefName, left);
  }

  #countRate(grant: Grant): void {
    const limits = this.#oracle.entries.get(grant.taskId)?.limits;
    const { rateLimitPerFrequency: max, rateLimitWindowMs: windowMs } = limits ?? {};
    if (limits === undefined || max === undefined || windowMs === undefined) return;
    const { taskDefName } = limits;
    const since = grant.at - windowMs;
    const grants = (this.#grants.get(taskDefName) ?? []).filter(({ at }) => at > since);
    grants.push(grant);
    this.#grants.set(taskDefName, grants);
    // Claims that a dead server left undelivered are taken back without a word; they may be too many here.
    const sure = grants.filter((each) => this.#isSure(each));
    if (sure.length <= max) return;
    this.#oracle.violate(`${sure.length} attempts of ${taskDefName} in ${windowMs} ms, not ${max}`);
  }

  #isSure({ taskId, claimVersion }: Grant): boolean {
    if (this.#wentDownAt.length === 0) return true;
    return this.#received.has(`${taskId}/${claimVersion}`);
  }
}
