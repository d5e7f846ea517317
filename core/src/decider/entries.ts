import { snapshotTaskOf } from "../definition/build-flow.ts";
import { decodeWorkflowTask } from "../definition/decode-workflow-def.ts";
import type { SnapshotTask } from "../definition/snapshot.ts";
import { parseJson } from "../model/json.ts";
import type { TaskDef } from "../model/task-def.ts";
import type { Task } from "../model/task.ts";
import { assert } from "../assert.ts";
import type { Draft } from "./draft.ts";
import { baseRefOf } from "./scope.ts";

/** The entry of the definition that an attempt is of; one of its own for a branch of a dynamic fork. */
export function entryOf(draft: Draft, task: Task): SnapshotTask {
  if (task.workflowTask !== undefined) {
    return snapshotTaskOf(decodeWorkflowTask(parseJson(task.workflowTask)));
  }
  const entry = draft.snapshot.byRef.get(baseRefOf(task));
  assert(entry !== undefined, `the definition has ${task.referenceTaskName}`);
  return entry;
}

/** The task definition that holds for an attempt: its own snapshot's, else the one registered now, else none. */
export function taskDefOf(draft: Draft, task: Task, entry: SnapshotTask): TaskDef | undefined {
  return (
    entry.workflowTask.taskDefinition ?? draft.context.definitions.findTaskDef(task.taskDefName)
  );
}
