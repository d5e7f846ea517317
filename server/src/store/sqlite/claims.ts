import { AppError } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import type { ClaimedTask, ClaimRef, ClaimRequest } from "../store.ts";
import { encodeText } from "./codec.ts";
import type { FreshEntries } from "./fresh-entries.ts";
import type { LiveIndex } from "./live-index.ts";
import type { IndexClaim } from "./queue-index.ts";
import type { Reads } from "./reads.ts";
import type { Answer, ClaimStep, Step, UndoStep } from "./steps.ts";
import type { WriteQueue } from "./write-queue.ts";

/** That answers have left is written at latest after this time. */
const DELIVERED_MS_MAX = 100;

/**
 * Claims: tentative in the index at once, so that two polls never get the same attempt; durable in the next
 * transaction; answered after it. What the transaction does not confirm is taken back.
 */
export class Claims {
  readonly #index: LiveIndex;
  readonly #writes: WriteQueue;
  readonly #reads: Reads;
  readonly #fresh: FreshEntries;
  readonly #clock: Clock;
  /** The step that the next transaction takes along. */
  #delivered: Delivered | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(
    index: LiveIndex,
    writes: WriteQueue,
    { reads, fresh, clock }: { reads: Reads; fresh: FreshEntries; clock: Clock },
  ) {
    this.#index = index;
    this.#writes = writes;
    this.#reads = reads;
    this.#fresh = fresh;
    this.#clock = clock;
  }

  async claim({ queue, count, workerId, now }: ClaimRequest): Promise<ClaimedTask[]> {
    const worker = encodeText("workerId", workerId);
    const picked: IndexClaim[] = [];
    while (picked.length < count) {
      const pick = this.#index.queues.claim(queue, now, this.#index.nextVersion());
      if (pick === undefined) break;
      picked.push(pick);
    }
    // What a limit holds back may open by itself.
    this.#index.arm();
    if (picked.length === 0) return [];
    const { promise, resolve, reject } = Promise.withResolvers<ClaimedTask[]>();
    const step = this.#claimStep(picked, now, worker === null ? null : String(worker));
    this.#writes.push([step], (result) => {
      const deadlines = deadlinesOf(result);
      const held = this.#confirm(picked, deadlines);
      for (const { key, version } of held) {
        const by = workerId === undefined ? {} : { workerId };
        this.#fresh.claimed(key, { claimVersion: version, updateTime: now, ...by });
      }
      if (deadlines instanceof AppError) reject(deadlines);
      else this.#answer(held).then(resolve, reject);
    });
    return promise;
  }

  async undo(refs: readonly ClaimRef[]): Promise<void> {
    await this.takeBack(this.#index.takeHandedOut(refs));
  }

  markDelivered(refs: readonly ClaimRef[]): void {
    this.#writeDelivered(this.#index.takeHandedOut(refs));
  }

  async takeBack(claims: readonly IndexClaim[]): Promise<void> {
    if (claims.length === 0) return;
    const step: UndoStep = {
      type: "undo",
      keys: claims.map((claim) => claim.key),
      seen: claims.map((claim) => claim.version),
      versions: claims.map(() => this.#index.nextVersion()),
    };
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#writes.push([step], (result) => {
      const deadlines = deadlinesOf(result);
      if (deadlines instanceof AppError) {
        for (const claim of claims) this.#index.handOut(claim);
        reject(deadlines);
        return;
      }
      deadlines.forEach((deadlineAt, i) => {
        const claim = claims[i];
        if (claim !== undefined) this.#fresh.forgetKey(claim.key);
        if (claim === undefined || Number.isNaN(deadlineAt)) return;
        this.#index.queues.release(claim.key, claim.version, step.versions[i] ?? 0);
        this.#index.queues.revoke(claim.grant, claim.version);
        this.#index.setTaskDeadline(claim.key, deadlineAt);
      });
      resolve();
    });
    return promise;
  }

  stop(): void {
    this.#cancelTimer?.();
  }

  #claimStep(picked: readonly IndexClaim[], at: number, workerId: string | null): ClaimStep {
    const limitNames = new Set(picked.map((pick) => pick.grant));
    limitNames.delete("");
    return {
      type: "claim",
      at,
      workerId,
      keys: picked.map((pick) => pick.key),
      seen: picked.map((pick) => pick.seen),
      versions: picked.map((pick) => pick.version),
      grants: picked.map((pick) => pick.grant),
      expired: [...limitNames].flatMap((name) => this.#index.queues.expire(name, at)),
    };
  }

  /** @returns those that the transaction made durable. */
  #confirm(picked: readonly IndexClaim[], deadlines: readonly number[] | AppError): IndexClaim[] {
    return picked.filter((pick, i) => {
      const { key, version, seen, grant } = pick;
      const deadlineAt = deadlines instanceof AppError ? undefined : (deadlines[i] ?? Number.NaN);
      if (deadlineAt !== undefined && !Number.isNaN(deadlineAt)) {
        this.#index.setTaskDeadline(key, deadlineAt);
        this.#index.handOut(pick);
        return true;
      }
      if (deadlineAt === undefined) this.#index.queues.release(key, version, seen);
      // The row says no: a commit has moved the attempt on, and the index with it.
      else if (this.#index.queues.isAt(key, version)) this.#index.queues.drop(key);
      this.#index.queues.revoke(grant, version);
      return false;
    });
  }

  async #answer(held: readonly IndexClaim[]): Promise<ClaimedTask[]> {
    const taken: IndexClaim[] = [];
    try {
      return held.flatMap((claim) => {
        const { key, version } = claim;
        const task = this.#fresh.findClaimed(key, version) ?? this.#reads.findClaimed(key, version);
        if (task?.task.status === "IN_PROGRESS") return [{ claimVersion: claim.version, task }];
        taken.push(claim);
        return [];
      });
    } catch (error) {
      await this.undo(held.map(({ version }) => ({ taskId: "", claimVersion: version })));
      throw error;
    } finally {
      // What has been taken back or cancelled in the meantime is not handed out.
      this.#index.takeHandedOut(
        taken.map(({ version }) => ({ taskId: "", claimVersion: version })),
      );
    }
  }

  #writeDelivered(claims: readonly IndexClaim[]): void {
    if (claims.length === 0) return;
    const batch = (this.#delivered ??= this.#openDelivered());
    batch.claims.push(...claims);
    batch.step.keys.push(...claims.map((claim) => claim.key));
    batch.step.versions.push(...claims.map((claim) => claim.version));
  }

  #openDelivered(): Delivered {
    const now = this.#clock.now();
    const batch: Delivered = {
      step: { type: "delivered", at: now, keys: [], versions: [] },
      claims: [],
    };
    this.#writes.pushLazily(batch.step, (result) => {
      if (result instanceof AppError) this.#writeDelivered(batch.claims);
    });
    this.#cancelTimer = this.#clock.setTimer(now + DELIVERED_MS_MAX, () => this.#writes.flush());
    return batch;
  }

  /** The transaction that is starting takes the delivered marks along; later ones go into the next. */
  closeDelivered(): void {
    this.#delivered = undefined;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}

interface Delivered {
  readonly step: Step & { readonly type: "delivered" };
  readonly claims: IndexClaim[];
}

/** The answer to a step of claims: a deadline for each, or why none of it was done. */
function deadlinesOf(result: readonly Answer[] | AppError): readonly number[] | AppError {
  if (result instanceof AppError) return result;
  const [answer] = result;
  if (answer?.type === "deadlines") return answer.deadlines;
  return new AppError("INTERNAL", answer?.type === "refused" ? answer.message : "no answer");
}
