import { javaText } from "../../expression/java-text.ts";
import type { SnapshotTask } from "../../definition/snapshot.ts";
import { writeJson } from "../../model/json.ts";
import { createTask, resolveInput } from "../create-task.ts";
import { endTask } from "../end-task.ts";
import { objectOf } from "../scope.ts";
import { WorkflowFailure } from "../signals.ts";
import type { TaskType } from "./task-type.ts";

/**
 * SWITCH: chooses its case when it is reached, and brings the head of that case along. A case that matches but is empty
 * runs nothing; only a value that no case names runs the default.
 */
export const switchType: TaskType = {
  *map(draft, entry, place) {
    const { evaluatorType = "", expression = "" } = entry.workflowTask;
    if (evaluatorType !== "value-param") {
      throw new WorkflowFailure("FAILED", `No evaluator registered for type: ${evaluatorType}`);
    }
    const input = resolveInput(draft, entry, {});
    const value = Object.hasOwn(input, expression) ? input[expression] : undefined;
    const selected = javaText(value ?? null);
    const head = headOf(entry, selected);
    const task = createTask(draft, entry, place, {
      taskType: "SWITCH",
      taskDefName: "SWITCH",
      status: "IN_PROGRESS",
      inputData: writeJson({
        ...input,
        case: selected,
        ...(head === undefined ? {} : { hasChildren: "true" }),
      }),
    });
    draft.putOnAgenda(task);
    if (head !== undefined) yield { entry: head, place };
  },
  run(draft, task) {
    const { case: selected = null } = objectOf(task.inputData);
    endTask(draft, task, {
      status: "COMPLETED",
      outputData: writeJson({ evaluationResult: [selected], selectedCase: selected }),
    });
  },
};

/**
 * DECISION, the older form: keeps nothing of its inputs, and runs the default also for a case that
 * matches but is empty.
 */
export const decision: TaskType = {
  *map(draft, entry, place) {
    const { caseValueParam = "" } = entry.workflowTask;
    const input = resolveInput(draft, entry, {});
    const value = Object.hasOwn(input, caseValueParam) ? input[caseValueParam] : undefined;
    const selected = javaText(value ?? null);
    const head = entry.cases.get(selected) ?? entry.defaultCase;
    const task = createTask(draft, entry, place, {
      taskType: "DECISION",
      taskDefName: "DECISION",
      status: "IN_PROGRESS",
      inputData: writeJson({
        case: selected,
        ...(head === undefined ? {} : { hasChildren: "true" }),
      }),
    });
    draft.putOnAgenda(task);
    if (head !== undefined) yield { entry: head, place };
  },
  run(draft, task) {
    const { case: selected = null } = objectOf(task.inputData);
    const outputData = writeJson({ caseOutput: [selected] });
    endTask(draft, task, { status: "COMPLETED", outputData });
  },
};

function headOf(entry: SnapshotTask, selected: string): SnapshotTask | undefined {
  return entry.cases.has(selected) ? entry.cases.get(selected) : entry.defaultCase;
}
