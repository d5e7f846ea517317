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
    agenda: new Set(),
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
  forget(execution, changeSet.deletedTaskIds);
  for (const { task } of changeSet.tasks) remember(execution, task);
}

/** Adds a loaded or changed attempt, whether or not it is the live one of its ref. */
export function keep({ tasks, agenda }: Execution, task: Task): void {
  tasks.set(task.taskId, task);
  if (task.agenda > 0) agenda.add(task.taskId);
  else agenda.delete(task.taskId);
}

/** Adds a loaded or changed attempt, and makes it the live one of its ref unless a later one is known. */
export function remember(execution: Execution, task: Task): void {
  keep(execution, task);
  const liveId = execution.live.get(task.referenceTaskName);
  const live = liveId == null ? undefined : execution.tasks.get(liveId);
  if (live === undefined || live.seq <= task.seq)
    execution.live.set(task.referenceTaskName, task.taskId);
}

/** In O(deleted): what was live before a deleted attempt is the one that it was another attempt of. */
function forget(execution: Execution, taskIds: readonly string[]): void {
  const { tasks, live } = execution;
  const forgotten: Task[] = [];
  for (const taskId of taskIds) {
    const task = tasks.get(taskId);
    if (task === undefined) continue;
    tasks.delete(taskId);
    execution.agenda.delete(taskId);
    forgotten.push(task);
  }
  const before = new Map(forgotten.map((task) => [task.taskId, task.retriedTaskId]));
  for (const { taskId, referenceTaskName: ref } of forgotten) {
    if (live.get(ref) !== taskId) continue;
    let previous = before.get(taskId);
    while (previous !== undefined && before.has(previous)) previous = before.get(previous);
    if (previous !== undefined && tasks.has(previous)) live.set(ref, previous);
    else live.delete(ref);
  }
}
