/**
 * What an open attempt has in the queue: where workers find it, from when on, and its deadlines. It is written by
 * decisions (`enqueue`) and, as long as they leave it alone, by claims: the claim part never needs a decision.
 */
export interface QueueEntry {
  readonly taskId: string;
  readonly workflowId: string;
  /**
   * The queue's name, `[domain:]taskType`; absent for an attempt that nobody can poll (WAIT, SUB_WORKFLOW, JOIN, …)
   * and that is here for its deadline only.
   */
  readonly queue?: string;
  /** 0..99, higher first. */
  readonly priority: number;
  /** From when on it may be handed out, epoch ms. */
  readonly readyAt: number;
  /** As they stand before the next claim. */
  readonly pollCount: number;
  readonly startTime: number;
  readonly limits?: Limits;
  readonly timeouts: Timeouts;
}

/** Limits hold over all attempts with the same `taskDefName`, in all workflows and domains. */
export interface Limits {
  readonly taskDefName: string;
  /** At most so many claimed at once; absent: no limit. */
  readonly concurrentExecLimit?: number;
  /** At most `rateLimitPerFrequency` claims within any `rateLimitWindowMs`; absent: no limit. */
  readonly rateLimitPerFrequency?: number;
  readonly rateLimitWindowMs?: number;
}

/** The limits of time that the core set; absent ones do not apply. Instants in epoch ms, the others in ms. */
export interface Timeouts {
  /** While nobody has claimed it. */
  readonly pollAt?: number;
  /** From the first claim's start. */
  readonly taskMs?: number;
  /** From the claim's last sign of life, while claimed. */
  readonly responseMs?: number;
  /** Over all attempts. */
  readonly totalAt?: number;
  /** Whatever else comes at a fixed instant: a WAIT that is over, the timeout of a task that is not claimed. */
  readonly at?: number;
}

/** Who holds an attempt. `claimVersion` rises with every claim, undo and heartbeat; a decision names the one it saw. */
export interface Claim {
  readonly taskId: string;
  readonly claimed: boolean;
  readonly claimVersion: number;
  readonly pollCount: number;
  /** The first start; 0 before it. */
  readonly startTime: number;
  /** Last sign of life of the holder: the claim or a heartbeat. 0 before the first claim. */
  readonly updateTime: number;
  readonly workerId?: string;
}

/**
 * When the earliest deadline of this attempt comes, or `undefined` when it has none.
 * Every adapter computes `deadlineAt` with this rule after `enqueue`, claim, undo and heartbeat.
 */
export function deadlineOf(
  timeouts: Timeouts,
  claim: Pick<Claim, "claimed" | "startTime" | "updateTime">,
): number | undefined {
  let deadlineAt = Infinity;
  if (timeouts.at !== undefined) deadlineAt = Math.min(deadlineAt, timeouts.at);
  if (timeouts.totalAt !== undefined) deadlineAt = Math.min(deadlineAt, timeouts.totalAt);
  if (timeouts.taskMs !== undefined && claim.startTime > 0) {
    deadlineAt = Math.min(deadlineAt, claim.startTime + timeouts.taskMs);
  }
  if (claim.claimed) {
    if (timeouts.responseMs !== undefined)
      deadlineAt = Math.min(deadlineAt, claim.updateTime + timeouts.responseMs);
  } else if (timeouts.pollAt !== undefined) {
    deadlineAt = Math.min(deadlineAt, timeouts.pollAt);
  }
  return deadlineAt === Infinity ? undefined : deadlineAt;
}
