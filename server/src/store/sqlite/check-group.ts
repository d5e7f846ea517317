import type { Row } from "./database.ts";
import { decodeId, encodeId } from "./ids.ts";
import { ENDED_FROM, WORKFLOW_INDEXED } from "./rows.ts";
import type { Statements } from "./statements.ts";
import type { Answer, GroupChange, GroupStep } from "./steps.ts";

const NAME = WORKFLOW_INDEXED.findIndex((each) => each.name === "name");

/** The name of the workflow that a change is about. */
export function nameIn(change: GroupChange): string {
  return String(change.workflow[NAME]);
}

/** Why a group does not hold; `undefined` when it does. `stored` is the row of `findWorkflow`. */
export function checkGroup(
  statements: Statements,
  step: GroupStep,
  stored: Row | undefined,
): Answer | undefined {
  const { change, consumes } = step;
  const version = stored === undefined ? 0 : stored[1];
  if (version !== step.baseVersion) return CONFLICT;
  if (!consumes.every((id) => statements.hasOutbox.get(id) !== undefined)) return CONFLICT;
  if (change === undefined || change.removed) return undefined;
  if (!areClaimsAsSeen(statements, change.claimsSeen)) return CONFLICT;
  return checkKey(statements, step.workflowId, change);
}

const CONFLICT: Answer = { type: "conflict" };

function areClaimsAsSeen(statements: Statements, seen: GroupChange["claimsSeen"]): boolean {
  for (let i = 0; i < seen.length; i += 2) {
    const row = statements.findClaimVersion.get(encodeId(String(seen[i])));
    if ((row?.[0] ?? 0) !== seen[i + 1]) return false;
  }
  return true;
}

/** A key that somebody holds is taken over only from the execution that is named, and only once that has ended. */
function checkKey(
  statements: Statements,
  workflowId: string,
  change: GroupChange,
): Answer | undefined {
  const { idempotency } = change;
  if (idempotency === undefined) return undefined;
  const row = statements.findKeyHolder.get(nameIn(change), idempotency.key);
  if (row === undefined) return undefined;
  const holder = decodeId(row[0] ?? null);
  if (holder === workflowId) return undefined;
  if (holder === idempotency.replaces && Number(row[1]) >= ENDED_FROM) return undefined;
  return { type: "duplicate-key", holder };
}
