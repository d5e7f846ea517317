import { assert } from "../assert.ts";
import type { Execution } from "../change/execution.ts";
import { isOpen } from "../model/status.ts";
import type { Task } from "../model/task.ts";
import type { Lookup } from "./decision.ts";
import { bySeq, type Counters, countersOf, isNamedFailure, NO_COUNTERS } from "./draft-counters.ts";
import { LookupSignal } from "./signals.ts";

/**
 * The attempts of a draft: those that changed, over those that are loaded; with the counters and
 * the agenda that follow from them, and the undo of every write.
 */
export abstract class DraftTasks {
  protected readonly execution: Execution | undefined;
  protected readonly tasks: Map<string, Task> = new Map();
  protected readonly isNew: Set<string> = new Set();
  protected readonly deleted: Set<string> = new Set();
  /** Nothing that is loaded counts any more. */
  protected forgotten = false;
  #counters: Counters;
  #lastTaskId: string | undefined;
  /** The live attempts that this draft has made; `null` for a ref whose attempts it has deleted. */
  readonly #live = new Map<string, string | null>();
  readonly #agenda: Set<string>;
  readonly #undo: (() => void)[] = [];
  #writes = 0;
  #seenSeqMax: number | undefined;

  constructor(execution: Execution | undefined) {
    this.execution = execution;
    this.#counters = execution === undefined ? NO_COUNTERS : countersOf(execution.workflow);
    this.#lastTaskId = execution?.workflow.lastTaskId;
    this.#agenda = new Set(execution?.agenda);
  }

  /** Drops what the draft would do to the queue of an attempt that is over. */
  protected abstract leaveQueue(taskId: string): void;

  get counters(): Counters {
    return this.#counters;
  }

  /** The attempt with the highest `seq`, once there is one. */
  get lastTaskId(): string | undefined {
    return this.#lastTaskId;
  }

  /** How many records have been written: what a slice is measured by. */
  get writes(): number {
    return this.#writes;
  }

  mark(): number {
    return this.#undo.length;
  }

  rollbackTo(mark: number): void {
    while (this.#undo.length > mark) this.#undo.pop()?.();
  }

  protected get isUnchanged(): boolean {
    return this.#undo.length === 0;
  }

  protected wrote(undo: () => void): void {
    this.#writes++;
    this.#undo.push(undo);
  }

  protected onUndo(undo: () => void): void {
    this.#undo.push(undo);
  }

  countPermissiveFailure(): void {
    this.count({ permissiveFailureCount: this.#counters.permissiveFailureCount + 1 });
  }

  countDynamicFork(): void {
    this.count({ dynamicForkCount: this.#counters.dynamicForkCount + 1 });
  }

  /** What retry, rerun and restart find out anew. */
  resetPermissiveFailures(count: number): void {
    this.count({ permissiveFailureCount: count });
  }

  /** Sets aside `count` places in the order, and answers the first. */
  reserveSeq(count: number): number {
    const first = this.#counters.seqMax + 1;
    this.count({ seqMax: this.#counters.seqMax + count });
    return first;
  }

  /** The attempt with this id, `undefined` when this execution has none. */
  findTask(taskId: string): Task | undefined {
    const changed = this.tasks.get(taskId);
    if (changed !== undefined) return changed;
    const execution = this.execution;
    if (execution === undefined || this.forgotten || this.deleted.has(taskId)) return undefined;
    const task = execution.tasks.get(taskId);
    if (task !== undefined || execution.complete || execution.absent.has(taskId)) return task;
    throw new LookupSignal({ type: "tasks", taskIds: [taskId] });
  }

  getTask(taskId: string): Task {
    const task = this.findTask(taskId);
    assert(task !== undefined, `task ${taskId} is there`);
    return task;
  }

  /** The live attempt of a ref (with its loop suffix), `undefined` when it has none. */
  findLive(ref: string): Task | undefined {
    const known = this.#live.get(ref);
    const taskId = known === undefined ? this.#storedLive(ref) : known;
    return taskId == null ? undefined : this.findTask(taskId);
  }

  #storedLive(ref: string): string | undefined {
    const execution = this.execution;
    if (execution === undefined || this.forgotten) return undefined;
    const taskId = execution.live.get(ref);
    if (taskId === undefined && !execution.complete)
      throw new LookupSignal({ type: "refs", refs: [ref] });
    return taskId == null || this.deleted.has(taskId) ? undefined : taskId;
  }

  /**
   * The live attempt of a ref as expressions see it: attempts that are made together are made from
   * what was there before them, so within `together` none that it adds is seen.
   */
  findSeen(ref: string): Task | undefined {
    const live = this.findLive(ref);
    const seqMax = this.#seenSeqMax;
    if (live === undefined || seqMax === undefined || live.seq <= seqMax) return live;
    const { retriedTaskId } = live;
    const before = retriedTaskId === undefined ? undefined : this.findTask(retriedTaskId);
    return before === undefined || before.seq > seqMax ? undefined : before;
  }

  /** Makes attempts that do not see each other. */
  together(make: () => void): void {
    const before = this.#seenSeqMax;
    this.#seenSeqMax = this.#counters.seqMax;
    try {
      make();
    } finally {
      this.#seenSeqMax = before;
    }
  }

  /** Throws one lookup for all of these refs that are not known, so that they are fetched together. */
  needRefs(refs: Iterable<string> | (() => Iterable<string>)): void {
    const execution = this.execution;
    if (execution === undefined || execution.complete || this.forgotten) return;
    const wanted = typeof refs === "function" ? refs() : refs;
    const missing = [...wanted].filter((ref) => !this.#live.has(ref) && !execution.live.has(ref));
    if (missing.length > 0) throw new LookupSignal({ type: "refs", refs: missing });
  }

  /** The same for attempts by their ids. */
  needTasks(taskIds: readonly string[]): void {
    const execution = this.execution;
    if (execution === undefined || execution.complete || this.forgotten) return;
    const { tasks, absent } = execution;
    const missing = taskIds.filter(
      (id) => !this.tasks.has(id) && !tasks.has(id) && !absent.has(id),
    );
    if (missing.length > 0) throw new LookupSignal({ type: "tasks", taskIds: missing });
  }

  /** Every attempt by `seq`, SKIPPED ones first. */
  allTasks(): Task[] {
    return this.#collect({ type: "all-tasks" }, () => true);
  }

  /** The open attempts by `seq`. */
  openTasks(): Task[] {
    if (this.#counters.openCount === 0) return [];
    return this.#collect({ type: "open-tasks" }, (task) => isOpen(task.status));
  }

  /** The attempts that have something left to do about, by `seq`. */
  agendaTasks(): Task[] {
    if (this.#counters.agendaCount !== this.#agenda.size)
      throw new LookupSignal({ type: "agenda" });
    return [...this.#agenda].map((taskId) => this.getTask(taskId)).sort(bySeq);
  }

  #collect(lookup: Lookup, wanted: (task: Task) => boolean): Task[] {
    const execution = this.forgotten ? undefined : this.execution;
    const known = [...this.tasks.values()];
    for (const task of execution?.tasks.values() ?? []) {
      if (!this.deleted.has(task.taskId) && !this.tasks.has(task.taskId)) known.push(task);
    }
    if (execution !== undefined && !execution.complete) {
      const openCount = known.filter((task) => isOpen(task.status)).length;
      const hasAll = lookup.type === "open-tasks" && openCount === this.#counters.openCount;
      if (!hasAll) throw new LookupSignal(lookup);
    }
    return known.filter(wanted).sort(bySeq);
  }

  /** Adds an attempt that is to be last in the order, unless its `seq` is set already. */
  addTask(task: Task): Task {
    const added =
      task.seq === 0 && task.status !== "SKIPPED" ? { ...task, seq: this.reserveSeq(1) } : task;
    assert(!this.tasks.has(added.taskId), "a new attempt has a new id");
    this.isNew.add(added.taskId);
    this.count({ taskCount: this.#counters.taskCount + 1 });
    if (added.seq >= this.#counters.seqMax) this.#setLast(added.taskId);
    this.#undo.push(() => this.isNew.delete(added.taskId));
    this.#write(undefined, added);
    const live = this.findLive(added.referenceTaskName);
    if (live === undefined || live.seq <= added.seq)
      this.#setLive(added.referenceTaskName, added.taskId);
    return added;
  }

  /** The attempts that this draft has added behind `seq`. */
  addedSince(seq: number): Task[] {
    return [...this.isNew].map((taskId) => this.getTask(taskId)).filter((task) => task.seq > seq);
  }

  /** Changes an attempt; answers the new record. */
  patchTask(task: Task, patch: Partial<Task>): Task {
    const current = this.getTask(task.taskId);
    const changed = { ...current, ...patch };
    this.#write(current, changed);
    return changed;
  }

  /** Replaces an attempt's record as a whole: how members are taken away. */
  replaceTask(task: Task): Task {
    this.#write(this.getTask(task.taskId), task);
    return task;
  }

  /** Gives the attempt an entry on the agenda, unless it has one. */
  putOnAgenda(task: Task): Task {
    const current = this.getTask(task.taskId);
    if (current.agenda > 0) return current;
    const agenda = this.#counters.agendaNext;
    this.count({ agendaNext: agenda + 1 });
    return this.patchTask(current, { agenda });
  }

  /** Deletes all attempts of a ref, none of which is open. */
  deleteRef(ref: string): void {
    let task = this.findLive(ref);
    while (task !== undefined) {
      const { retriedTaskId } = task;
      this.#delete(task);
      task = retriedTaskId === undefined ? undefined : this.findTask(retriedTaskId);
    }
    const live = this.#live.get(ref);
    this.#live.set(ref, null);
    this.#undo.push(() => {
      if (live === undefined) this.#live.delete(ref);
      else this.#live.set(ref, live);
    });
  }

  #delete(task: Task): void {
    const { taskId } = task;
    assert(!isOpen(task.status) && task.agenda === 0, "nothing is left to do about it");
    const overlaid = this.tasks.get(taskId);
    const isNew = this.isNew.delete(taskId);
    this.tasks.delete(taskId);
    if (!isNew) this.deleted.add(taskId);
    this.count({
      taskCount: this.#counters.taskCount - 1,
      failedCount: this.#counters.failedCount - Number(isNamedFailure(task)),
    });
    this.wrote(() => {
      this.deleted.delete(taskId);
      if (isNew) this.isNew.add(taskId);
      if (overlaid !== undefined) this.tasks.set(taskId, overlaid);
    });
  }

  /** Deletes every attempt (restart, rerun of the whole). */
  deleteAllTasks(): void {
    const tasks = this.allTasks();
    const before = {
      tasks: new Map(this.tasks),
      live: new Map(this.#live),
      agenda: new Set(this.#agenda),
      forgotten: this.forgotten,
    };
    for (const { taskId } of tasks) {
      this.leaveQueue(taskId);
      if (!this.isNew.has(taskId)) this.deleted.add(taskId);
    }
    this.tasks.clear();
    this.#live.clear();
    this.#agenda.clear();
    this.forgotten = true;
    this.#setLast(undefined);
    this.count({ ...NO_COUNTERS, agendaNext: this.#counters.agendaNext });
    this.wrote(() => {
      for (const [taskId, task] of before.tasks) this.tasks.set(taskId, task);
      for (const [ref, taskId] of before.live) this.#live.set(ref, taskId);
      for (const taskId of before.agenda) this.#agenda.add(taskId);
      for (const { taskId } of tasks) this.deleted.delete(taskId);
      this.forgotten = before.forgotten;
    });
  }

  #write(before: Task | undefined, after: Task): void {
    const { taskId } = after;
    const overlaid = this.tasks.get(taskId);
    this.tasks.set(taskId, after);
    this.wrote(() => {
      if (overlaid === undefined) this.tasks.delete(taskId);
      else this.tasks.set(taskId, overlaid);
    });
    const openDelta =
      Number(isOpen(after.status)) - Number(before !== undefined && isOpen(before.status));
    const failedDelta =
      Number(isNamedFailure(after)) - Number(before !== undefined && isNamedFailure(before));
    const agendaDelta = Number(after.agenda > 0) - Number((before?.agenda ?? 0) > 0);
    if (openDelta !== 0 || failedDelta !== 0 || agendaDelta !== 0) {
      this.count({
        openCount: this.#counters.openCount + openDelta,
        failedCount: this.#counters.failedCount + failedDelta,
        agendaCount: this.#counters.agendaCount + agendaDelta,
      });
    }
    if (agendaDelta > 0) {
      this.#agenda.add(taskId);
      this.#undo.push(() => this.#agenda.delete(taskId));
    } else if (agendaDelta < 0) {
      this.#agenda.delete(taskId);
      this.#undo.push(() => this.#agenda.add(taskId));
    }
    if (!isOpen(after.status)) this.leaveQueue(taskId);
  }

  #setLive(ref: string, taskId: string): void {
    const before = this.#live.get(ref);
    this.#live.set(ref, taskId);
    this.#undo.push(() => {
      if (before === undefined) this.#live.delete(ref);
      else this.#live.set(ref, before);
    });
  }

  protected count(patch: Partial<Counters>): void {
    const before = this.#counters;
    this.#counters = { ...before, ...patch };
    this.#undo.push(() => {
      this.#counters = before;
    });
  }

  #setLast(taskId: string | undefined): void {
    const before = this.#lastTaskId;
    this.#lastTaskId = taskId;
    this.#undo.push(() => {
      this.#lastTaskId = before;
    });
  }
}
