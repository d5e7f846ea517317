import { decodeWorkflowTask } from "../../definition/decode-workflow-def.ts";
import type { Definitions } from "../../definition/definitions.ts";
import { javaText } from "../../expression/java-text.ts";
import { DecodeError } from "../../model/decode.ts";
import { isJsonObject } from "../../model/json.ts";
import type { Json, JsonObject } from "../../model/json.ts";
import { isSystemType } from "../../model/system-types.ts";
import type { WorkflowTask } from "../../model/workflow-def.ts";
import { WorkflowFailure } from "../signals.ts";

/*
 * The branches of a dynamic fork, worked out from its resolved inputs in one of three forms. Source: tasks.md 4.4.
 */

export interface ForkForm {
  /** The fork's own entry, and its ref without loop suffix. */
  readonly fork: WorkflowTask;
  readonly ref: string;
  readonly input: JsonObject;
  /** Whether the workflow has had a dynamic fork before: then refs carry the fork's own. */
  readonly isRepeated: boolean;
  readonly definitions: Definitions;
}

/** One entry per branch, in order, with its whole input in `inputParameters`. Malformed inputs fail the workflow. */
export function forkedTasks(form: ForkForm): WorkflowTask[] {
  const { input, fork, definitions } = form;
  const tasks = Array.isArray(input["forkTaskInputs"])
    ? simpleForm(form, input["forkTaskInputs"] as readonly Json[])
    : fork.dynamicForkTasksParam !== undefined
      ? listForm(form, fork.dynamicForkTasksParam)
      : legacyForm(form);
  return tasks.map((task) => withTaskDef(task, definitions));
}

/** A branch keeps the definition registered for its name now; none registered is none. */
function withTaskDef(task: WorkflowTask, definitions: Definitions): WorkflowTask {
  const taskDefinition =
    task.taskDefinition ??
    (task.name === undefined ? undefined : definitions.findTaskDef(task.name));
  return taskDefinition === undefined ? task : { ...task, taskDefinition };
}

function simpleForm(form: ForkForm, items: readonly Json[]): WorkflowTask[] {
  const { input, fork, ref, isRepeated } = form;
  const workflow = textOf(input["forkTaskWorkflow"]);
  const type =
    workflow === undefined ? (textOf(input["forkTaskType"]) ?? "SIMPLE") : "SUB_WORKFLOW";
  const named = textOf(input["forkTaskName"]);
  const refName = named ?? (workflow === undefined && isSystemType(type) ? type : ref);
  const prefix = isRepeated ? `_${ref}_${refName}` : `_${refName}`;
  const version = Number(textOf(input["forkTaskWorkflowVersion"]) ?? Number.NaN);
  return items.map((item, index) => {
    const inputParameters: JsonObject = isJsonObject(item)
      ? { ...item, __index: index }
      : { input: item, __index: index };
    return {
      ...configuredBy(item),
      name: workflow ?? refName,
      taskReferenceName: `${prefix}_${index}`,
      type,
      inputParameters,
      ...(workflow === undefined ? {} : { subWorkflowParam: childParam(workflow, version, item) }),
      ...(fork.optional ? { optional: true } : {}),
    };
  });
}

function childParam(
  name: string,
  version: number,
  item: Json,
): NonNullable<WorkflowTask["subWorkflowParam"]> {
  const domains =
    isJsonObject(item) && isJsonObject(item["taskToDomain"]) ? item["taskToDomain"] : undefined;
  return {
    name,
    ...(Number.isInteger(version) ? { version } : {}),
    ...(domains === undefined
      ? {}
      : {
          taskToDomain: Object.fromEntries(
            Object.entries(domains).map(([type, list]) => [type, javaText(list)]),
          ),
        }),
  };
}

/** Members of an item that are those of a workflow task configure its branch, if the item can be read as one. */
function configuredBy(item: Json): WorkflowTask {
  try {
    return decodeWorkflowTask(isJsonObject(item) ? item : {});
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return decodeWorkflowTask({});
  }
}

function listForm({ input, fork }: ForkForm, param: string): WorkflowTask[] {
  const list = input[param] ?? null;
  const tasks = readTasks(list);
  if (tasks === undefined) {
    throw new WorkflowFailure(
      "FAILED",
      `Input '${param}' is invalid. Cannot deserialize a list of Workflow Tasks from '${javaText(list)}'`,
    );
  }
  const inputs = input[fork.dynamicForkTasksInputParamName ?? ""] ?? null;
  if (!isJsonObject(inputs)) {
    throw new WorkflowFailure(
      "FAILED",
      `Input to the dynamically forked tasks is not a map -> expecting a map of K,V  but found ${javaText(inputs)}`,
    );
  }
  return tasks.map((task) => {
    const ref = task.taskReferenceName ?? "";
    const own = Object.hasOwn(inputs, ref) ? (inputs[ref] ?? null) : {};
    if (own !== null && !isJsonObject(own)) {
      throw new WorkflowFailure(
        "FAILED",
        `Tasks could not be dynamically forked due to invalid input: the input of ${ref} is not a map: ${javaText(own)}`,
      );
    }
    return { ...task, inputParameters: { ...task.inputParameters, ...own } };
  });
}

function readTasks(list: Json): WorkflowTask[] | undefined {
  if (!Array.isArray(list)) return undefined;
  try {
    const tasks = (list as readonly Json[]).map((item) => decodeWorkflowTask(item));
    return tasks.every((task) => task.taskReferenceName !== undefined) ? tasks : undefined;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return undefined;
  }
}

function legacyForm({ input, fork }: ForkForm): WorkflowTask[] {
  const { dynamicForkJoinTasksParam: param } = fork;
  const value = param === undefined ? null : (input[param] ?? null);
  const list = isJsonObject(value) ? (value["dynamicTasks"] ?? []) : null;
  if (!Array.isArray(list)) {
    throw new WorkflowFailure(
      "FAILED",
      `Dynamic tasks could not be created. The value of ${param ?? "null"} from task's input ` +
        `${javaText(input)} has no dynamic tasks to be scheduled`,
    );
  }
  return (list as readonly Json[]).map((item) => legacyTask(isJsonObject(item) ? item : {}));
}

function legacyTask(item: JsonObject): WorkflowTask {
  const workflow = textOf(item["workflowName"]);
  const task: JsonObject = {
    name: item["taskName"] ?? null,
    taskReferenceName: item["referenceName"] ?? null,
    type: item["type"] ?? "SIMPLE",
    inputParameters: item["input"] ?? {},
    ...(workflow === undefined ? {} : { subWorkflowParam: { name: workflow } }),
  };
  return configuredBy(task);
}

function textOf(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = javaText(value);
  return text.trim() === "" ? undefined : text;
}
