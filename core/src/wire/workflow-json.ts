import type { Snapshot } from "../definition/snapshot.ts";
import type { JsonText } from "../model/json.ts";
import type { Workflow, WorkflowData } from "../model/workflow.ts";
import { jsonMember, textMember } from "./json-members.ts";
import { taskJson } from "./task-json.ts";
import type { Task } from "../model/task.ts";
import { liveAmong } from "../model/task-output.ts";
import type { TaskSource } from "./task-source.ts";

/** An execution as it is read. */
export interface WorkflowSource {
  readonly workflow: Workflow;
  readonly data: WorkflowData;
}

/** The texts of all these attempts of one execution, as a list. */
export function taskListJson(
  tasks: readonly TaskSource[],
  snapshot: Snapshot,
  now: number,
): JsonText {
  const findLive = liveAmong(tasks.map((source) => source.task));
  const findBranches = (joinId: string): Task[] =>
    tasks.map((source) => source.task).filter((task) => task.joinId === joinId);
  const surroundings = { snapshot, now, findLive, findBranches };
  return `[${tasks.map((source) => taskJson(source, surroundings)).join(",")}]`;
}

/**
 * The text of an execution. Source: Conductor's `Workflow`, in the order of its members there.
 * @param tasks - the text of the list to show; `[]` when the attempts are not asked for.
 */
export function workflowJson(
  source: WorkflowSource,
  snapshot: Snapshot,
  tasks: JsonText,
): JsonText {
  const { workflow, data } = source;
  return (
    `{"ownerApp":"","createTime":${workflow.createTime},"updateTime":${workflow.updateTime}` +
    `,"status":"${workflow.status}","endTime":${workflow.endTime}` +
    `,"workflowId":${JSON.stringify(workflow.workflowId)}` +
    textMember("parentWorkflowId", workflow.parentWorkflowId) +
    textMember("parentWorkflowTaskId", workflow.parentWorkflowTaskId) +
    `,"tasks":${tasks},"input":${data.input},"output":${data.output}` +
    textMember("correlationId", workflow.correlationId) +
    textMember("reasonForIncompletion", workflow.reasonForIncompletion) +
    textMember("event", workflow.event) +
    `,"taskToDomain":${JSON.stringify(data.taskToDomain)}` +
    `,"failedReferenceTaskNames":${JSON.stringify(data.failedReferenceTaskNames)}` +
    `,"workflowDefinition":${snapshot.text}` +
    textMember("externalInputPayloadStoragePath", data.externalInputPayloadStoragePath) +
    textMember("externalOutputPayloadStoragePath", data.externalOutputPayloadStoragePath) +
    `,"priority":${workflow.priority},"variables":${data.variables}` +
    `,"lastRetriedTime":${workflow.lastRetriedTime}` +
    `,"failedTaskNames":${JSON.stringify(data.failedTaskNames)},"history":[]` +
    textMember("idempotencyKey", data.idempotencyKey) +
    `,"rateLimited":false,"startTime":${workflow.createTime}` +
    `,"workflowName":${JSON.stringify(workflow.workflowName)}` +
    `,"workflowVersion":${workflow.workflowVersion}}`
  );
}

/** Which of the large parts a `WorkflowStatus` shows. */
export interface StatusParts {
  readonly output: boolean;
  readonly variables: boolean;
}

/** The text of where an execution stands. Source: Conductor's `WorkflowStatus`. */
export function workflowStatusJson(source: WorkflowSource, parts: StatusParts): JsonText {
  const { workflow, data } = source;
  return (
    `{"workflowId":${JSON.stringify(workflow.workflowId)}` +
    textMember("correlationId", workflow.correlationId) +
    jsonMember("output", parts.output ? data.output : undefined) +
    jsonMember("variables", parts.variables ? data.variables : undefined) +
    `,"status":"${workflow.status}"}`
  );
}
