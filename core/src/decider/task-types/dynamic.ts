import { assert } from "../../assert.ts";
import { replaceTask } from "../../definition/replace-task.ts";
import type { SnapshotTask } from "../../definition/snapshot.ts";
import { javaMapText, javaText } from "../../expression/java-text.ts";
import { resolveInput } from "../create-task.ts";
import type { Draft } from "../draft.ts";
import { WorkflowFailure } from "../signals.ts";
import { mapByName } from "./worker.ts";
import type { TaskType } from "./task-type.ts";

/**
 * DYNAMIC: becomes the task that one of its inputs names. The execution's own definition has that
 * name from then on, with the task definition that is registered for it, if there is one.
 */
export const dynamic: TaskType = {
  map(draft, entry, place) {
    const param = entry.workflowTask.dynamicTaskNameParam ?? "";
    const input = resolveInput(draft, entry, {});
    const value = Object.hasOwn(input, param) ? input[param] : undefined;
    if (value === undefined || value === null) {
      throw new WorkflowFailure(
        "FAILED",
        `Cannot map a dynamic task based on the parameter and input. ` +
          `Parameter= ${param}, input= ${javaMapText(input)}`,
      );
    }
    mapByName(draft, named(draft, entry, javaText(value)), place);
  },
};

function named(draft: Draft, entry: SnapshotTask, name: string): SnapshotTask {
  const registered = draft.context.definitions.findTaskDef(name);
  const workflowTask = {
    ...entry.workflowTask,
    name,
    ...(registered === undefined ? {} : { taskDefinition: registered }),
  };
  // A branch of a dynamic fork is not in the definition.
  if (!draft.snapshot.byRef.has(entry.ref)) return { ...entry, workflowTask };
  draft.replaceDefinition(replaceTask(draft.snapshot.definition, entry.ref, workflowTask));
  const replaced = draft.snapshot.byRef.get(entry.ref);
  assert(replaced !== undefined, `the definition still has ${entry.ref}`);
  return replaced;
}
