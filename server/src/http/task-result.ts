import type { Json, JsonText, TaskLog, TaskResult, UpdateTask, Violation } from "@ostinato/core";
import {
  cutMember,
  DecodeError,
  executionMetadataJson,
  taskResultDecoder,
  writeJson,
} from "@ostinato/core";
import { AppError, ValidationError } from "../errors.ts";
import type { TaskReport } from "../service/task-update.ts";
import { parseBody } from "./body.ts";
import { given } from "./given.ts";

/**
 * Reads a `TaskResult` from its text, leaving its output as text.
 * @throws AppError, DecodeError or ValidationError when it is none
 */
export function readTaskResult(text: string, now: number): TaskReport {
  const cut = cutMember(text, "outputData");
  if (cut === undefined || !isObjectOrNothing(cut.value)) return reportOf(parseBody(text), now);
  const result = taskResultDecoder.decode(parseBody(cut.rest));
  return toReport(result, cut.value?.startsWith("{") === true ? cut.value : undefined, now);
}

/** The same for `update-v2`, which answers missing ids without telling their places. */
export function readTaskResultV2(text: string, now: number): TaskReport {
  try {
    return readTaskResult(text, now);
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const message = error.violations.map((violation) => violation.message).join(", ");
    throw new AppError("BAD_REQUEST", message, { cause: error });
  }
}

/** The same of a value that was parsed before. */
export function reportOf(json: Json, now: number): TaskReport {
  if (json === null) throw new DecodeError("", "must be an object, not null");
  const result = taskResultDecoder.decode(json);
  const { outputData } = result;
  return toReport(result, outputData === undefined ? undefined : writeJson(outputData), now);
}

/** Whether a cut value may be taken as it is; anything else the decoder has to refuse. */
export function isObjectOrNothing(value: JsonText | undefined): boolean {
  return value === undefined || value === "null" || value.startsWith("{");
}

function toReport(result: TaskResult, outputData: JsonText | undefined, now: number): TaskReport {
  const workflowId = result.workflowInstanceId ?? "";
  const taskId = result.taskId ?? "";
  if (workflowId === "" || taskId === "") throw new ValidationError(missingIds(result));
  if (result.extendLease) return { workflowId, taskId, command: { type: "extend-lease", taskId } };
  if (result.status === undefined) {
    throw new AppError("BAD_REQUEST", "The status of a task result cannot be null");
  }
  const path = result.externalOutputPayloadStoragePath?.trim();
  const command: UpdateTask = {
    type: "update-task",
    taskId,
    status: result.status,
    callbackAfterSeconds: result.callbackAfterSeconds,
    logs: logsOf(result, now),
    ...given({
      outputData,
      reasonForIncompletion: result.reasonForIncompletion,
      workerId: result.workerId,
      subWorkflowId: result.subWorkflowId,
      externalOutputPayloadStoragePath: path === "" ? undefined : path,
      outputMessage:
        result.outputMessage === undefined ? undefined : writeJson(result.outputMessage),
      executionMetadata:
        result.executionMetadata && executionMetadataJson(result.executionMetadata),
    }),
  };
  return { workflowId, taskId, command };
}

function missingIds(result: TaskResult): Violation[] {
  const violations: Violation[] = [];
  const check = (name: "taskId" | "workflowInstanceId", message: string): void => {
    const value = result[name];
    if (value !== undefined && value !== "") return;
    const path = `updateTask.arg0.${name}`;
    violations.push(value === undefined ? { path, message } : { path, message, invalidValue: "" });
  };
  check("workflowInstanceId", "Workflow Id cannot be null or empty");
  check("taskId", "Task ID cannot be null or empty");
  return violations;
}

/** A line without a time gets ours: the reference's 0 tells nobody anything. */
function logsOf(result: TaskResult, now: number): TaskLog[] {
  return result.logs.map(({ log, createdTime }) => ({
    log,
    createdTime: createdTime === 0 ? now : createdTime,
  }));
}
