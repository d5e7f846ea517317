import type { StoredTask } from "../../server/src/store/store.ts";
import type { World } from "./world.ts";

interface Handout {
  /** When the claim was made. */
  readonly claimedAt: number;
  /** When it was noted that the answer had left; Infinity: never. */
  readonly deliveredAt: number;
  /** How often the attempt had been put in the queue by then. */
  readonly enqueued: number;
}

/** A claim that a dead server left undelivered keeps its attempt for so long. */
const UNDELIVERED_MS = 30_000;
/** That an answer has left is durable after so long at the latest. */
const DELIVERED_MS_MAX = 100;

/** Holds against invariant I4: an attempt is one worker's until its lease ends. */
export class Handouts {
  readonly #world: World;
  readonly #last = new Map<string, Handout>();

  constructor(world: World) {
    this.#world = world;
  }

  /** A worker has got this attempt. */
  handOut({ task }: StoredTask, isDelivered: boolean): void {
    const { oracle, schedule } = this.#world;
    const { taskId } = task;
    const enqueued = oracle.enqueued.get(taskId) ?? 0;
    const before = this.#last.get(taskId);
    const now = schedule.now();
    oracle.note(`handed out ${taskId}`);
    if (before !== undefined && before.enqueued === enqueued && !this.#isForgotten(before)) {
      oracle.violate(`attempt ${taskId} was handed out twice: at ${before.claimedAt} and at ${now}`);
    }
    this.#last.set(taskId, {
      claimedAt: task.updateTime,
      deliveredAt: isDelivered ? now : Infinity,
      enqueued,
    });
  }

  /** Whether the server went down before it was durable that the answer had left, long enough ago. */
  #isForgotten({ claimedAt, deliveredAt }: Handout): boolean {
    const { schedule, wentDownAt } = this.#world;
    if (schedule.now() < claimedAt + UNDELIVERED_MS) return false;
    return wentDownAt.some((at) => at >= claimedAt && at <= deliveredAt + DELIVERED_MS_MAX);
  }
}
