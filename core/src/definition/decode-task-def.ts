import { boolean, int, long, oneOf, text } from "../model/decode-scalars.ts";
import type { Decoder } from "../model/decode.ts";
import { jsonObject, list, object, optional, orElse, primitive } from "../model/decode.ts";
import type { SchemaDef, TaskDef } from "../model/task-def.ts";

export const schemaDefDecoder: Decoder<SchemaDef> = object<SchemaDef>("SchemaDef", {
  createTime: primitive(long, 0),
  updateTime: primitive(long, 0),
  ownerApp: optional(text),
  createdBy: optional(text),
  updatedBy: optional(text),
  name: optional(text),
  version: primitive(int, 1),
  type: optional(oneOf(["JSON", "AVRO", "PROTOBUF"])),
  data: optional(jsonObject),
  externalRef: optional(text),
});

/** Source: Conductor's `TaskDef`. */
export const taskDefDecoder: Decoder<TaskDef> = object<TaskDef>("TaskDef", {
  createTime: primitive(long, 0),
  updateTime: primitive(long, 0),
  ownerApp: optional(text),
  createdBy: optional(text),
  updatedBy: optional(text),
  name: optional(text),
  description: optional(text),
  retryCount: primitive(int, 3),
  timeoutSeconds: primitive(long, 0),
  inputKeys: orElse(list(text), []),
  outputKeys: orElse(list(text), []),
  runtimeMetadata: orElse(list(text), []),
  timeoutPolicy: orElse(oneOf(["RETRY", "TIME_OUT_WF", "ALERT_ONLY"]), "TIME_OUT_WF"),
  retryLogic: orElse(oneOf(["FIXED", "EXPONENTIAL_BACKOFF", "LINEAR_BACKOFF"]), "FIXED"),
  retryDelaySeconds: primitive(int, 60),
  responseTimeoutSeconds: primitive(long, 3600),
  concurrentExecLimit: optional(int),
  inputTemplate: orElse(jsonObject, {}),
  rateLimitPerFrequency: orElse(int, 0),
  rateLimitFrequencyInSeconds: orElse(int, 1),
  isolationGroupId: optional(text),
  executionNameSpace: optional(text),
  ownerEmail: optional(text),
  pollTimeoutSeconds: optional(int),
  backoffScaleFactor: orElse(int, 1),
  maxRetryDelaySeconds: primitive(int, 0),
  backoffJitterMs: primitive(int, 0),
  baseType: optional(text),
  totalTimeoutSeconds: primitive(long, 0),
  taskStatusListenerEnabled: primitive(boolean, true),
  inputSchema: optional(schemaDefDecoder),
  outputSchema: optional(schemaDefDecoder),
  enforceSchema: primitive(boolean, false),
});
