import { asCaseText } from "../../evaluation/conversions.ts";
import type { SnapshotTask } from "../../definition/snapshot.ts";
import { type JsonObject, parseJson, writeJson } from "../../model/json.ts";
import type { Task } from "../../model/task.ts";
import { placeOf } from "../../model/loop-place.ts";
import { createTask, resolveInput } from "../create-task.ts";
import type { Draft } from "../draft.ts";
import { endTask } from "../end-task.ts";
import { objectOf } from "../scope.ts";
import { WorkflowFailure } from "../signals.ts";
import type { TaskType } from "./task-type.ts";

/** A case that was chosen, or why none could be. */
type Choice =
  | { readonly type: "case"; readonly selected: string }
  | { readonly type: "error"; readonly reason: string };

const SCRIPTS: ReadonlySet<string> = new Set(["javascript", "graaljs"]);

/**
 * SWITCH: chooses its case when it is reached, and brings the head of that case along. A case that matches but is empty
 * runs nothing; only a value that no case names runs the default. A further attempt chooses anew.
 */
export const switchType: TaskType = {
  *map(draft, entry, place) {
    const input = resolveInput(draft, entry, {});
    const choice = chooseCase(draft, entry, input);
    if (choice.type === "error") {
      createTask(draft, entry, place, {
        taskType: "SWITCH",
        taskDefName: "SWITCH",
        status: "FAILED",
        inputData: writeJson(input),
        reasonForIncompletion: choice.reason,
        endTime: draft.context.now,
      });
      return;
    }
    const head = headOf(entry, choice.selected);
    const task = createTask(draft, entry, place, {
      taskType: "SWITCH",
      taskDefName: "SWITCH",
      status: "IN_PROGRESS",
      inputData: chosenInput(input, choice.selected, head),
    });
    draft.putOnAgenda(task);
    if (head !== undefined) yield { entry: head, place };
  },
  *run(draft, task, entry) {
    const input = objectOf(task.inputData);
    if (task.status !== "SCHEDULED") {
      complete(draft, task, asCaseText(input["case"] ?? null));
      return;
    }
    const choice = chooseCase(draft, entry, input);
    if (choice.type === "error") {
      endTask(draft, task, { status: "FAILED", reasonForIncompletion: choice.reason });
      return;
    }
    const head = headOf(entry, choice.selected);
    const inputData = chosenInput(input, choice.selected, head);
    const { now } = draft.context;
    complete(draft, draft.patchTask(task, { inputData, startTime: now }), choice.selected);
    if (head !== undefined) yield { entry: head, place: placeOf(task) };
  },
};

function chooseCase(draft: Draft, entry: SnapshotTask, input: JsonObject): Choice {
  const { evaluatorType = "", expression = "" } = entry.workflowTask;
  if (evaluatorType === "value-param") {
    const value = Object.hasOwn(input, expression) ? input[expression] : undefined;
    return { type: "case", selected: asCaseText(value ?? null) };
  }
  if (!SCRIPTS.has(evaluatorType)) {
    throw new WorkflowFailure("FAILED", `No evaluator registered for type: ${evaluatorType}`);
  }
  const result = draft.evaluate({
    evaluator: "javascript",
    expression,
    input: writeJson(input),
  });
  return result.type === "error"
    ? { type: "error", reason: result.message }
    : { type: "case", selected: asCaseText(parseJson(result.value)) };
}

function chosenInput(input: JsonObject, selected: string, head: SnapshotTask | undefined): string {
  return writeJson({
    ...input,
    case: selected,
    ...(head === undefined ? {} : { hasChildren: "true" }),
  });
}

function complete(draft: Draft, task: Task, selected: string): void {
  const outputData = writeJson({ evaluationResult: [selected], selectedCase: selected });
  endTask(draft, task, { status: "COMPLETED", outputData });
}

/**
 * DECISION, the older form: keeps nothing of its inputs, and runs the default also for a case that
 * matches but is empty.
 */
export const decision: TaskType = {
  *map(draft, entry, place) {
    const selected = decide(draft, entry);
    const head = entry.cases.get(selected) ?? entry.defaultCase;
    const task = createTask(draft, entry, place, {
      taskType: "DECISION",
      taskDefName: "DECISION",
      status: "IN_PROGRESS",
      inputData: chosenInput({}, selected, head),
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

function decide(draft: Draft, entry: SnapshotTask): string {
  const { caseExpression: expression = "", caseValueParam = "" } = entry.workflowTask;
  const input = resolveInput(draft, entry, {});
  if (expression.trim() === "") {
    const value = Object.hasOwn(input, caseValueParam) ? input[caseValueParam] : undefined;
    return asCaseText(value ?? null);
  }
  const result = draft.evaluate({ evaluator: "javascript", expression, input: writeJson(input) });
  if (result.type === "value") return asCaseText(parseJson(result.value));
  throw new WorkflowFailure("FAILED", `Error while evaluating script: ${expression}`);
}

function headOf(entry: SnapshotTask, selected: string): SnapshotTask | undefined {
  return entry.cases.has(selected) ? entry.cases.get(selected) : entry.defaultCase;
}
