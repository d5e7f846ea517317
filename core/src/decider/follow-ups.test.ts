import assert from "node:assert/strict";
import { test } from "node:test";

import type { JsonObject } from "../model/json.ts";
import { DecidedWorld } from "./testing.ts";

const task = (type: string, ref: string, rest: JsonObject = {}): JsonObject => ({
  name: ref,
  taskReferenceName: ref,
  type,
  ...rest,
});
const simple = (ref: string, rest: JsonObject = {}): JsonObject => task("SIMPLE", ref, rest);
const fork = (branches: readonly (readonly JsonObject[])[]): JsonObject[] => [
  task("FORK_JOIN", "f", { forkTasks: branches }),
  task("JOIN", "j", { joinOn: branches.map((branch) => branch.at(-1)?.["name"] ?? null) }),
];
const terminate = (status: string): JsonObject =>
  task("TERMINATE", "t", { inputParameters: { terminationStatus: status } });

function worldOf(tasks: readonly JsonObject[]): DecidedWorld {
  const world = new DecidedWorld();
  world.registerTask({ name: "a", retryCount: 0 });
  world.register("w", tasks);
  return world;
}

test("a permissive task that has failed wins over a TERMINATE that asks for FAILED", () => {
  const world = worldOf([simple("a", { permissive: true }), terminate("FAILED")]);
  const id = world.start("w");
  world.report(id, "a", "FAILED");
  const { status, reasonForIncompletion } = world.execution(id).workflow;
  assert.equal(status, "FAILED");
  assert.match(reasonForIncompletion ?? "", /failed with status: FAILED and reason: 'broken'$/);
});

test("a TERMINATE that has failed a workflow fails it again after a retry", () => {
  const world = worldOf(fork([[terminate("FAILED")], [simple("a")]]));
  const id = world.start("w");
  assert.equal(world.execution(id).workflow.status, "FAILED");
  world.submit(id, { type: "retry-workflow" });
  assert.equal(world.execution(id).workflow.status, "FAILED");
  assert.deepEqual(world.trace(id).slice(3), ["j:CANCELED", "a:CANCELED"]);
});

test("attempts that are made together do not see each other", () => {
  const reads = { inputParameters: { a: "${a.status}", f: "${f.status}" } };
  const world = worldOf([...fork([[simple("a")], [simple("b", reads)]]), simple("c", reads)]);
  const id = world.start("w");
  assert.equal(world.task(id, "b").inputData, '{"a":null,"f":null}');
  world.report(id, "a", "COMPLETED");
  world.report(id, "b", "COMPLETED");
  assert.equal(world.task(id, "c").inputData, '{"a":"COMPLETED","f":"COMPLETED"}');
});

test("attempts that are retried together see those before them", () => {
  const reads = { inputParameters: { a: "${a.status}", retries: "${a.retryCount}" } };
  const world = worldOf(fork([[simple("a")], [simple("b", reads)]]));
  const id = world.start("w");
  world.report(id, "a", "FAILED");
  world.submit(id, { type: "retry-workflow" });
  assert.equal(world.task(id, "b").inputData, '{"a":"FAILED","retries":0}');
});

test("what ended together with the workflow is followed up once the workflow runs again", () => {
  const until = { inputParameters: { until: "${workflow.input.until}" } };
  const world = worldOf(fork([[task("NOOP", "n"), simple("a")], [task("WAIT", "w", until)]]));
  const id = world.start("w", { until: "soon" });
  assert.equal(world.execution(id).workflow.status, "FAILED");
  assert.deepEqual(world.trace(id).slice(1), [
    "n:COMPLETED",
    "w:FAILED_WITH_TERMINAL_ERROR",
    "j:CANCELED",
  ]);
  world.submit(id, { type: "retry-workflow" });
  assert.equal(world.task(id, "a").referenceTaskName, "a");
  assert.equal(world.task(id, "n").executed, true);
});

test("a child of a child takes the place of the child in the workflow's output, not in the attempt's", () => {
  const world = new DecidedWorld();
  world.register("leaf", [simple("a")]);
  world.register("kid", [task("SUB_WORKFLOW", "m", { subWorkflowParam: { name: "leaf" } })]);
  world.register("w", [task("SUB_WORKFLOW", "s", { subWorkflowParam: { name: "kid" } })]);
  const id = world.start("w");
  const kidId = world.task(id, "s").subWorkflowId ?? "";
  const leafId = world.task(kidId, "m").subWorkflowId ?? "";
  world.report(leafId, "a", "COMPLETED", { x: 1 });
  assert.deepEqual(JSON.parse(world.task(id, "s").outputData ?? ""), {
    x: 1,
    subWorkflowId: kidId,
  });
  assert.deepEqual(JSON.parse(world.execution(id).data.output), { x: 1, subWorkflowId: leafId });
});

test("a priority of a child that is written as text counts as none", () => {
  const world = worldOf([]);
  world.register("kid", [simple("a")]);
  const param = { name: "kid", priority: "7" };
  world.register("w", [task("SUB_WORKFLOW", "s", { subWorkflowParam: param })]);
  const id = world.start("w");
  assert.equal(world.task(id, "s").workflowPriority, 0);
});

test("the next attempt at a child gets what the first one got, and the inputs anew beside it", () => {
  const world = worldOf([]);
  world.registerTask({ name: "s", retryCount: 1, retryDelaySeconds: 0 });
  world.register("kid", [simple("a")]);
  const rest = { subWorkflowParam: { name: "kid" }, inputParameters: { n: "${s.retryCount}" } };
  world.register("w", [task("SUB_WORKFLOW", "s", rest)]);
  const id = world.start("w");
  world.report(world.task(id, "s").subWorkflowId ?? "", "a", "FAILED");
  const { n, workflowInput } = JSON.parse(world.task(id, "s").inputData) as JsonObject;
  assert.deepEqual([n, workflowInput], [0, { n: null }]);
});

test("the older form of a dynamic fork without a list has no branches", () => {
  const legacy = { dynamicForkJoinTasksParam: "d", inputParameters: { d: {} } };
  const world = worldOf([task("FORK_JOIN_DYNAMIC", "f", legacy), task("JOIN", "j")]);
  const id = world.start("w");
  assert.deepEqual(world.trace(id), ["f:COMPLETED", "j:COMPLETED"]);
});

test("names of failed tasks are listed as the reference lists its sets", () => {
  const world = worldOf(fork([[simple("j2", { retryCount: 0, permissive: true })], [simple("a")]]));
  world.registerTask({ name: "a2", retryCount: 0 });
  world.register("w2", [simple("j", { permissive: true, retryCount: 0 }), simple("a2")]);
  const id = world.start("w2");
  world.report(id, "j", "FAILED");
  world.report(id, "a2", "FAILED");
  assert.deepEqual(world.execution(id).data.failedReferenceTaskNames, ["a2", "j"]);
});
