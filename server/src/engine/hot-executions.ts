import type { ChangeSet, Execution, Task, WorkflowData } from "@ostinato/core";

import type { Lane } from "./submission.ts";

/** What a record takes besides its texts, estimated. */
const TASK_BYTES = 1_000;
const EXECUTION_BYTES = 2_000;

export interface HotLimits {
  readonly hotBytesMax: number;
  readonly hotExecutionsMax: number;
}

/**
 * Executions in memory, bounded by what they take there. Idle ones are linked in the order of their last use; the
 * longest unused go first. Those that something waits for are in no list, so that they stay.
 */
export class HotExecutions {
  readonly #lanes: Map<string, Lane>;
  readonly #limits: HotLimits;
  #oldest: Lane | undefined;
  #newest: Lane | undefined;
  #bytes = 0;

  /** @param lanes - all lanes by id; evicted ones are taken out. */
  constructor(lanes: Map<string, Lane>, limits: HotLimits) {
    this.#lanes = lanes;
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The lane's execution takes so many bytes now. */
  resize(lane: Lane, bytes: number): void {
    this.#bytes += bytes - lane.bytes;
    lane.bytes = bytes;
  }

  /** The lane has become idle: it may be evicted from now on. */
  unpin(lane: Lane): void {
    lane.isEvictable = true;
    lane.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = lane;
    else this.#newest.newer = lane;
    this.#newest = lane;
    this.#evict();
  }

  /** The lane is in use again. */
  pin(lane: Lane): void {
    if (!lane.isEvictable) return;
    lane.isEvictable = false;
    if (lane.older === undefined) this.#oldest = lane.newer;
    else lane.older.newer = lane.newer;
    if (lane.newer === undefined) this.#newest = lane.older;
    else lane.newer.older = lane.older;
    lane.older = undefined;
    lane.newer = undefined;
  }

  #evict(): void {
    while (
      this.#bytes > this.#limits.hotBytesMax ||
      this.#lanes.size > this.#limits.hotExecutionsMax
    ) {
      const lane = this.#oldest;
      if (lane === undefined) return;
      this.pin(lane);
      this.resize(lane, 0);
      this.#lanes.delete(lane.workflowId);
    }
  }
}

/** What a loaded execution takes in memory, estimated, in bytes. */
export function bytesOf(execution: Execution): number {
  let bytes = EXECUTION_BYTES + bytesOfData(execution.data);
  for (const task of execution.tasks.values()) bytes += bytesOfTask(task);
  return bytes;
}

/** By how many bytes the change set makes the execution larger; to be asked before it is applied. */
export function growthBy(execution: Execution, changeSet: ChangeSet): number {
  let growth = 0;
  for (const { task, isNew } of changeSet.tasks) {
    growth += bytesOfTask(task);
    const before = isNew ? undefined : execution.tasks.get(task.taskId);
    if (before !== undefined) growth -= bytesOfTask(before);
  }
  for (const taskId of changeSet.deletedTaskIds) {
    const deleted = execution.tasks.get(taskId);
    if (deleted !== undefined) growth -= bytesOfTask(deleted);
  }
  const { input, output, variables } = changeSet.data;
  if (input !== undefined) growth += input.length - execution.data.input.length;
  if (output !== undefined) growth += output.length - execution.data.output.length;
  if (variables !== undefined) growth += variables.length - execution.data.variables.length;
  return growth;
}

export function bytesOfTask(task: Task): number {
  return (
    TASK_BYTES +
    task.inputData.length +
    (task.outputData?.length ?? 0) +
    (task.workflowTask?.length ?? 0)
  );
}

function bytesOfData(data: WorkflowData): number {
  return data.input.length + data.output.length + data.variables.length;
}
