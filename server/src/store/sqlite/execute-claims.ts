import { type Claim, deadlineOf } from "@ostinato/core";

import type { Row, SqlValue } from "./database.ts";
import { decodeClaim, decodeTimeouts } from "./rows.ts";
import type { Statements } from "./statements.ts";
import type { Answer, ClaimStep, Step, UndoStep } from "./steps.ts";

/** Columns of `findEntry`: the claim, the timeouts, and whether this claim was the first start. */
const TIMEOUTS_FROM = 6;
const STARTED_BY_CLAIM = 11;

/** Claims those attempts that are still as the index saw them. */
export function claim(statements: Statements, step: ClaimStep): Answer {
  for (const version of step.expired) statements.deleteGrant.run(version);
  const deadlines = step.keys.map((key, i) => {
    const row = entryAt(statements, key, step.seen[i]);
    if (row === undefined) return Number.NaN;
    const before = decodeClaim("", row, 0);
    if (before.claimed) return Number.NaN;
    const version = step.versions[i] ?? 0;
    const startTime = before.startTime === 0 ? step.at : before.startTime;
    const after = { claimed: true, startTime, updateTime: step.at };
    const deadlineAt = deadlineOf(decodeTimeouts(row, TIMEOUTS_FROM), after);
    const startedByClaim = Number(before.startTime === 0);
    statements.updateClaim.run(
      ...[version, 1, before.pollCount + 1, startTime, step.at, step.workerId, startedByClaim],
      ...[deadlineAt ?? null, key],
    );
    const grant = step.grants[i];
    if (grant !== undefined && grant !== "") statements.insertGrant.run(version, grant, step.at);
    return deadlineAt ?? Infinity;
  });
  return { type: "deadlines", deadlines };
}

/** Takes claims back: an entry that nobody has claimed has no holder, no sign of life, and the start it came with. */
export function undo(statements: Statements, step: UndoStep): Answer {
  const deadlines = step.keys.map((key, i) => {
    const seen = step.seen[i];
    const row = entryAt(statements, key, seen);
    if (row === undefined || seen === undefined) return Number.NaN;
    const before = decodeClaim("", row, 0);
    if (!before.claimed) return Number.NaN;
    const startTime = row[STARTED_BY_CLAIM] === 1 ? 0 : before.startTime;
    const after = { claimed: false, startTime, updateTime: 0 };
    const deadlineAt = deadlineOf(decodeTimeouts(row, TIMEOUTS_FROM), after);
    statements.updateClaim.run(
      ...[step.versions[i] ?? 0, 0, before.pollCount - 1, startTime, 0, null, 0],
      ...[deadlineAt ?? null, key],
    );
    statements.deleteGrant.run(seen);
    return deadlineAt ?? Infinity;
  });
  return { type: "deadlines", deadlines };
}

export function markDelivered(
  statements: Statements,
  step: Extract<Step, { type: "delivered" }>,
): Answer {
  step.keys.forEach((key, i) => statements.markDelivered.run(step.at, key, step.versions[i] ?? 0));
  return { type: "done" };
}

/** The holder of an attempt gave a sign of life; one that nobody holds any more gives none. */
export function heartbeat(
  statements: Statements,
  key: number,
  beat: { readonly claimVersion: number; readonly updateTime: number },
): number {
  const row = statements.findEntry.get(key);
  if (row === undefined) return Number.NaN;
  const before = decodeClaim("", row, 0);
  if (!before.claimed) return Number.NaN;
  const { claimVersion, updateTime } = beat;
  const deadlineAt = deadlineOf(decodeTimeouts(row, TIMEOUTS_FROM), { ...before, updateTime });
  statements.heartbeat.run(claimVersion, updateTime, deadlineAt ?? null, updateTime, key);
  return deadlineAt ?? Infinity;
}

export function setTimeouts(
  statements: Statements,
  key: number,
  timeouts: readonly SqlValue[],
): number {
  const row = statements.findEntry.get(key);
  if (row === undefined) return Number.NaN;
  const deadlineAt = deadlineOf(decodeTimeouts(timeouts, 0), decodeClaim("", row, 0));
  statements.setTimeouts.run(...timeouts, deadlineAt ?? null, key);
  return deadlineAt ?? Infinity;
}

/** Takes an attempt out of the queue; what the queue knew of it. */
export function takeEntry(statements: Statements, taskId: string, key: number): Claim | undefined {
  const row = statements.findClaim.get(key);
  if (row === undefined) return undefined;
  statements.deleteEntry.run(key);
  return decodeClaim(taskId, row, 0);
}

function entryAt(
  statements: Statements,
  key: number,
  version: number | undefined,
): Row | undefined {
  const row = statements.findEntry.get(key);
  return row?.[0] === version ? row : undefined;
}
