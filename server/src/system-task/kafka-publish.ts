import { isJsonObject } from "@ostinato/core";
import type { Json, JsonObject } from "@ostinato/core";

import { failed, type SystemTaskExecutor } from "./system-task.ts";

/**
 * KAFKA_PUBLISH on a server that no broker is configured for: says what is missing in the request, else that.
 * Source: tasks.md 5.8.
 */
export const kafkaPublish: SystemTaskExecutor = {
  taskType: "KAFKA_PUBLISH",
  execute: ({ input }) => Promise.resolve(failed(findFault(input["kafka_request"]))),
};

function findFault(request: Json | undefined): string {
  if (request === undefined || request === null) return MISSING_REQUEST;
  if (!isJsonObject(request))
    return "Failed to invoke kafka task due to: kafka_request is no object";
  if (isBlank(request, "bootStrapServers")) return "No boot strap servers specified";
  if (isBlank(request, "topic")) return `Missing Kafka topic. ${SEE}`;
  if ((request["value"] ?? null) === null) return `Missing Kafka value.  ${SEE}`;
  return "Failed to invoke kafka task due to: no Kafka broker is configured for this server";
}

const SEE = "See documentation for KafkaTask for required input parameters";
const MISSING_REQUEST =
  "Missing Kafka request. Task input MUST have a 'kafka_request' key with KafkaTask.Input as value. " +
  SEE;

function isBlank(request: JsonObject, key: string): boolean {
  const value = request[key] ?? null;
  return value === null || (typeof value === "string" && value.trim() === "");
}
