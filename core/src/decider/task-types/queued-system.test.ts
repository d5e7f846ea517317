import assert from "node:assert/strict";
import { test } from "node:test";

import { isJsonObject, parseJson } from "../../model/json.ts";
import type { Json, JsonObject } from "../../model/json.ts";
import { DecidedWorld } from "../testing.ts";

const http = (rest: JsonObject = {}): JsonObject => ({
  name: "h",
  taskReferenceName: "h",
  type: "HTTP",
  inputParameters: { http_request: { uri: "http://echo/", method: "GET" } },
  ...rest,
});

function aWorld(entry: JsonObject, taskDef?: JsonObject): { world: DecidedWorld; id: string } {
  const world = new DecidedWorld();
  if (taskDef !== undefined) world.registerTask(taskDef);
  world.register("w", [entry]);
  return { world, id: world.start("w") };
}

/** What an attempt has in the queue. */
function queuedAs(world: DecidedWorld, id: string, entry = "h"): string | undefined {
  const task = world.task(id, entry);
  return world.lastQueueChange(task.taskId);
}

function inputOf(world: DecidedWorld, id: string): JsonObject {
  const value: Json = parseJson(world.task(id, "h").inputData);
  assert.ok(isJsonObject(value));
  return value;
}

test("an HTTP task waits in the queue of its type and shows asyncComplete, whatever its inputs say", () => {
  const { world, id } = aWorld(
    http({ inputParameters: { uri: "http://echo/", method: "GET", asyncComplete: true } }),
  );
  assert.deepEqual(world.trace(id), ["h:SCHEDULED"]);
  assert.equal(world.task(id, "h").taskType, "HTTP");
  assert.equal(inputOf(world, id)["asyncComplete"], false);
  assert.match(queuedAs(world, id) ?? "", /"queue":"HTTP"/);
});

test("a result ends it like a worker's, and a failure is tried again as its definition says", () => {
  const { world, id } = aWorld(http(), { name: "h", retryCount: 1, retryDelaySeconds: 5 });
  world.poll(id, "h");
  world.report(id, "h", "FAILED");
  assert.deepEqual(world.trace(id), ["h:FAILED", "h:SCHEDULED"]);
  assert.match(queuedAs(world, id) ?? "", /"queue":"HTTP"/);
  assert.equal(inputOf(world, id)["asyncComplete"], false);
  world.report(id, "h", "COMPLETED");
  assert.equal(world.execution(id).workflow.status, "COMPLETED");
});

test("with asyncComplete it is IN_PROGRESS outside its queue until an update ends it", () => {
  const { world, id } = aWorld(http({ asyncComplete: true }), {
    name: "h",
    responseTimeoutSeconds: 10,
  });
  world.poll(id, "h");
  world.report(id, "h", "IN_PROGRESS", { response: 1 });
  assert.deepEqual(world.trace(id), ["h:IN_PROGRESS"]);
  assert.match(queuedAs(world, id) ?? "", /"dequeue"/);
  world.now += 60_000;
  world.submit(id, { type: "task-deadline", taskId: world.task(id, "h").taskId });
  assert.deepEqual(world.trace(id), ["h:IN_PROGRESS"]);
  world.report(id, "h", "COMPLETED", { z: 1 });
  assert.equal(world.task(id, "h").outputData, '{"z":1}');
  assert.equal(world.execution(id).workflow.status, "COMPLETED");
});

test("without it, what somebody has set IN_PROGRESS from outside has its response timeout", () => {
  const { world, id } = aWorld(http(), {
    name: "h",
    retryCount: 0,
    responseTimeoutSeconds: 10,
  });
  world.report(id, "h", "IN_PROGRESS");
  const { taskId } = world.task(id, "h");
  world.now += 9_999;
  world.submit(id, { type: "task-deadline", taskId });
  assert.deepEqual(world.trace(id), ["h:IN_PROGRESS"]);
  world.now += 1;
  world.submit(id, { type: "task-deadline", taskId });
  assert.deepEqual(world.trace(id), ["h:TIMED_OUT"]);
});

test("while an executor holds it, its response timeout counts from the claim", () => {
  const { world, id } = aWorld(http({ asyncComplete: true }), {
    name: "h",
    retryCount: 0,
    responseTimeoutSeconds: 10,
  });
  world.poll(id, "h");
  world.now += 10_000;
  world.submit(id, { type: "task-deadline", taskId: world.task(id, "h").taskId });
  assert.deepEqual(world.trace(id), ["h:TIMED_OUT"]);
});

test("an isolation group and a name space give it a queue of its own", () => {
  const { world, id } = aWorld(http(), {
    name: "h",
    isolationGroupId: "slow",
    executionNameSpace: "eu",
  });
  assert.equal(world.task(id, "h").isolationGroupId, "slow");
  assert.match(queuedAs(world, id) ?? "", /"queue":"HTTP@eu-slow"/);
});

test("an HTTP task takes its definition's template; a JDBC task does not", () => {
  const taskDef = { name: "h", inputTemplate: { accept: "text/plain" } };
  const { world, id } = aWorld(http(), taskDef);
  assert.equal(inputOf(world, id)["accept"], "text/plain");
  const other = aWorld(http({ type: "JDBC" }), taskDef);
  assert.equal(inputOf(other.world, other.id)["accept"], undefined);
});

test("a system task has no domain, also when all task types have one", () => {
  const world = new DecidedWorld();
  world.register("w", [http()]);
  const id = world.start("w", {}, { taskToDomain: { "*": "blue" } });
  assert.equal(world.task(id, "h").domain, undefined);
});
