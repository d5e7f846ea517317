import type { ChangeSet, Claim, Execution } from "@ostinato/core";

/**
 * Brings into memory what a commit has copied from the queue into the rows of attempts that left their place in it: the
 * claim knows better since when, how often and by whom the attempt was held; the decision knows what it set.
 */
export function mergeClaims(
  execution: Execution,
  changeSet: ChangeSet,
  claims: readonly Claim[],
): void {
  if (claims.length === 0) return;
  const changes = new Map(changeSet.tasks.map((change) => [change.task.taskId, change]));
  for (const claim of claims) {
    const task = execution.tasks.get(claim.taskId);
    if (task === undefined) continue;
    const change = changes.get(claim.taskId);
    if (change === undefined && !claim.claimed) continue;
    const workerId =
      change?.setsWorkerId === true ? task.workerId : (task.workerId ?? claim.workerId);
    execution.tasks.set(claim.taskId, {
      ...task,
      startTime: claim.startTime > 0 ? claim.startTime : task.startTime,
      pollCount: claim.pollCount,
      updateTime: Math.max(task.updateTime, claim.updateTime),
      ...(workerId === undefined ? {} : { workerId }),
    });
  }
}
