import { boolean, int, long, oneOf, text } from "../model/decode-scalars.ts";
import type { Decoder } from "../model/decode.ts";
import {
  anyJson,
  jsonObject,
  list,
  nullable,
  object,
  optional,
  orElse,
  primitive,
  record,
} from "../model/decode.ts";
import type { StartWorkflowRequest, TaskExecLog, TaskResult } from "../model/requests.ts";
import { TASK_RESULT_STATUSES } from "../model/status.ts";
import { idempotencyStrategyDecoder, workflowDefDecoder } from "./decode-workflow-def.ts";

/** Source: Conductor's `StartWorkflowRequest`. */
export const startWorkflowRequestDecoder: Decoder<StartWorkflowRequest> =
  object<StartWorkflowRequest>("StartWorkflowRequest", {
    name: optional(text),
    version: optional(int),
    correlationId: optional(text),
    input: nullable(jsonObject, {}),
    taskToDomain: orElse(record(text), {}),
    workflowDef: optional(workflowDefDecoder),
    externalInputPayloadStoragePath: optional(text),
    priority: orElse(int, 0),
    idempotencyKey: optional(text),
    idempotencyStrategy: optional(idempotencyStrategyDecoder),
  });

const taskExecLogDecoder: Decoder<TaskExecLog> = object<TaskExecLog>("TaskExecLog", {
  log: orElse(text, ""),
  createdTime: primitive(long, 0),
});

/** Source: Conductor's `TaskResult`. */
export const taskResultDecoder: Decoder<TaskResult> = object<TaskResult>("TaskResult", {
  workflowInstanceId: optional(text),
  taskId: optional(text),
  status: optional(oneOf(TASK_RESULT_STATUSES)),
  outputData: optional(jsonObject),
  reasonForIncompletion: optional(text),
  callbackAfterSeconds: primitive(long, 0),
  workerId: optional(text),
  logs: orElse(list(taskExecLogDecoder), []),
  outputMessage: optional(anyJson),
  executionMetadata: optional(jsonObject),
  externalOutputPayloadStoragePath: optional(text),
  subWorkflowId: optional(text),
  extendLease: primitive(boolean, false),
});
