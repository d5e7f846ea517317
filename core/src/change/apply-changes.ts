import type { Task } from "../model/task.ts";
import type { WorkflowData } from "../model/workflow.ts";
import type { ChangeSet } from "./change-set.ts";
import type { Execution } from "./execution.ts";

/** The empty parts of an execution that has just been started. */
export const NO_DATA: WorkflowData = {
  input: "{}",
  output: "{}",
  variables: "{}",
  taskToDomain: {},
  failedReferenceTaskNames: [],
  failedTaskNames: [],
};

/** An execution of which nothing is stored yet. */
export function executionFrom(changeSet: ChangeSet): Execution {
  const execution: Execution = {
    version: 0,
    workflow: changeSet.workflow,
    data: NO_DATA,
    tasks: new Map(),
    live: new Map(),
    absent: new Set(),
    complete: true,
  };
  applyChanges(execution, changeSet);
  return execution;
}

/** Makes `execution` what the committed `changeSet` made of it, in place, in O(changes). */
export function applyChanges(execution: Execution, changeSet: ChangeSet): void {
  execution.version = changeSet.baseVersion + 1;
  execution.workflow = changeSet.workflow;
  if (Object.keys(changeSet.data).length > 0)
    execution.data = { ...execution.data, ...changeSet.data };
  for (const taskId of changeSet.deletedTaskIds) forget(execution, taskId);
  for (const { task } of changeSet.tasks) remember(execution, task);
}

/** Adds a loaded or changed attempt, and makes it the live one of its ref unless a later one is known. */
export function remember(execution: Execution, task: Task): void {
  execution.tasks.set(task.taskId, task);
  const liveId = execution.live.get(task.referenceTaskName);
  const live = liveId == null ? undefined : execution.tasks.get(liveId);
  if (live === undefined || live.seq <= task.seq)
    execution.live.set(task.referenceTaskName, task.taskId);
}

function forget(execution: Execution, taskId: string): void {
  const task = execution.tasks.get(taskId);
  if (task === undefined) return;
  execution.tasks.delete(taskId);
  if (execution.live.get(task.referenceTaskName) !== taskId) return;
  execution.live.delete(task.referenceTaskName);
  for (const other of execution.tasks.values()) {
    if (other.referenceTaskName === task.referenceTaskName) remember(execution, other);
  }
}
