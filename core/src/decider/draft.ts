import { assert } from "../assert.ts";
import { NO_DATA } from "../change/apply-changes.ts";
import type { ChangeSet, OutboxMessage, QueueChange } from "../change/change-set.ts";
import type { Execution } from "../change/execution.ts";
import type { Snapshot } from "../definition/snapshot.ts";
import type { Idempotency, InternalCommand, TaskLog } from "../model/command.ts";
import type { Claim, QueueEntry, Timeouts } from "../model/queue.ts";
import { isOpen } from "../model/status.ts";
import { isSystemType } from "../model/system-types.ts";
import type { Task } from "../model/task.ts";
import type { Workflow, WorkflowData } from "../model/workflow.ts";
import type { DecideContext } from "./context.ts";
import type { Lookup } from "./decision.ts";
import { LookupSignal } from "./signals.ts";

/**
 * What one execution would become: the changes of the commands of a batch, laid over an `Execution` that stays as it
 * is. Every write can be undone back to a `mark`, so that a step that cannot be finished leaves no trace. Reads of what
 * is not loaded throw a `LookupSignal`.
 */
export class Draft {
  readonly context: DecideContext;
  readonly workflowId: string;
  readonly #execution: Execution | undefined;
  #workflow: Workflow | undefined;
  #data: WorkflowData;
  #snapshot: Snapshot | undefined;
  #counters: Counters;
  readonly #tasks = new Map<string, Task>();
  readonly #isNew = new Set<string>();
  readonly #live = new Map<string, string | null>();
  readonly #deleted = new Set<string>();
  #forgotten = false;
  readonly #agenda = new Set<string>();
  readonly #queue = new Map<string, QueueChange>();
  readonly #outbox: OutboxMessage[] = [];
  readonly #logs: (TaskLog & { readonly taskId: string })[] = [];
  readonly #claimsSeen = new Map<string, number>();
  #idempotency: Idempotency | undefined;
  #removed: { readonly archive: boolean } | undefined;
  /** How many records have been written: what a slice is measured by. */
  #writes = 0;
  readonly #undo: (() => void)[] = [];
  /** Set while a caller's start is decided: a bad text in it is the caller's mistake, and nothing is stored. */
  refusesBadInput = false;

  constructor(workflowId: string, execution: Execution | undefined, context: DecideContext) {
    this.workflowId = workflowId;
    this.context = context;
    this.#execution = execution;
    this.#workflow = execution?.workflow;
    this.#data = execution?.data ?? NO_DATA;
    this.#counters = countersOf(execution?.workflow);
    if (execution !== undefined && execution.workflow.agendaCount > 0) {
      for (const task of execution.tasks.values()) {
        if (task.agenda > 0) this.#agenda.add(task.taskId);
      }
    }
  }

  // ── the workflow ───────────────────────────────────────────────────────────────────────────────────────────────

  get exists(): boolean {
    return this.#workflow !== undefined && this.#removed === undefined;
  }

  get workflow(): Workflow {
    assert(this.#workflow !== undefined, "the execution exists");
    return this.#workflow;
  }

  get data(): WorkflowData {
    return this.#data;
  }

  get snapshot(): Snapshot {
    this.#snapshot ??= this.context.definitions.getSnapshot(this.workflow.definitionHash);
    return this.#snapshot;
  }

  get counters(): Readonly<Counters> {
    return this.#counters;
  }

  get writes(): number {
    return this.#writes;
  }

  setWorkflow(workflow: Workflow): void {
    const before = this.#workflow;
    const snapshot = this.#snapshot;
    this.#workflow = workflow;
    if (before?.definitionHash !== workflow.definitionHash) this.#snapshot = undefined;
    this.#wrote(() => {
      this.#workflow = before;
      this.#snapshot = snapshot;
    });
  }

  patchWorkflow(patch: Partial<Workflow>): void {
    this.setWorkflow({ ...this.workflow, ...patch });
  }

  setData(patch: Partial<WorkflowData>): void {
    const before = this.#data;
    this.#data = { ...before, ...patch };
    this.#wrote(() => {
      this.#data = before;
    });
  }

  countPermissiveFailure(): void {
    this.#count({ permissiveFailureCount: this.#counters.permissiveFailureCount + 1 });
  }

  countDynamicFork(): void {
    this.#count({ dynamicForkCount: this.#counters.dynamicForkCount + 1 });
  }

  /** What retry, rerun and restart find out anew. */
  resetPermissiveFailures(count: number): void {
    this.#count({ permissiveFailureCount: count });
  }

  /** Sets aside `count` places in the order, and answers the first. */
  reserveSeq(count: number): number {
    const first = this.#counters.seqMax + 1;
    this.#count({ seqMax: this.#counters.seqMax + count });
    return first;
  }

  // ── attempts ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** The attempt with this id, `undefined` when this execution has none. */
  findTask(taskId: string): Task | undefined {
    const changed = this.#tasks.get(taskId);
    if (changed !== undefined) return changed;
    const execution = this.#execution;
    if (execution === undefined || this.#forgotten || this.#deleted.has(taskId)) return undefined;
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
    const taskId = this.#live.get(ref) ?? this.#storedLive(ref);
    return taskId === undefined ? undefined : this.findTask(taskId);
  }

  #storedLive(ref: string): string | undefined {
    const execution = this.#execution;
    if (execution === undefined || this.#forgotten) return undefined;
    const taskId = execution.live.get(ref);
    if (taskId === undefined && !execution.complete) throw new LookupSignal({ type: "refs", refs: [ref] });
    return taskId == null || this.#deleted.has(taskId) ? undefined : taskId;
  }

  /** Throws one lookup for all of these refs that are not known, so that they are fetched together. */
  needRefs(refs: Iterable<string>): void {
    const execution = this.#execution;
    if (execution === undefined || execution.complete || this.#forgotten) return;
    const missing = [...refs].filter((ref) => !this.#live.has(ref) && !execution.live.has(ref));
    if (missing.length > 0) throw new LookupSignal({ type: "refs", refs: missing });
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
    if (this.#counters.agendaCount !== this.#agenda.size) throw new LookupSignal({ type: "agenda" });
    return [...this.#agenda].map((taskId) => this.getTask(taskId)).sort(bySeq);
  }

  #collect(lookup: Lookup, wanted: (task: Task) => boolean): Task[] {
    const found: Task[] = [];
    let openFound = 0;
    const execution = this.#forgotten ? undefined : this.#execution;
    for (const stored of execution?.tasks.values() ?? []) {
      if (this.#deleted.has(stored.taskId) || this.#tasks.has(stored.taskId)) continue;
      if (isOpen(stored.status)) openFound++;
      if (wanted(stored)) found.push(stored);
    }
    for (const task of this.#tasks.values()) {
      if (isOpen(task.status)) openFound++;
      if (wanted(task)) found.push(task);
    }
    const known = execution === undefined || execution.complete;
    if (!known && !(lookup.type === "open-tasks" && openFound === this.#counters.openCount)) {
      throw new LookupSignal(lookup);
    }
    return found.sort(bySeq);
  }

  /** Adds an attempt that is to be last in the order, unless its `seq` is set already. */
  addTask(task: Task): Task {
    const added = task.seq === 0 && task.status !== "SKIPPED" ? { ...task, seq: this.reserveSeq(1) } : task;
    assert(!this.#tasks.has(added.taskId), "a new attempt has a new id");
    this.#isNew.add(added.taskId);
    this.#count({ taskCount: this.#counters.taskCount + 1 });
    if (added.seq >= this.#counters.seqMax) this.patchWorkflow({ lastTaskId: added.taskId });
    this.#undo.push(() => this.#isNew.delete(added.taskId));
    this.#write(undefined, added);
    const live = this.findLive(added.referenceTaskName);
    if (live === undefined || live.seq <= added.seq) this.#setLive(added.referenceTaskName, added.taskId);
    return added;
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
    this.#count({ agendaNext: agenda + 1 });
    return this.patchTask(current, { agenda });
  }

  /** Deletes every attempt (restart, rerun of the whole). */
  deleteAllTasks(): void {
    const tasks = this.allTasks();
    const before = { tasks: new Map(this.#tasks), live: new Map(this.#live), forgotten: this.#forgotten };
    const agenda = new Set(this.#agenda);
    const queue = new Map(this.#queue);
    for (const task of tasks) {
      if (!this.#isNew.has(task.taskId)) this.#deleted.add(task.taskId);
    }
    this.#tasks.clear();
    this.#live.clear();
    this.#agenda.clear();
    this.#queue.clear();
    this.#forgotten = true;
    this.#count({ ...countersOf(undefined), agendaNext: this.#counters.agendaNext });
    this.#wrote(() => {
      for (const [taskId, task] of before.tasks) this.#tasks.set(taskId, task);
      for (const [ref, taskId] of before.live) this.#live.set(ref, taskId);
      for (const taskId of agenda) this.#agenda.add(taskId);
      for (const [taskId, change] of queue) this.#queue.set(taskId, change);
      for (const task of tasks) this.#deleted.delete(task.taskId);
      this.#forgotten = before.forgotten;
    });
  }

  #write(before: Task | undefined, after: Task): void {
    const { taskId } = after;
    const overlaid = this.#tasks.get(taskId);
    this.#tasks.set(taskId, after);
    this.#wrote(() => {
      if (overlaid === undefined) this.#tasks.delete(taskId);
      else this.#tasks.set(taskId, overlaid);
    });
    const openDelta = Number(isOpen(after.status)) - Number(before !== undefined && isOpen(before.status));
    const failedDelta = Number(isNamedFailure(after)) - Number(before !== undefined && isNamedFailure(before));
    const agendaDelta = Number(after.agenda > 0) - Number((before?.agenda ?? 0) > 0);
    if (openDelta !== 0 || failedDelta !== 0 || agendaDelta !== 0) {
      this.#count({
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
    if (!isOpen(after.status) && this.#queue.has(taskId)) this.#setQueue(taskId, undefined);
  }

  #setLive(ref: string, taskId: string): void {
    const before = this.#live.get(ref);
    this.#live.set(ref, taskId);
    this.#undo.push(() => {
      if (before === undefined) this.#live.delete(ref);
      else this.#live.set(ref, before);
    });
  }

  #count(patch: Partial<Counters>): void {
    const before = this.#counters;
    this.#counters = { ...before, ...patch };
    this.#undo.push(() => {
      this.#counters = before;
    });
  }

  // ── queue, claims ──────────────────────────────────────────────────────────────────────────────────────────────

  enqueue(entry: QueueEntry): void {
    this.#setQueue(entry.taskId, { type: "enqueue", entry });
  }

  heartbeat(taskId: string, updateTime: number): void {
    this.#setQueue(taskId, { type: "heartbeat", taskId, updateTime });
  }

  setTimeouts(taskId: string, timeouts: Timeouts): void {
    const pending = this.#queue.get(taskId);
    if (pending?.type === "enqueue") this.#setQueue(taskId, { ...pending, entry: { ...pending.entry, timeouts } });
    else this.#setQueue(taskId, { type: "set-timeouts", taskId, timeouts });
  }

  dequeue(taskId: string): void {
    this.#setQueue(taskId, { type: "dequeue", taskId });
  }

  #setQueue(taskId: string, change: QueueChange | undefined): void {
    const before = this.#queue.get(taskId);
    if (change === undefined) this.#queue.delete(taskId);
    else this.#queue.set(taskId, change);
    this.#wrote(() => {
      if (before === undefined) this.#queue.delete(taskId);
      else this.#queue.set(taskId, before);
    });
  }

  /**
   * Who holds an open worker attempt, `undefined` for any other and for one that this draft has just queued. The commit
   * fails if that has changed since.
   */
  claimOf({ taskId, taskType, status }: Task): Claim | undefined {
    if (!isOpen(status) || isSystemType(taskType)) return undefined;
    if (this.#isNew.has(taskId) || this.#queue.get(taskId)?.type === "enqueue") return undefined;
    const claim = this.context.claims.get(taskId);
    if (claim === undefined) throw new LookupSignal({ type: "claims", taskIds: [taskId] });
    if (!this.#claimsSeen.has(taskId)) {
      this.#claimsSeen.set(taskId, claim.claimVersion);
      this.#undo.push(() => this.#claimsSeen.delete(taskId));
    }
    return claim;
  }

  // ── what goes elsewhere ────────────────────────────────────────────────────────────────────────────────────────

  send(targetWorkflowId: string, command: InternalCommand): void {
    this.#outbox.push({ targetWorkflowId, command });
    this.#wrote(() => this.#outbox.pop());
  }

  log(taskId: string, log: TaskLog): void {
    this.#logs.push({ taskId, ...log });
    this.#wrote(() => this.#logs.pop());
  }

  takeKey(idempotency: Idempotency): void {
    this.#idempotency = idempotency;
    this.#wrote(() => {
      this.#idempotency = undefined;
    });
  }

  remove(archive: boolean): void {
    this.#removed = { archive };
    this.#wrote(() => {
      this.#removed = undefined;
    });
  }

  // ── undo, and the end ──────────────────────────────────────────────────────────────────────────────────────────

  mark(): number {
    return this.#undo.length;
  }

  rollbackTo(mark: number): void {
    while (this.#undo.length > mark) this.#undo.pop()?.();
  }

  #wrote(undo: () => void): void {
    this.#writes++;
    this.#undo.push(undo);
  }

  /** All that changed, or `undefined` when nothing did. */
  toChangeSet(): ChangeSet | undefined {
    if (this.#undo.length === 0 || this.#workflow === undefined) return undefined;
    const workflow = { ...this.#workflow, ...this.#counters, updateTime: this.context.now };
    const tasks = [...this.#tasks.values()]
      .map((task) => ({ task, isNew: this.#isNew.has(task.taskId) }))
      .sort((a, b) => bySeq(a.task, b.task));
    return {
      workflowId: this.workflowId,
      baseVersion: this.#execution?.version ?? 0,
      workflow,
      data: this.#changedData(),
      tasks,
      deletedTaskIds: [...this.#deleted],
      queue: [...this.#queue.values()],
      outbox: this.#outbox,
      logs: this.#logs,
      claimsSeen: [...this.#claimsSeen].map(([taskId, claimVersion]) => ({ taskId, claimVersion })),
      ...(this.#idempotency === undefined ? {} : { idempotency: this.#idempotency }),
      definitions: this.#newDefinitions(),
      ...(this.#removed === undefined ? {} : { removed: this.#removed }),
    };
  }

  #changedData(): Partial<WorkflowData> {
    if (this.#execution === undefined) return this.#data;
    const before = this.#execution.data;
    const changed: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(this.#data)) {
      if (before[name as keyof WorkflowData] !== value) changed[name] = value;
    }
    return changed as Partial<WorkflowData>;
  }

  #newDefinitions(): ChangeSet["definitions"] {
    if (this.#execution?.workflow.definitionHash === this.workflow.definitionHash) return [];
    return [{ hash: this.snapshot.hash, text: this.snapshot.text }];
  }
}

/** The members of the header that count; kept apart while they change often. */
interface Counters {
  readonly seqMax: number;
  readonly taskCount: number;
  readonly openCount: number;
  readonly agendaNext: number;
  readonly agendaCount: number;
  readonly failedCount: number;
  readonly permissiveFailureCount: number;
  readonly dynamicForkCount: number;
}

function countersOf(workflow: Workflow | undefined): Counters {
  return {
    seqMax: workflow?.seqMax ?? 0,
    taskCount: workflow?.taskCount ?? 0,
    openCount: workflow?.openCount ?? 0,
    agendaNext: workflow?.agendaNext ?? 1,
    agendaCount: workflow?.agendaCount ?? 0,
    failedCount: workflow?.failedCount ?? 0,
    permissiveFailureCount: workflow?.permissiveFailureCount ?? 0,
    dynamicForkCount: workflow?.dynamicForkCount ?? 0,
  };
}

/** Whether the attempt counts for `failedReferenceTaskNames`: TIMED_OUT and CANCELED ones do not. */
export function isNamedFailure(task: Task): boolean {
  return task.status === "FAILED" || task.status === "FAILED_WITH_TERMINAL_ERROR";
}

function bySeq(a: Task, b: Task): number {
  return a.seq - b.seq;
}
