import { javaText } from "../../expression/java-text.ts";
import { resolveTemplate } from "../../expression/template.ts";
import type { SnapshotTask } from "../../definition/snapshot.ts";
import type { StartChild } from "../../model/command.ts";
import { isJsonObject, isRawNumber, parseJson, toNumber, writeJson } from "../../model/json.ts";
import type { Json, JsonObject } from "../../model/json.ts";
import { isOpen } from "../../model/status.ts";
import type { Task } from "../../model/task.ts";
import type { SubWorkflowParams } from "../../model/workflow-def.ts";
import { createTask, resolveInput } from "../create-task.ts";
import type { Draft } from "../draft.ts";
import { objectOf, scopeOf } from "../scope.ts";
import { WorkflowFailure } from "../signals.ts";
import { startWhenDue } from "../start-when-due.ts";
import type { TaskType } from "./task-type.ts";

/**
 * SUB_WORKFLOW: asks for its child to be started under an id that follows from the attempt, and is IN_PROGRESS from the
 * child's answer to its end (see `commands/child.ts`).
 */
export const subWorkflow: TaskType = {
  map(draft, entry, place) {
    const input = childInput(draft, entry);
    const { startDelay, subWorkflowParam } = entry.workflowTask;
    const priority = priorityOf(subWorkflowParam?.priority);
    const task = createTask(draft, entry, place, {
      taskType: "SUB_WORKFLOW",
      status: "SCHEDULED",
      inputData: writeJson(input),
      callbackAfterSeconds: startDelay,
      ...(priority === undefined ? {} : { workflowPriority: priority }),
    });
    if (isOpen(task.status)) startWhenDue(draft, task, entry);
  },
  run(draft, task) {
    draft.patchTask(task, { agenda: 0 });
    draft.send(childIdOf(draft, task), startChild(draft, task));
  },
};

/** The id of an attempt's child: asking for it twice starts one. Source: engine.md 15.2. */
export function childIdOf(draft: Draft, task: Task): string {
  return (
    task.subWorkflowId ??
    draft.context.nameUuid(`subworkflow:${draft.workflowId}:${task.taskId}:${task.retryCount}`)
  );
}

/** What the attempt's record says of the child that it asks for. */
function childInput(draft: Draft, entry: SnapshotTask): JsonObject {
  const param = entry.workflowTask.subWorkflowParam;
  if (param === undefined) {
    throw new WorkflowFailure(
      "FAILED",
      `Task ${entry.workflowTask.name ?? ""} is defined as sub-workflow and is missing subWorkflowParams. ` +
        `Please check the workflow definition`,
    );
  }
  const { name, taskToDomain, idempotencyKey, priority, definition } = resolveParam(draft, param);
  const isInline = isJsonObject(definition);
  return {
    subWorkflowName: name,
    subWorkflowVersion: isInline ? null : (param.version ?? latestVersion(draft, name)),
    subWorkflowTaskToDomain: taskToDomain,
    subWorkflowDefinition: isInline ? definition : null,
    priority,
    idempotencyKey,
    idempotencyStrategy: param.idempotencyStrategy ?? null,
    workflowInput: resolveInput(draft, entry, {}),
  };
}

type ResolvedParam = Readonly<
  Record<"name" | "taskToDomain" | "idempotencyKey" | "priority" | "definition", Json>
>;

function resolveParam(draft: Draft, param: SubWorkflowParams): ResolvedParam {
  const { workflowDefinition } = param;
  const template: JsonObject = {
    name: param.name ?? null,
    taskToDomain: param.taskToDomain ?? null,
    idempotencyKey: param.idempotencyKey ?? null,
    priority: param.priority ?? null,
    definition: typeof workflowDefinition === "string" ? workflowDefinition : null,
  };
  const resolved = resolveTemplate(template, scopeOf(draft)) as ResolvedParam;
  // An inline definition has expressions of its own, which are the child's.
  if (typeof workflowDefinition !== "object") return resolved;
  return {
    ...resolved,
    name: workflowDefinition.name ?? resolved.name,
    definition: workflowDefinition as unknown as JsonObject,
  };
}

function latestVersion(draft: Draft, name: Json): number | null {
  return typeof name === "string"
    ? (draft.context.definitions.findWorkflowDef(name)?.version ?? null)
    : null;
}

function startChild(draft: Draft, task: Task): StartChild {
  const input = objectOf(task.inputData);
  const { subWorkflowVersion: version, subWorkflowDefinition: definition, workflowInput } = input;
  const { correlationId } = draft.workflow;
  const own =
    isJsonObject(workflowInput) && Object.keys(workflowInput).length > 0 ? workflowInput : input;
  const isInline = isJsonObject(definition);
  return {
    type: "start-child",
    parentWorkflowId: draft.workflowId,
    parentWorkflowTaskId: task.taskId,
    name: typeof input["subWorkflowName"] === "string" ? input["subWorkflowName"] : "",
    ...(typeof version === "number" && version !== 0 ? { version } : {}),
    ...(isInline ? { workflowDefinition: writeJson(definition) } : {}),
    input: writeJson(isInline ? { ...own, _systemMetadata: { dynamic: true } } : own),
    ...(correlationId === undefined ? {} : { correlationId }),
    priority: priorityOf(input["priority"]) ?? 0,
    taskToDomain: domainsOf(input["subWorkflowTaskToDomain"]) ?? draft.data.taskToDomain,
  };
}

/** A priority that is no number counts as none, also one that is written as text. */
function priorityOf(priority: Json | undefined): number | undefined {
  const value = isRawNumber(priority) ? toNumber(priority) : priority;
  return typeof value === "number" ? Math.trunc(value) : undefined;
}

function domainsOf(map: Json | undefined): Readonly<Record<string, string>> | undefined {
  if (!isJsonObject(map)) return undefined;
  return Object.fromEntries(Object.entries(map).map(([type, list]) => [type, javaText(list)]));
}

/** The output of an attempt whose child has ended: the child's, and its id, which wins. */
export function outputWithChild(childId: string, childOutput: string): string {
  const output = parseJson(childOutput);
  return writeJson({ ...(isJsonObject(output) ? output : {}), subWorkflowId: childId });
}
