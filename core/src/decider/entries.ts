import { assert } from "../assert.ts";
import { snapshotTaskOf } from "../definition/build-flow.ts";
import { decodeWorkflowTask } from "../definition/decode-workflow-def.ts";
import type { SnapshotTask } from "../definition/snapshot.ts";
import { type BoundedCache, boundedCache } from "../bounded-cache.ts";
import { type JsonText, parseJson, writeJson } from "../model/json.ts";
import type { TaskDef } from "../model/task-def.ts";
import type { Task } from "../model/task.ts";
import type { WorkflowTask } from "../model/workflow-def.ts";
import type { Draft } from "./draft.ts";
import { baseRefOf } from "../model/loop-place.ts";
import { objectOf } from "./scope.ts";

/** Entries of branches, by the text that branches share. */
const branchEntries: BoundedCache<SnapshotTask> = boundedCache(500);

/**
 * The entry of the definition that an attempt is of. For a branch of a dynamic fork it is one that
 * stands alone, without its ref and inputs (`entryWithInputs` has them).
 */
export function entryOf(draft: Draft, task: Task): SnapshotTask {
  if (task.workflowTask === undefined) {
    const entry = draft.snapshot.byRef.get(baseRefOf(task));
    assert(entry !== undefined, `the definition has ${task.referenceTaskName}`);
    return entry;
  }
  const known = branchEntries.get(task.workflowTask);
  if (known !== undefined) return known;
  const entry = snapshotTaskOf(decodeWorkflowTask(parseJson(task.workflowTask)));
  branchEntries.set(task.workflowTask, entry);
  return entry;
}

/** The same, whole. */
export function entryWithInputs(draft: Draft, task: Task): SnapshotTask {
  const entry = entryOf(draft, task);
  if (task.workflowTask === undefined) return entry;
  const ref = baseRefOf(task);
  const inputParameters = objectOf(task.inputParameters ?? task.inputData);
  const workflowTask = { ...entry.workflowTask, taskReferenceName: ref, inputParameters };
  return { ...entry, ref, workflowTask };
}

/** What the record of a branch keeps of its entry, given the input that came of it. */
export function branchMembers(
  workflowTask: WorkflowTask,
  inputData: JsonText,
): Pick<Task, "workflowTask" | "inputParameters"> {
  const { taskReferenceName: _ref, inputParameters, ...shared } = workflowTask;
  const own = writeJson(inputParameters);
  return {
    workflowTask: sharedText(JSON.stringify(shared)),
    ...(own === inputData ? {} : { inputParameters: own }),
  };
}

/** Equal texts of a fork's branches are one in memory. */
function sharedText(text: JsonText): JsonText {
  const known = sharedTexts.get(text);
  if (known === undefined) sharedTexts.set(text, text);
  return known ?? text;
}

const sharedTexts: BoundedCache<JsonText> = boundedCache(500);

/** The task definition that holds for an attempt: its own snapshot's, else the one registered now, else none. */
export function taskDefOf(draft: Draft, task: Task, entry: SnapshotTask): TaskDef | undefined {
  return (
    entry.workflowTask.taskDefinition ?? draft.context.definitions.findTaskDef(task.taskDefName)
  );
}
