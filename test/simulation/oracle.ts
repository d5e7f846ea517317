import {
  applyChanges,
  executionFrom,
  isOpen,
  isTerminalWorkflow,
  type ChangeSet,
  type Command,
  type DecideResult,
  type Execution,
  type QueueEntry,
  type Task,
} from "@ostinato/core";

import { mergeClaims } from "../../server/src/engine/merge-claims.ts";
import type { CommitGroup, CommitOutcome } from "../../server/src/store/store.ts";
import type { Coverage } from "./coverage.ts";
import { findMiscounts } from "./recount.ts";

/** Commands that make an ended execution run again; nothing else may change what has ended. */
const REVIVING: ReadonlySet<string> = new Set([
  "restart-workflow",
  "retry-workflow",
  "retry-child",
  "revive-ancestor",
]);
/** Larger executions are counted anew only after some of their commits. */
const ALWAYS_COUNTED_MAX = 60;
const LARGE_COUNTED_EVERY = 32;
const TRACE_MAX = 2_000;

/**
 * Knows what has been committed, from the change sets alone, and judges every commit and every decision by it.
 * The first violation stops the run.
 */
export class Oracle {
  /** Every execution as the commits have made it; those that were removed are not here. */
  readonly executions: Map<string, Execution> = new Map();
  readonly removed: Set<string> = new Set();
  /** Executions that somebody has made run again. */
  readonly revived: Set<string> = new Set();
  /** The last queue entry of each attempt. */
  readonly entries: Map<string, QueueEntry> = new Map();
  /** How often each attempt has been put in the queue. */
  readonly enqueued: Map<string, number> = new Map();
  readonly workflowOf: Map<string, string> = new Map();
  readonly violations: string[] = [];
  readonly trace: string[] = [];
  readonly #holders = new Map<string, string>();
  readonly #coverage: Coverage;
  readonly #now: () => number;
  readonly #onViolation: () => void;
  #hash = 0x811c9dc5;
  commits = 0;

  constructor(ports: { coverage: Coverage; now: () => number; onViolation: () => void }) {
    this.#coverage = ports.coverage;
    this.#now = ports.now;
    this.#onViolation = ports.onViolation;
  }

  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }

  /** Takes something that has happened into the history of the run. */
  note(line: string): void {
    let hash = this.#hash;
    for (let n = 0; n < line.length; n++) hash = Math.imul(hash ^ line.charCodeAt(n), 0x01000193);
    this.#hash = Math.imul(hash ^ this.#now(), 0x01000193);
    this.trace.push(`${this.#now()} ${line}`);
    if (this.trace.length > 2 * TRACE_MAX) this.trace.splice(0, TRACE_MAX);
  }

  violate(message: string): void {
    this.violations.push(message);
    this.#onViolation();
  }

  findTask(taskId: string): Task | undefined {
    const workflowId = this.workflowOf.get(taskId);
    return workflowId === undefined ? undefined : this.executions.get(workflowId)?.tasks.get(taskId);
  }

  /** Whether an execution is PAUSED, or waits for one that is. */
  isPausedBelow(workflowId: string): boolean {
    const execution = this.executions.get(workflowId);
    if (execution === undefined) return false;
    if (execution.workflow.status === "PAUSED") return true;
    return [...execution.tasks.values()].some(
      ({ status, subWorkflowId }) =>
        isOpen(status) && subWorkflowId !== undefined && this.isPausedBelow(subWorkflowId),
    );
  }

  /** A decision was made; nothing of it is true yet. */
  decided(execution: Execution | undefined, commands: readonly Command[], result: DecideResult): void {
    for (const { type } of result.lookups) this.#coverage.hit(`lookup:${type}`);
    if (result.more) this.#coverage.hit("lookup:more");
    const { changeSet } = result;
    if (execution === undefined || changeSet === undefined || changeSet.removed !== undefined) return;
    if (commands.some(({ type }) => REVIVING.has(type))) {
      this.revived.add(changeSet.workflowId);
      return;
    }
    const { workflow } = execution;
    const { workflowId } = changeSet;
    if (isTerminalWorkflow(workflow.status) && changeSet.workflow.status !== workflow.status) {
      // A workflow that has ended may still be terminated, unless it is COMPLETED; that is an operation of its own.
      const isTerminated = commands.some(({ type }) => type === "terminate-workflow");
      if (!isTerminated || workflow.status === "COMPLETED") {
        this.violate(`${workflowId} was ${workflow.status} and became ${changeSet.workflow.status}`);
      }
    }
    for (const { task } of changeSet.tasks) this.#checkEnded(execution.tasks.get(task.taskId), task);
  }

  /** What is over stays as it is, but for being followed up. */
  #checkEnded(before: Task | undefined, after: Task): void {
    if (before === undefined || isOpen(before.status)) return;
    const isSame =
      before.status === after.status ||
      (after.status === "COMPLETED_WITH_ERRORS" && before.status !== "COMPLETED");
    if (!isSame || before.outputData !== after.outputData || before.endTime !== after.endTime) {
      this.violate(`attempt ${after.taskId} was ${before.status} and was changed to ${after.status}`);
    }
  }

  /** A group has been committed. */
  committed(group: CommitGroup, outcome: CommitOutcome): void {
    this.#coverage.hit(`commit:${outcome.type}`);
    if (outcome.type !== "committed" || group.changeSet === undefined) return;
    const { changeSet } = group;
    this.commits++;
    this.#checkVersion(changeSet);
    this.#checkKey(changeSet);
    const { workflowId } = changeSet;
    if (changeSet.removed !== undefined) {
      this.executions.delete(workflowId);
      this.removed.add(workflowId);
      this.note(`removed ${workflowId}`);
      return;
    }
    const before = this.executions.get(workflowId);
    const execution = before ?? executionFrom(changeSet);
    if (before === undefined) this.executions.set(workflowId, execution);
    else applyChanges(before, changeSet);
    mergeClaims(execution, changeSet, outcome.claims);
    for (const change of changeSet.queue) {
      if (change.type !== "enqueue") continue;
      const { taskId } = change.entry;
      this.entries.set(taskId, change.entry);
      this.enqueued.set(taskId, (this.enqueued.get(taskId) ?? 0) + 1);
    }
    for (const { task } of changeSet.tasks) this.workflowOf.set(task.taskId, workflowId);
    this.#noteChange(changeSet);
    const isLarge = execution.tasks.size > ALWAYS_COUNTED_MAX;
    if (isLarge) this.#coverage.hit("commit:large");
    if (isLarge && this.commits % LARGE_COUNTED_EVERY !== 0) return;
    for (const wrong of findMiscounts(execution)) this.violate(`${workflowId}: ${wrong}`);
  }

  #checkVersion({ workflowId, baseVersion }: ChangeSet): void {
    const version = this.executions.get(workflowId)?.version ?? 0;
    if (version === baseVersion) return;
    this.violate(`${workflowId} was committed on version ${baseVersion}, but it is at ${version}`);
  }

  #checkKey({ workflowId, workflow, idempotency }: ChangeSet): void {
    if (idempotency === undefined) return;
    const name = `${workflow.workflowName}/${idempotency.key}`;
    const holder = this.#holders.get(name);
    const holding = holder === undefined ? undefined : this.executions.get(holder);
    if (holding !== undefined && holder !== idempotency.replaces) {
      this.violate(`${workflowId} took the key ${name} that ${holder} holds`);
    }
    if (holding !== undefined && !isTerminalWorkflow(holding.workflow.status)) {
      this.violate(`${workflowId} took the key ${name} of ${holder}, which is open`);
    }
    this.#holders.set(name, workflowId);
  }

  #noteChange({ workflowId, baseVersion, workflow, tasks }: ChangeSet): void {
    let line = `${workflowId}@${baseVersion} ${workflow.status}`;
    for (const { task, isNew } of tasks) {
      line += ` ${task.referenceTaskName}#${task.retryCount}:${task.status}`;
      if (isNew) this.#coverage.hit(`type:${task.taskType}`);
      if (!isOpen(task.status)) this.#coverage.hit(`end:${task.status}`);
    }
    if (isTerminalWorkflow(workflow.status) && workflow.ending === undefined) {
      this.#coverage.hit(`workflow:${workflow.status}`);
    }
    this.note(line);
  }
}
