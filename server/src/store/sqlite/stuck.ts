import { QUEUED_SYSTEM_TYPES } from "@ostinato/core";

import type { StuckExecution } from "../store.ts";
import type { Row } from "./database.ts";
import { decodeId, encodeId } from "./ids.ts";
import type { Reads } from "./reads.ts";
import { ENDED_FROM, TASK_STATUS_WORDS, WORKFLOW_STATUS_WORDS } from "./rows.ts";

/**
 * The checker of invariant I2, as far as rows can tell: an execution that is not done has an agenda, an open attempt
 * that somebody or something will move, or an outbox row on its way. It reads every attempt of what it checks.
 */
export function findStuck(reads: Reads, workflowId?: string): StuckExecution[] {
  const where = workflowId === undefined ? "(w.status < 2 OR w.ending IS NOT NULL)" : "w.id = ?";
  const parameters = workflowId === undefined ? [] : [encodeId(workflowId)];
  const stuck: StuckExecution[] = [];
  for (const row of reads.query(`${HEADER} WHERE ${where} ORDER BY w.key`).all(...parameters)) {
    const reason = reasonOf(reads, row);
    if (reason !== undefined) stuck.push({ workflowId: decodeId(row[1] ?? null), reason });
  }
  return stuck;
}

const HEADER = `SELECT w.key, w.id, w.status, w.task_count, w.open_count, w.agenda_count, w.ending,
  EXISTS (SELECT 1 FROM outbox o WHERE o.target_id = w.id OR o.source_id = w.id) FROM workflow w`;
const COUNTS = `SELECT count(*), ifnull(sum(status < 2), 0), ifnull(sum(agenda > 0), 0)
  FROM task WHERE workflow_key = ?`;
const OPEN_TASKS = `SELECT t.ref, t.task_type, t.status, t.agenda, q.queue, q.deadline_at, t.rest, c.status,
    q.task_key, t.sub_workflow_id
  FROM task t LEFT JOIN queue q ON q.task_key = t.key LEFT JOIN workflow c ON c.id = t.sub_workflow_id
  WHERE t.workflow_key = ? AND t.status < 2 ORDER BY t.seq`;

function reasonOf(reads: Reads, row: Row): string | undefined {
  const header = {
    key: Number(row[0]),
    isEnded: Number(row[2]) >= ENDED_FROM,
    isPaused: row[2] === WORKFLOW_STATUS_WORDS.indexOf("PAUSED"),
    counts: [Number(row[3]), Number(row[4]), Number(row[5])] as const,
    isEnding: row[6] !== null,
    hasOutbox: row[7] === 1,
  };
  const wrong = wrongCount(reads, header);
  if (wrong !== undefined) return wrong;
  const [, openCount, agendaCount] = header.counts;
  if (header.isEnded) {
    return header.isEnding || openCount === 0
      ? undefined
      : `it has ended, but ${openCount} attempts are still open`;
  }
  return agendaCount > 0 || header.isPaused ? undefined : whyNothingMoves(reads, header);
}

interface Header {
  readonly key: number;
  readonly isEnded: boolean;
  /** Somebody has to resume it; until then its deadlines may be cleared. */
  readonly isPaused: boolean;
  /** taskCount, openCount, agendaCount. */
  readonly counts: readonly [number, number, number];
  /** Its ending is still being carried through; then it is on the list of agendas. */
  readonly isEnding: boolean;
  /** Something is on its way to it or from it. */
  readonly hasOutbox: boolean;
}

const COUNT_NAMES = ["taskCount", "openCount", "agendaCount"];

function wrongCount(reads: Reads, { key, counts }: Header): string | undefined {
  const rows = (reads.query(COUNTS).get(key) ?? []).map(Number);
  const at = counts.findIndex((count, i) => count !== rows[i]);
  return at < 0 ? undefined : `${COUNT_NAMES[at]} is ${counts[at]}, but its rows say ${rows[at]}`;
}

function whyNothingMoves(reads: Reads, { key, hasOutbox }: Header): string | undefined {
  const tasks = reads.query(OPEN_TASKS).all(key).map(openTask);
  const reasons = tasks.flatMap((task) => whyStuck(task, hasOutbox) ?? []);
  if (reasons.length > 0 || hasOutbox) return reasons[0];
  if (tasks.length === 0) return "nothing is open, and nothing is on its agenda";
  if (!tasks.every((task) => FOLLOWERS.has(task.type))) return undefined;
  return `only ${tasks.map((task) => task.ref).join(", ")} is open, and nothing that would move it`;
}

/** They go on when others end. */
const FOLLOWERS: ReadonlySet<string> = new Set([
  "JOIN",
  "EXCLUSIVE_JOIN",
  "DO_WHILE",
  "FORK",
  "FORK_JOIN",
  "FORK_JOIN_DYNAMIC",
]);
/** They wait for somebody outside, for as long as it takes. */
const WAITERS: ReadonlySet<string> = new Set(["HUMAN", "PULL_WORKFLOW_MESSAGES"]);

interface OpenTask {
  readonly ref: string;
  readonly type: string;
  readonly isStarted: boolean;
  readonly isQueued: boolean;
  readonly hasQueueRow: boolean;
  readonly hasDeadline: boolean;
  readonly rest: { readonly join?: { readonly pending: number }; readonly waitUntilAt?: number };
  readonly childId: string | undefined;
  readonly childStatus: number | undefined;
}

function openTask(row: Row): OpenTask {
  const childStatus = row[7];
  const childId = row[9] ?? null;
  return {
    ref: String(row[0]),
    type: String(row[1]),
    isStarted: row[2] === TASK_STATUS_WORDS.indexOf("IN_PROGRESS"),
    isQueued: row[4] !== null,
    hasQueueRow: row[8] !== null,
    hasDeadline: row[5] !== null,
    rest: typeof row[6] === "string" ? (JSON.parse(row[6]) as OpenTask["rest"]) : {},
    childId: childId === null ? undefined : decodeId(childId),
    childStatus: typeof childStatus === "number" ? childStatus : undefined,
  };
}

/** Of an open attempt without an agenda entry. Nothing is said of what others have to move. */
function whyStuck(task: OpenTask, hasOutbox: boolean): string | undefined {
  const { type } = task;
  if (FOLLOWERS.has(type)) return hasOutbox ? undefined : whyFollowerStuck(task);
  if (WAITERS.has(type) || task.isQueued || task.hasDeadline) return undefined;
  if (type === "SUB_WORKFLOW") return hasOutbox ? undefined : whyChildStuck(task);
  return type === "WAIT" ? whyWaitStuck(task) : whyWorkStuck(task);
}

function whyFollowerStuck({ ref, type, rest }: OpenTask): string | undefined {
  return rest.join?.pending === 0 ? `${ref} (${type}) waits for nothing any more` : undefined;
}

/** Without a time, it waits for a signal. */
function whyWaitStuck({ ref, rest }: OpenTask): string | undefined {
  return rest.waitUntilAt === undefined ? undefined : `${ref} (WAIT) has a time, but no deadline`;
}

/** What was started and has left the queue is completed from outside. */
function whyWorkStuck({ ref, type, isStarted, hasQueueRow }: OpenTask): string | undefined {
  const isOutside = isStarted && (!hasQueueRow || QUEUED_SYSTEM_TYPES.has(type));
  return isOutside ? undefined : `${ref} (${type}) is open, but not in a queue`;
}

function whyChildStuck({ ref, childId, childStatus, isStarted }: OpenTask): string | undefined {
  if (childStatus !== undefined && childStatus < ENDED_FROM) return undefined;
  if (childStatus !== undefined)
    return `${ref} (SUB_WORKFLOW) is open, but its child ${childId} has ended`;
  if (childId !== undefined)
    return `${ref} (SUB_WORKFLOW) has a child ${childId} that does not exist`;
  return isStarted
    ? `${ref} (SUB_WORKFLOW) is IN_PROGRESS without a child`
    : `${ref} (SUB_WORKFLOW) is open, but nothing starts its child`;
}
