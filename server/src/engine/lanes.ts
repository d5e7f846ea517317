import { isTerminalWorkflow, type Execution } from "@ostinato/core";

import { bytesOf, HotExecutions, type HotLimits } from "./hot-executions.ts";
import { isUrgent, newLane, type Lane, type Submission } from "./submission.ts";

/** Of every batch, this part is for what the engine does for itself, however many callers wait. */
const BEHIND_SHARE = 1 / 8;
/** An execution remembers at most so many ids that are not of it. */
const ABSENT_IDS_MAX = 1_000;

export interface LaneLimits extends HotLimits {
  readonly batchCommandsMax: number;
  readonly batchExecutionsMax: number;
}

/** All lanes: which executions are in memory, what waits for each, and whose turn it is. */
export class Lanes {
  readonly #byId = new Map<string, Lane>();
  readonly #limits: LaneLimits;
  readonly #hot: HotExecutions;
  #front: Lane[] = [];
  #behind: Lane[] = [];
  #waiting = 0;

  constructor(limits: LaneLimits) {
    this.#limits = limits;
    this.#hot = new HotExecutions(this.#byId, limits);
  }

  /** How many commands wait for a batch. */
  get waiting(): number {
    return this.#waiting;
  }

  get size(): number {
    return this.#byId.size;
  }

  get bytes(): number {
    return this.#hot.bytes;
  }

  find(workflowId: string): Lane | undefined {
    return this.#byId.get(workflowId);
  }

  get(workflowId: string): Lane {
    const found = this.#byId.get(workflowId);
    if (found !== undefined) return found;
    const lane = newLane(workflowId);
    this.#byId.set(workflowId, lane);
    return lane;
  }

  /** Puts the command last. An internal one goes behind those of its source that are delayed. */
  add(lane: Lane, submission: Submission): void {
    const { origin } = submission;
    if (origin.type === "outbox" && lane.delayed.size > 0) {
      const delayed = lane.delayed.get(origin.sourceWorkflowId);
      if (delayed !== undefined) {
        delayed.submissions.push(submission);
        origin.done?.();
        return;
      }
    }
    lane.pending.push(submission);
    this.#waiting++;
    this.#queue(lane, isUrgent(submission));
  }

  /** Puts commands back before all others of their execution, in their order. */
  putBack(lane: Lane, submissions: readonly Submission[]): void {
    if (submissions.length === 0) return;
    lane.pending = lane.pending.length === 0 ? [...submissions] : [...submissions, ...lane.pending];
    this.#waiting += submissions.length;
    this.#queue(lane, submissions.some(isUrgent));
  }

  /** Takes those out that are still waiting and match; answers them in order. */
  withdraw(lane: Lane, matches: (submission: Submission) => boolean): Submission[] {
    if (lane.pending.length === 0) return [];
    const withdrawn = lane.pending.filter(matches);
    if (withdrawn.length > 0) {
      lane.pending = lane.pending.filter((submission) => !matches(submission));
      this.#waiting -= withdrawn.length;
    }
    return withdrawn;
  }

  /** The next batch: lanes that are now `busy`, with what is to be decided in `taken`. */
  take(): Lane[] {
    const { batchCommandsMax, batchExecutionsMax } = this.#limits;
    const batch: Lane[] = [];
    const forFront = this.#behind.length === 0 ? 1 : 1 - BEHIND_SHARE;
    let room = Math.ceil(batchCommandsMax * forFront);
    room = this.#takeFrom("queued", batch, {
      commands: room,
      lanes: Math.ceil(batchExecutionsMax * forFront),
    });
    room += batchCommandsMax - Math.ceil(batchCommandsMax * forFront);
    this.#takeFrom("behind", batch, { commands: room, lanes: batchExecutionsMax });
    return batch;
  }

  #takeFrom(
    state: "queued" | "behind",
    batch: Lane[],
    until: { readonly commands: number; readonly lanes: number },
  ): number {
    const list = state === "queued" ? this.#front : this.#behind;
    let room = until.commands;
    let taken = 0;
    for (const lane of list) {
      if (room <= 0 || batch.length >= until.lanes) break;
      taken++;
      if (lane.state !== state) continue;
      lane.state = "busy";
      // One that has very much to do leaves half of the room to those behind it.
      takeCommands(lane, taken < list.length ? Math.ceil(room / 2) : room);
      room -= lane.taken.length;
      this.#waiting -= lane.taken.length;
      if (lane.taken.length > 0) batch.push(lane);
      else this.release(lane);
    }
    const rest = taken === list.length ? [] : list.slice(taken);
    if (state === "queued") this.#front = rest;
    else this.#behind = rest;
    return room;
  }

  /** Something holds on to the lane although nothing of it waits for a batch. */
  pin(lane: Lane): void {
    this.#hot.pin(lane);
  }

  /** What was taken is done with; whatever came meanwhile has its turn in a later batch. */
  release(lane: Lane): void {
    lane.state = "idle";
    lane.taken = [];
    this.rest(lane);
  }

  /** The lane is idle, as far as nothing waits: queues it, keeps it in memory, or lets go of it. */
  rest(lane: Lane): void {
    if (lane.state !== "idle") return;
    if (lane.pending.length > 0) {
      this.#queue(lane, lane.pending.some(isUrgent));
      return;
    }
    if (lane.delayed.size > 0 || lane.isEvictable) return;
    const { execution } = lane;
    if (execution === undefined || isDone(execution)) {
      this.#hot.resize(lane, 0);
      this.#byId.delete(lane.workflowId);
      return;
    }
    if (execution.absent.size > ABSENT_IDS_MAX) execution.absent.clear();
    this.#hot.unpin(lane);
  }

  /** The lane has this execution in memory now; `undefined`: nothing is stored under its id. */
  learn(lane: Lane, execution: Execution | undefined): void {
    lane.known = true;
    lane.execution = execution;
    this.#hot.resize(lane, execution === undefined ? 0 : bytesOf(execution));
  }

  /** What the lane has in memory may be out of date. */
  forget(lane: Lane): void {
    lane.known = false;
    lane.execution = undefined;
    lane.fetched = undefined;
    this.#hot.resize(lane, 0);
  }

  grow(lane: Lane, bytes: number): void {
    this.#hot.resize(lane, lane.bytes + bytes);
  }

  #queue(lane: Lane, urgent: boolean): void {
    if (lane.state === "busy" || lane.state === "queued") return;
    if (lane.state === "behind" && !urgent) return;
    if (lane.state === "idle") this.#hot.pin(lane);
    lane.state = urgent ? "queued" : "behind";
    (urgent ? this.#front : this.#behind).push(lane);
  }

  [Symbol.iterator](): Iterator<Lane> {
    return this.#byId.values();
  }
}

/** Moves the next commands from `pending` to `taken`: at most `max`, and one that must be alone by itself. */
function takeCommands(lane: Lane, max: number): void {
  const { pending } = lane;
  let count = Math.min(pending.length, max);
  for (let n = 0; n < count; n++) {
    if (pending[n]?.alone === true) count = Math.max(n, 1);
  }
  if (count === pending.length) {
    lane.taken = pending;
    lane.pending = [];
  } else {
    lane.taken = pending.splice(0, count);
  }
}

/** Ended and carried through: nothing but late results will ask for it, so it does not stay in memory. */
function isDone(execution: Execution): boolean {
  const { status, agendaCount, ending } = execution.workflow;
  return isTerminalWorkflow(status) && agendaCount === 0 && ending === undefined;
}
