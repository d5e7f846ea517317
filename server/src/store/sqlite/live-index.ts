import type { Clock } from "../clock.ts";
import type { ClaimRef, DueDeadline, QueueSize } from "../store.ts";
import { Deadlines } from "./deadlines.ts";
import { type IndexClaim, type IndexEntry, QueueIndex } from "./queue-index.ts";
import type { Reads } from "./reads.ts";
import { decodeId } from "./ids.ts";
import type { Row } from "./database.ts";

/** A deadline whose commit does not come is told again after this time. */
const DEADLINE_AGAIN_MS = 1_000;
/** Deadlines are told in pages, so that a thousand overdue ones do not hold up callers. */
const DEADLINES_PER_PAGE = 500;
const DEADLINE_PAGE_PAUSE_MS = 10;
/** After this time another attempt is made to undo claims whose undoing has failed. */
const TAKE_BACK_AGAIN_MS = 1_000;

export interface LiveIndexParts {
  readonly clock: Clock;
  /** How long a claim that a dead process left undelivered keeps its attempt, from the claim on. */
  readonly undeliveredMs: number;
  /** Undoes claims that nobody has marked delivered in time. */
  readonly takeBack: (claims: readonly IndexClaim[]) => void;
}

/**
 * All that the store keeps in memory: the queues with their limits, the deadlines, the claims whose answer has not left
 * yet; and the one timer that tells when something of it becomes due. Rebuilt from rows at the start.
 */
export class LiveIndex {
  readonly queues: QueueIndex = new QueueIndex();
  readonly #deadlines = new Deadlines();
  readonly #reads: Reads;
  readonly #clock: Clock;
  /** Claims whose answer has neither left nor been taken back, by version. */
  readonly #handedOut = new Map<number, IndexClaim>();
  /** Claims that the last process left, latest first. */
  #orphans: { readonly claim: IndexClaim; readonly at: number }[] = [];
  #onAvailable: ((queues: readonly string[]) => void)[] = [];
  #onDeadlines: ((due: readonly DueDeadline[]) => void)[] = [];
  readonly #undeliveredMs: number;
  readonly #takeBack: (claims: readonly IndexClaim[]) => void;
  #versionNext = 1;
  #quietUntil = -Infinity;
  #timerAt = Infinity;
  #isStopped = false;
  #cancelTimer: (() => void) | undefined;

  constructor(reads: Reads, { clock, undeliveredMs, takeBack }: LiveIndexParts) {
    this.#reads = reads;
    this.#clock = clock;
    this.#undeliveredMs = undeliveredMs;
    this.#takeBack = takeBack;
  }

  onAvailable(listener: (queues: readonly string[]) => void): void {
    this.#onAvailable.push(listener);
  }

  onDeadlines(listener: (due: readonly DueDeadline[]) => void): void {
    this.#onDeadlines.push(listener);
    this.arm();
  }

  /** A claim version that none has had. */
  nextVersion(): number {
    return this.#versionNext++;
  }

  /** Reads what the last process left. */
  restore(): void {
    for (const [key, name, at] of this.#reads
      .query("SELECT key, name, granted_at FROM rate_grant ORDER BY granted_at, key")
      .iterate()) {
      this.queues.restoreGrant(String(name), Number(key), Number(at));
      this.#versionNext = Math.max(this.#versionNext, Number(key) + 1);
    }
    for (const row of this.#reads.query(LIVE_ENTRIES).iterate()) this.#restoreEntry(row);
    for (const [key, at] of this.#reads.query(WORKFLOW_DEADLINES).iterate()) {
      this.setWorkflowDeadline(Number(key), Number(at));
    }
    const [versionMax] =
      this.#reads.query("SELECT ifnull(max(claim_version), 0) FROM queue").get() ?? [];
    this.#versionNext = Math.max(this.#versionNext, Number(versionMax) + 1);
    this.#orphans.sort((a, b) => b.at - a.at);
    this.queues.advance(this.#clock.now());
  }

  #restoreEntry(row: Row): void {
    const [taskKey, claimVersion, claimed, deadlineAt, deliveredAt, updateTime, queue] = row;
    const key = Number(taskKey);
    const version = Number(claimVersion);
    if (deadlineAt !== null) this.setTaskDeadline(key, Number(deadlineAt));
    if (typeof queue !== "string") return;
    this.queues.put(key, version, { queue, claimed: claimed === 1, ...entryOf(row) });
    if (claimed !== 1 || deliveredAt !== null) return;
    const claim = { key, seen: version, version, grant: this.queues.grantNameOf(key) };
    this.#orphans.push({ claim, at: Number(updateTime) + this.#undeliveredMs });
  }

  sizes(): Map<string, QueueSize> {
    return this.queues.sizes();
  }

  setTaskDeadline(key: number, at: number): void {
    this.#deadlines.set(key * 2, at);
  }

  setWorkflowDeadline(key: number, at: number): void {
    this.#deadlines.set(key * 2 + 1, at);
  }

  handOut(claim: IndexClaim): void {
    this.#handedOut.set(claim.version, claim);
  }

  /** Those of the claims whose answer has neither left nor been taken back, which ends with this. */
  takeHandedOut(refs: readonly ClaimRef[]): IndexClaim[] {
    return refs.flatMap(({ claimVersion }) => {
      const claim = this.#handedOut.get(claimVersion);
      this.#handedOut.delete(claimVersion);
      return claim === undefined ? [] : [claim];
    });
  }

  /** Nobody is told of available work for a while: the database is failing, and claims would only fail again. */
  keepQuiet(ms: number): void {
    this.#quietUntil = this.#clock.now() + ms;
  }

  /** Tells what has become available or due, and sets the timer for what comes next. */
  advance(): void {
    const now = this.#clock.now();
    this.queues.advance(now);
    this.#takeOrphans(now);
    const deadlinesDue = this.#takeDeadlines(now);
    const available = now < this.#quietUntil ? [] : this.queues.takeAvailable();
    this.arm(deadlinesDue.length === DEADLINES_PER_PAGE ? now + DEADLINE_PAGE_PAUSE_MS : now);
    if (available.length > 0) for (const listener of this.#onAvailable) listener(available);
    const due = deadlinesDue.flatMap((id) => this.#dueDeadline(id));
    if (due.length > 0) for (const listener of this.#onDeadlines) listener(due);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#onAvailable = [];
    this.#onDeadlines = [];
  }

  #takeOrphans(now: number): void {
    const due: IndexClaim[] = [];
    while ((this.#orphans.at(-1)?.at ?? Infinity) <= now) {
      const orphan = this.#orphans.pop();
      if (orphan !== undefined && this.queues.isAt(orphan.claim.key, orphan.claim.version))
        due.push(orphan.claim);
    }
    if (due.length > 0) this.#takeBack(due);
  }

  /** Undoing these claims has failed: the database is away. */
  takeBackLater(claims: readonly IndexClaim[]): void {
    if (this.#isStopped) return;
    const at = this.#clock.now() + TAKE_BACK_AGAIN_MS;
    this.#orphans.push(...claims.map((claim) => ({ claim, at })));
    this.#orphans.sort((a, b) => b.at - a.at);
    this.arm();
  }

  #takeDeadlines(now: number): number[] {
    if (this.#onDeadlines.length === 0) return [];
    return this.#deadlines.take(now, now + DEADLINE_AGAIN_MS, DEADLINES_PER_PAGE);
  }

  /** Nothing when what is due has just been deleted. */
  #dueDeadline(id: number): DueDeadline[] {
    const key = Math.floor(id / 2);
    const [workflowId = null, taskId = null] =
      this.#reads.query(id % 2 === 0 ? TASK_IDS : WORKFLOW_ID).get(key) ?? [];
    if (workflowId === null) return [];
    return [
      {
        workflowId: decodeId(workflowId),
        ...(taskId === null ? {} : { taskId: decodeId(taskId) }),
      },
    ];
  }

  /** Sets the timer for what comes next, not before `earliest`. */
  arm(earliest: number = this.#clock.now()): void {
    const next = Math.min(
      this.queues.next,
      this.#onDeadlines.length === 0 ? Infinity : this.#deadlines.next,
      this.#orphans.at(-1)?.at ?? Infinity,
      this.queues.hasAvailable ? Math.max(earliest, this.#quietUntil) : Infinity,
    );
    const at = next === Infinity ? Infinity : Math.max(next, earliest);
    if (at === this.#timerAt && this.#cancelTimer !== undefined) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#timerAt = at;
    if (at === Infinity) return;
    this.#cancelTimer = this.#clock.setTimer(at, () => {
      this.#cancelTimer = undefined;
      this.advance();
    });
  }
}

const LIVE_ENTRIES = `SELECT q.task_key, q.claim_version, q.claimed, q.deadline_at, q.delivered_at, q.update_time,
    q.queue, q.priority, q.ready_at, q.limit_name, q.limit_concurrent, q.limit_rate, q.limit_window_ms
  FROM queue q JOIN workflow w ON w.key = q.workflow_key WHERE w.status < 2`;
const WORKFLOW_DEADLINES = `SELECT key, deadline_at FROM workflow INDEXED BY workflow_open
  WHERE status < 2 AND deadline_at IS NOT NULL`;
const TASK_IDS =
  "SELECT w.id, t.id FROM task t JOIN workflow w ON w.key = t.workflow_key WHERE t.key = ?";
const WORKFLOW_ID = "SELECT id FROM workflow WHERE key = ?";

function entryOf(row: Row): Pick<IndexEntry, "priority" | "readyAt" | "limits"> {
  const [priority, readyAt, name, concurrentExecLimit, rateLimitPerFrequency, rateLimitWindowMs] =
    row.slice(7);
  const place = { priority: Number(priority), readyAt: Number(readyAt) };
  if (typeof name !== "string") return place;
  return {
    ...place,
    limits: {
      taskDefName: name,
      ...(typeof concurrentExecLimit === "number" ? { concurrentExecLimit } : {}),
      ...(typeof rateLimitPerFrequency === "number" ? { rateLimitPerFrequency } : {}),
      ...(typeof rateLimitWindowMs === "number" ? { rateLimitWindowMs } : {}),
    },
  };
}
