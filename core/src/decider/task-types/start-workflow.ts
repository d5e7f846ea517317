import { startWorkflowRequestDecoder } from "../../definition/decode-requests.ts";
import { validateStartWorkflowRequest } from "../../definition/validate-requests.ts";
import type { StartDetached } from "../../model/command.ts";
import { decode, DecodeError } from "../../model/decode.ts";
import { isJsonObject, type Json, writeJson } from "../../model/json.ts";
import type { StartWorkflowRequest } from "../../model/requests.ts";
import { isOpen } from "../../model/status.ts";
import type { Task } from "../../model/task.ts";
import { createTask, inputText } from "../create-task.ts";
import type { Draft } from "../draft.ts";
import { endTask } from "../end-task.ts";
import { objectOf } from "../scope.ts";
import { startWhenDue } from "../start-when-due.ts";
import type { TaskType } from "./task-type.ts";

/** START_WORKFLOW: starts another execution, and is over when that exists. */
export const startWorkflowType: TaskType = {
  map(draft, entry, place) {
    const task = createTask(draft, entry, place, {
      taskType: "START_WORKFLOW",
      status: "SCHEDULED",
      inputData: inputText(draft, entry, {}),
      callbackAfterSeconds: entry.workflowTask.startDelay,
    });
    if (isOpen(task.status)) startWhenDue(draft, task, entry);
  },
  run(draft, task) {
    const request = readRequest(draft, objectOf(task.inputData)["startWorkflow"]);
    if (typeof request === "string") {
      endTask(draft, task, { status: "FAILED", reasonForIncompletion: request });
      return;
    }
    draft.patchTask(task, { agenda: 0 });
    draft.send(draft.context.newId(), startDetached(draft, task, request));
  },
};

/** What the task asks for, or what is wrong with it. */
function readRequest(draft: Draft, value: Json | undefined): StartWorkflowRequest | string {
  if (value === undefined || value === null) return "Missing 'startWorkflow' in input data.";
  try {
    const request = decode(startWorkflowRequestDecoder, value);
    const [violation] = validateStartWorkflowRequest(request, {
      findTaskDef: (name) => draft.context.definitions.findTaskDef(name),
      isEnvironmentName: (name) => draft.context.environment(name) !== undefined,
      ownerEmailMandatory: false,
      nameValidation: false,
    });
    if (violation === undefined) return request;
    return `startWorkflow validation failed. '${violation.path}' -> ${violation.message}. `;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return `Error reading StartWorkflowRequest. ${error.message}`;
  }
}

function startDetached(draft: Draft, task: Task, request: StartWorkflowRequest): StartDetached {
  const { name = "", version, workflowDef, input } = request;
  const correlationId = request.correlationId ?? draft.workflow.correlationId;
  const hasDomains = Object.keys(request.taskToDomain).length > 0;
  return {
    type: "start-detached",
    starterWorkflowId: draft.workflowId,
    starterTaskId: task.taskId,
    name,
    ...(version === undefined ? {} : { version }),
    ...(workflowDef === undefined
      ? {}
      : { workflowDefinition: writeJson(workflowDef as unknown as Json) }),
    input: writeJson(isJsonObject(input) ? input : {}),
    ...(correlationId === undefined ? {} : { correlationId }),
    priority: request.priority,
    taskToDomain: hasDomains ? request.taskToDomain : draft.data.taskToDomain,
  };
}
