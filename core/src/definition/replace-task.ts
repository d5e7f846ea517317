import type { WorkflowDef, WorkflowTask } from "../model/workflow-def.ts";

/** The definition with another entry in place of the one with this ref, wherever that is nested. */
export function replaceTask(
  definition: WorkflowDef,
  ref: string,
  replacement: WorkflowTask,
): WorkflowDef {
  const replaced = (task: WorkflowTask): WorkflowTask => {
    if (task.taskReferenceName === ref) return replacement;
    return {
      ...task,
      decisionCases: Object.fromEntries(
        Object.entries(task.decisionCases).map(([name, list]) => [name, list.map(replaced)]),
      ),
      defaultCase: task.defaultCase.map(replaced),
      forkTasks: task.forkTasks.map((branch) => branch.map(replaced)),
      loopOver: task.loopOver.map(replaced),
    };
  };
  return { ...definition, tasks: definition.tasks.map(replaced) };
}
