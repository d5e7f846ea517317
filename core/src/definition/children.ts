import type { WorkflowTask } from "../model/workflow-def.ts";

/**
 * The lists of tasks that an entry holds by its type: cases, branches or a loop's body. Lists that
 * do not belong to its type are never run and count for nothing.
 */
function childLists(task: WorkflowTask): readonly (readonly WorkflowTask[])[] {
  switch (task.type) {
    case "SWITCH":
    case "DECISION":
      return [...Object.values(task.decisionCases), task.defaultCase];
    case "FORK_JOIN":
      return task.forkTasks;
    case "DO_WHILE":
      return [task.loopOver];
    default:
      return [];
  }
}

/** These entries and all that are nested in them, each before its own children. */
export function* nestedTasks(tasks: readonly WorkflowTask[]): Generator<WorkflowTask> {
  for (const task of tasks) {
    yield task;
    for (const children of childLists(task)) yield* nestedTasks(children);
  }
}
