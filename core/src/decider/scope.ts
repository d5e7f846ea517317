import type { Scope } from "../expression/scope.ts";
import { isJsonObject, parseJson } from "../model/json.ts";
import type { Json, JsonObject, JsonText } from "../model/json.ts";
import type { Task } from "../model/task.ts";
import { baseRefOf } from "../model/loop-place.ts";
import { inputText, hasDerivedOutput } from "../model/task-output.ts";
import type { Draft } from "./draft.ts";
import { loopOutput, outputOfTask } from "./join-output.ts";
import { findNewest } from "./newest-task.ts";
import { payloadOf } from "./payload.ts";
import { refsOfJoin } from "../model/task-output.ts";

/**
 * What the expressions of an execution can read: `workflow` and the live attempt of every ref (engine.md 8.2).
 * @param taskId - what `${CPEWF_TASK_ID}` stands for, where there is such an id.
 */
export function scopeOf(draft: Draft, taskId?: string): Scope {
  const { context } = draft;
  return {
    read: (first, second, third) =>
      first === "workflow" ? readWorkflow(draft, second) : readTask(draft, first, second, third),
    readAll: (first) => readAll(draft, first),
    names: () => ["workflow", ...new Set(draft.allTasks().map(baseRefOf))],
    ...(taskId === undefined ? {} : { taskId }),
    environment: (name) => context.environment(name),
    workflowEnv: (name) => context.workflowEnv(name),
  };
}

function readWorkflow(draft: Draft, name: string): Json | undefined {
  const { workflow, data } = draft;
  switch (name) {
    case "input":
      return payloadOf(data.input);
    case "output":
      return payloadOf(data.output);
    case "variables":
      return payloadOf(data.variables);
    case "status":
      return workflow.status;
    case "workflowId":
      return workflow.workflowId;
    case "parentWorkflowId":
      return workflow.parentWorkflowId ?? null;
    case "parentWorkflowTaskId":
      return workflow.parentWorkflowTaskId ?? null;
    case "workflowType":
      return workflow.workflowName;
    case "version":
      return workflow.workflowVersion;
    case "correlationId":
      return workflow.correlationId ?? null;
    case "reasonForIncompletion":
      return workflow.reasonForIncompletion ?? null;
    case "schemaVersion":
      return draft.snapshot.definition.schemaVersion;
    default:
      return undefined;
  }
}

const WORKFLOW_MEMBERS = [
  "input",
  "output",
  "status",
  "workflowId",
  "parentWorkflowId",
  "parentWorkflowTaskId",
  "workflowType",
  "version",
  "correlationId",
  "reasonForIncompletion",
  "schemaVersion",
  "variables",
] as const;

function readTask(
  draft: Draft,
  ref: string,
  name: string,
  third: string | undefined,
): Json | undefined {
  const task = findNewest(draft, ref);
  return task === undefined ? undefined : readMember(draft, task, name, third);
}

function readMember(draft: Draft, task: Task, name: string, third?: string): Json | undefined {
  switch (name) {
    case "input":
      return payloadOf(inputText(task, (joinId) => branchesOf(draft, joinId)));
    case "output":
      return outputOf(draft, task, third);
    case "taskType":
      return task.taskType;
    case "referenceTaskName":
      return task.referenceTaskName;
    case "retryCount":
      return task.retryCount;
    case "correlationId":
      return draft.workflow.correlationId ?? null;
    case "taskDefName":
      return task.taskDefName;
    case "scheduledTime":
      return task.scheduledTime;
    case "endTime":
      return task.endTime;
    case "workflowInstanceId":
      return draft.workflowId;
    case "taskId":
      return task.taskId;
    case "reasonForIncompletion":
      return task.reasonForIncompletion ?? null;
    case "iteration":
      return task.iteration;
    default:
      return readClaimed(draft, task, name);
  }
}

function branchesOf(draft: Draft, joinId: string): Task[] {
  return draft.allTasks().filter((task) => task.joinId === joinId);
}

/** Members that a claim changes without a decision. */
function readClaimed(draft: Draft, task: Task, name: string): Json | undefined {
  const claim = draft.claimOf(task);
  const isHeld = claim?.claimed === true;
  switch (name) {
    case "status":
      return isHeld ? "IN_PROGRESS" : task.status;
    case "pollCount":
      return claim?.pollCount ?? task.pollCount;
    case "startTime":
      return claim?.startTime ?? task.startTime;
    case "workerId":
      return (isHeld ? claim.workerId : task.workerId) ?? null;
    case "callbackAfterSeconds":
      return isHeld ? 0 : task.callbackAfterSeconds;
    default:
      return undefined;
  }
}

const TASK_MEMBERS = [
  "input",
  "output",
  "taskType",
  "status",
  "referenceTaskName",
  "retryCount",
  "correlationId",
  "pollCount",
  "taskDefName",
  "scheduledTime",
  "startTime",
  "endTime",
  "workflowInstanceId",
  "taskId",
  "reasonForIncompletion",
  "callbackAfterSeconds",
  "workerId",
  "iteration",
] as const;

function readAll(draft: Draft, first: string): JsonObject | undefined {
  if (first === "workflow") {
    return Object.fromEntries(
      WORKFLOW_MEMBERS.map((name) => [name, readWorkflow(draft, name) ?? null]),
    );
  }
  const task = findNewest(draft, first);
  if (task === undefined) return undefined;
  return Object.fromEntries(
    TASK_MEMBERS.map((name) => [name, readMember(draft, task, name) ?? null]),
  );
}

/** The output of an attempt; one that follows from others' is put together as far as it is needed. */
function outputOf(draft: Draft, task: Task, third: string | undefined): Json {
  if (third === undefined || !hasDerivedOutput(task)) return payloadOf(outputOfTask(draft, task));
  if (task.taskType === "DO_WHILE") return payloadOf(loopOutput(draft, task, [third]));
  if (!refsOfJoin(task).includes(third)) return {};
  const branch = draft.findLive(third);
  return branch === undefined ? {} : { [third]: outputOf(draft, branch, undefined) };
}

/** The object that a text of ours holds; anything else counts as empty. */
export function objectOf(text: JsonText): JsonObject {
  const value = parseJson(text);
  return isJsonObject(value) ? value : {};
}
