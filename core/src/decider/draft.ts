import { assert } from "../assert.ts";
import { NO_DATA } from "../change/apply-changes.ts";
import type { ChangeSet, OutboxMessage, QueueChange } from "../change/change-set.ts";
import type { Execution } from "../change/execution.ts";
import type { Snapshot } from "../definition/snapshot.ts";
import type { Idempotency, InternalCommand, TaskLog } from "../model/command.ts";
import { type Evaluation, evaluationKey, type EvaluationResult } from "../model/evaluation.ts";
import type { Claim, QueueEntry, Timeouts } from "../model/queue.ts";
import type { JsonText } from "../model/json.ts";
import { isOpen } from "../model/status.ts";
import { isSystemType, QUEUED_SYSTEM_TYPES } from "../model/system-types.ts";
import type { Task } from "../model/task.ts";
import type { Workflow, WorkflowData } from "../model/workflow.ts";
import type { WorkflowDef } from "../model/workflow-def.ts";
import type { DecideContext } from "./context.ts";
import { bySeq } from "./draft-counters.ts";
import { DraftTasks } from "./draft-tasks.ts";
import { LookupSignal } from "./signals.ts";

/**
 * What one execution would become: the changes of the commands of a batch, laid over an `Execution` that stays as it
 * is. Every write can be undone back to a `mark`, so that a step that cannot be finished leaves no trace. Reads of what
 * is not loaded throw a `LookupSignal`.
 */
export class Draft extends DraftTasks {
  readonly context: DecideContext;
  readonly workflowId: string;
  #workflow: Workflow | undefined;
  #data: WorkflowData;
  #snapshot: Snapshot | undefined;
  readonly #queue = new Map<string, QueueChange>();
  readonly #outbox: OutboxMessage[] = [];
  readonly #logs: (TaskLog & { readonly taskId: string })[] = [];
  readonly #claimsSeen = new Map<string, number>();
  readonly #setsWorkerId = new Set<string>();
  #idempotency: Idempotency | undefined;
  #removed: { readonly archive: boolean } | undefined;
  /** What children that have just ended have put out, by the attempt that waited for each. */
  readonly childOutputs: Map<string, JsonText> = new Map();
  /** Set while a caller's start is decided: a bad text in it is the caller's mistake, and nothing is stored. */
  refusesBadInput = false;

  constructor(execution: Execution | undefined, context: DecideContext) {
    super(execution);
    this.workflowId = context.workflowId;
    this.context = context;
    this.#workflow = execution?.workflow;
    this.#data = execution?.data ?? NO_DATA;
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

  setWorkflow(workflow: Workflow): void {
    const before = this.#workflow;
    const snapshot = this.#snapshot;
    this.#workflow = workflow;
    if (before?.definitionHash !== workflow.definitionHash) this.#snapshot = undefined;
    this.wrote(() => {
      this.#workflow = before;
      this.#snapshot = snapshot;
    });
  }

  patchWorkflow(patch: Partial<Workflow>): void {
    this.setWorkflow({ ...this.workflow, ...patch });
  }

  /** The execution runs on another definition from now on. */
  replaceDefinition(definition: WorkflowDef): void {
    const { hash } = this.context.definitions.snapshotOf(definition);
    this.patchWorkflow({ definitionHash: hash });
  }

  setData(patch: Partial<WorkflowData>): void {
    const before = this.#data;
    this.#data = { ...before, ...patch };
    this.wrote(() => {
      this.#data = before;
    });
  }

  // ── queue, claims ──────────────────────────────────────────────────────────────────────────────────────────────

  protected override leaveQueue(taskId: string): void {
    if (this.#queue.has(taskId)) this.#setQueue(taskId, undefined);
  }

  enqueue(entry: QueueEntry): void {
    this.#setQueue(entry.taskId, { type: "enqueue", entry });
  }

  heartbeat(taskId: string, updateTime: number): void {
    this.#setQueue(taskId, { type: "heartbeat", taskId, updateTime });
  }

  setTimeouts(taskId: string, timeouts: Timeouts): void {
    const pending = this.#queue.get(taskId);
    if (pending?.type === "enqueue")
      this.#setQueue(taskId, { ...pending, entry: { ...pending.entry, timeouts } });
    else this.#setQueue(taskId, { type: "set-timeouts", taskId, timeouts });
  }

  dequeue(taskId: string): void {
    this.#setQueue(taskId, { type: "dequeue", taskId });
  }

  #setQueue(taskId: string, change: QueueChange | undefined): void {
    const before = this.#queue.get(taskId);
    if (change === undefined) this.#queue.delete(taskId);
    else this.#queue.set(taskId, change);
    this.wrote(() => {
      if (before === undefined) this.#queue.delete(taskId);
      else this.#queue.set(taskId, before);
    });
  }

  /** Says that this draft's `workerId` of an attempt, or its absence, is what was reported. */
  setWorkerId(taskId: string): void {
    if (this.#setsWorkerId.has(taskId)) return;
    this.#setsWorkerId.add(taskId);
    this.onUndo(() => this.#setsWorkerId.delete(taskId));
  }

  /**
   * Who holds an open attempt that is claimed from a queue, `undefined` for any other and for one that this draft has
   * just queued. The commit fails if that has changed since.
   */
  claimOf(task: Task): Claim | undefined {
    if (!this.#mayBeHeld(task)) return undefined;
    const { taskId } = task;
    const claim = this.context.claims.get(taskId);
    if (claim === undefined) throw new LookupSignal({ type: "claims", taskIds: [taskId] });
    if (!this.#claimsSeen.has(taskId)) {
      this.#claimsSeen.set(taskId, claim.claimVersion);
      this.onUndo(() => this.#claimsSeen.delete(taskId));
    }
    return claim;
  }

  /** What a script or a query comes to; looked up unless it is known. */
  evaluate(evaluation: Evaluation): EvaluationResult {
    const result = this.context.evaluations.get(evaluationKey(evaluation));
    if (result === undefined)
      throw new LookupSignal({ type: "evaluations", evaluations: [evaluation] });
    return result;
  }

  /** Throws one lookup for the claims of all these attempts that are not known, so that they are fetched together. */
  needClaims(tasks: readonly Task[]): void {
    const { claims } = this.context;
    const missing = tasks.filter((task) => this.#mayBeHeld(task) && !claims.has(task.taskId));
    if (missing.length === 0) return;
    throw new LookupSignal({ type: "claims", taskIds: missing.map(({ taskId }) => taskId) });
  }

  #mayBeHeld({ taskId, taskType, status }: Task): boolean {
    if (!isOpen(status) || !isClaimable(taskType, status) || this.isNew.has(taskId)) return false;
    return this.#queue.get(taskId)?.type !== "enqueue";
  }

  // ── what goes elsewhere ────────────────────────────────────────────────────────────────────────────────────────

  send(targetWorkflowId: string, command: InternalCommand): void {
    this.#outbox.push({ targetWorkflowId, command });
    this.wrote(() => this.#outbox.pop());
  }

  log(taskId: string, log: TaskLog): void {
    this.#logs.push({ taskId, ...log });
    this.wrote(() => this.#logs.pop());
  }

  takeKey(idempotency: Idempotency): void {
    this.#idempotency = idempotency;
    this.wrote(() => {
      this.#idempotency = undefined;
    });
  }

  remove(archive: boolean): void {
    this.#removed = { archive };
    this.wrote(() => {
      this.#removed = undefined;
    });
  }

  // ── the end ──────────────────────────────────────────────────────────────────────────────────────────

  /** All that changed, or `undefined` when nothing did. */
  toChangeSet(): ChangeSet | undefined {
    if (this.isUnchanged || this.#workflow === undefined) return undefined;
    const { lastTaskId: _before, ...header } = this.#workflow;
    const workflow = {
      ...header,
      ...this.counters,
      ...(this.lastTaskId === undefined ? {} : { lastTaskId: this.lastTaskId }),
      updateTime: this.context.now,
    };
    const tasks = [...this.tasks.values()]
      .map((task) => ({
        task,
        isNew: this.isNew.has(task.taskId),
        ...(this.#setsWorkerId.has(task.taskId) ? { setsWorkerId: true } : {}),
        ...(this.#keepsInput(task) ? { keepsInput: true } : {}),
      }))
      .sort((a, b) => bySeq(a.task, b.task));
    return {
      workflowId: this.workflowId,
      baseVersion: this.execution?.version ?? 0,
      workflow,
      data: this.#changedData(),
      tasks,
      deletedTaskIds: [...this.deleted],
      queue: [...this.#queue.values()],
      outbox: this.#outbox,
      logs: this.#logs,
      claimsSeen: [...this.#claimsSeen].map(([taskId, claimVersion]) => ({ taskId, claimVersion })),
      ...(this.#idempotency === undefined ? {} : { idempotency: this.#idempotency }),
      definitions: this.#newDefinitions(),
      ...(this.#removed === undefined ? {} : { removed: this.#removed }),
    };
  }

  #keepsInput({ taskId, inputData, workflowTask }: Task): boolean {
    const before = this.forgotten ? undefined : this.execution?.tasks.get(taskId);
    return before?.inputData === inputData && before.workflowTask === workflowTask;
  }

  #changedData(): Partial<WorkflowData> {
    if (this.execution === undefined) return this.#data;
    const before = this.execution.data;
    const changed: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(this.#data)) {
      if (before[name as keyof WorkflowData] !== value) changed[name] = value;
    }
    return changed as Partial<WorkflowData>;
  }

  #newDefinitions(): ChangeSet["definitions"] {
    if (this.execution?.workflow.definitionHash === this.workflow.definitionHash) return [];
    return [{ hash: this.snapshot.hash, text: this.snapshot.text }];
  }
}

/** An attempt of the server's that is IN_PROGRESS has left its queue: it waits for somebody outside. */
function isClaimable(taskType: string, status: Task["status"]): boolean {
  if (QUEUED_SYSTEM_TYPES.has(taskType)) return status === "SCHEDULED";
  return !isSystemType(taskType);
}
