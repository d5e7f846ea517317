import { groupBy, type Handout, type History, type TaskRules } from "./history.ts";

/**
 * Handing out: an attempt is with one worker at a time, and limits are never exceeded. Only what is certain counts: an
 * attempt is held from the answer to the poll until its result is sent, its lease may have ended, or a kill may have
 * come before the server had noted that the answer left.
 */
export function checkHandouts(history: History): string[] {
  const { rules } = history;
  const held = holdsOf(history);
  return [
    ...checkTwice(history, held),
    ...checkEnded(history),
    ...[...groupBy(held, ({ handout }) => handout.taskType)].flatMap(([taskType, holds]) => {
      const limits = rules.taskTypes.get(taskType);
      return limits === undefined
        ? []
        : [...checkConcurrency(taskType, limits, holds), ...checkRate(taskType, limits, holds)];
    }),
  ];
}

interface Hold {
  readonly handout: Handout;
  /** When somebody else may have it. */
  readonly until: number;
  /** A kill may have come before the server had noted that the answer left. */
  readonly isUndelivered: boolean;
}

function holdsOf({ handouts, results, controls, kills, rules }: History): Hold[] {
  const resultsOf = groupBy(results, ({ taskId }) => taskId);
  const failures = results.filter(({ status }) => status === "FAILED_WITH_TERMINAL_ERROR");
  const terminates = controls.filter(({ type }) => type === "terminate");
  const ends = groupBy([...failures, ...terminates], ({ key }) => key);
  return handouts.map((handout) => {
    const { taskId, taskType, key, sentAt, answeredAt } = handout;
    const isUndelivered = kills.some(
      ({ at, undelivered }) =>
        undelivered.has(taskId) && at >= sentAt && at <= answeredAt + rules.deliveredMsMax,
    );
    const lease = rules.taskTypes.get(taskType)?.responseTimeoutMs ?? Infinity;
    const until = Math.min(
      sentAt + lease,
      isUndelivered ? sentAt + rules.undeliveredMs : Infinity,
      firstSent(maybeAfter(sentAt, resultsOf.get(taskId))),
      firstSent(ends.get(key)),
    );
    return { handout, until, isUndelivered };
  });
}

/** Those of the requests that may have been done after an instant. */
function maybeAfter<T extends { readonly answeredAt?: number | undefined }>(
  at: number,
  asked: readonly T[] = [],
): T[] {
  return asked.filter(({ answeredAt = Infinity }) => answeredAt >= at);
}

function firstSent(asked: readonly { readonly sentAt: number }[] = []): number {
  return asked.reduce((first, { sentAt }) => Math.min(first, sentAt), Infinity);
}

/** Again under the same id: after a callback, or when a kill has left it undelivered. */
function checkTwice({ results }: History, holds: readonly Hold[]): string[] {
  const returned = groupBy(
    results.filter(({ status }) => status === "IN_PROGRESS"),
    ({ taskId }) => taskId,
  );
  return [...groupBy(holds, ({ handout }) => handout.taskId)].flatMap(([taskId, list]) => {
    const inOrder = [...list].sort((a, b) => a.handout.answeredAt - b.handout.answeredAt);
    return inOrder.slice(1).flatMap(({ handout }, n) => {
      const before = inOrder[n];
      if (before === undefined) return [];
      const isReturned = maybeAfter(before.handout.sentAt, returned.get(taskId)).some(
        ({ sentAt }) => sentAt < handout.answeredAt,
      );
      const isReoffered = before.isUndelivered && handout.answeredAt >= before.until;
      if (isReturned || isReoffered) return [];
      const after = Math.round(handout.answeredAt - before.handout.answeredAt);
      return [`${taskId} (${handout.taskType}) was handed out again after ${after} ms`];
    });
  });
}

function checkEnded({ handouts, results }: History): string[] {
  const ends = groupBy(
    results.filter(({ status }) => status !== "IN_PROGRESS"),
    ({ taskId }) => taskId,
  );
  return handouts.flatMap(({ taskId, taskType, sentAt }) =>
    (ends.get(taskId) ?? []).some(({ answeredAt = Infinity }) => answeredAt < sentAt)
      ? [`${taskId} (${taskType}) was handed out after its result was acknowledged`]
      : [],
  );
}

function checkConcurrency(
  taskType: string,
  { concurrentExecLimit }: TaskRules,
  holds: readonly Hold[],
): string[] {
  if (concurrentExecLimit === undefined) return [];
  // Ends first: what ends when another begins is not held with it.
  const changes = holds
    .filter(({ handout, until }) => until > handout.answeredAt)
    .flatMap(({ handout, until }) => [
      { at: handout.answeredAt, by: 1 },
      { at: until, by: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.by - b.by);
  let count = 0;
  let most = 0;
  for (const { by } of changes) {
    count += by;
    most = Math.max(most, count);
  }
  if (most <= concurrentExecLimit) return [];
  return [`${taskType}: ${most} attempts at a time, ${concurrentExecLimit} are allowed`];
}

function checkRate(taskType: string, { rateLimit }: TaskRules, holds: readonly Hold[]): string[] {
  if (rateLimit === undefined) return [];
  const { perWindow, windowMs } = rateLimit;
  const certain = holds
    .filter(({ isUndelivered }) => !isUndelivered)
    .map(({ handout }) => handout)
    .sort((a, b) => a.answeredAt - b.answeredAt);
  for (const [n, last] of certain.entries()) {
    const together = certain.slice(n - perWindow, n + 1);
    if (n < perWindow || last.answeredAt - firstSent(together) >= windowMs) continue;
    return [`${taskType}: ${perWindow + 1} claims within ${windowMs} ms, ${perWindow} are allowed`];
  }
  return [];
}
