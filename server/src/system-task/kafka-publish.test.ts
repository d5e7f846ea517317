import assert from "node:assert/strict";
import { test } from "node:test";

import type { Json } from "@ostinato/core";

import { kafkaPublish } from "./kafka-publish.ts";

const CASES: readonly (readonly [request: Json, reason: RegExp])[] = [
  [null, /^Missing Kafka request\. Task input MUST have a 'kafka_request' key/],
  ["text", /kafka_request is no object/],
  [{ topic: "t", value: 1 }, /^No boot strap servers specified$/],
  [{ bootStrapServers: "b:9092", value: 1 }, /^Missing Kafka topic\. See documentation/],
  [{ bootStrapServers: "b:9092", topic: "t" }, /^Missing Kafka value\. {2}See documentation/],
  [
    { bootStrapServers: "b:9092", topic: "t", value: false },
    /^Failed to invoke kafka task due to: no Kafka broker is configured/,
  ],
];
for (const [request, reason] of CASES) {
  test(`KAFKA_PUBLISH of ${JSON.stringify(request)} fails: ${reason.source}`, async () => {
    const input = { kafka_request: request };
    const attempt = { taskId: "t", workflowId: "w", input, asyncComplete: false };
    const result = await kafkaPublish.execute(attempt, new AbortController().signal);
    assert.equal(result.status, "FAILED");
    assert.match(result.reasonForIncompletion ?? "", reason);
  });
}
