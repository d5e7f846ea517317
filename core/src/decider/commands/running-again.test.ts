import assert from "node:assert/strict";
import { test } from "node:test";

import type { JsonObject } from "../../model/json.ts";
import { DecidedWorld } from "../testing.ts";

function simple(ref: string): JsonObject {
  return { name: ref, taskReferenceName: ref, type: "SIMPLE" };
}

function fork(...branches: readonly (readonly JsonObject[])[]): JsonObject[] {
  const joinOn = branches.map((branch) => branch.at(-1)?.["taskReferenceName"] ?? "");
  return [
    { name: "f", taskReferenceName: "f", type: "FORK_JOIN", forkTasks: branches },
    { name: "j", taskReferenceName: "j", type: "JOIN", joinOn },
  ];
}

function child(ref: string, rest: JsonObject = {}): JsonObject {
  const subWorkflowParam = { name: "kid", version: 1 };
  return { name: ref, taskReferenceName: ref, type: "SUB_WORKFLOW", subWorkflowParam, ...rest };
}

test("a retry follows up what had ended while the execution was paused", () => {
  const world = new DecidedWorld();
  world.register("w", fork([simple("a")], [simple("b")]));
  const id = world.start("w");
  world.submit(id, { type: "pause-workflow" });
  world.report(id, "a", "COMPLETED");
  world.submit(id, { type: "terminate-workflow" });
  world.submit(id, { type: "retry-workflow" });
  world.report(id, "b", "COMPLETED");
  assert.equal(world.task(id, "j").status, "COMPLETED");
  assert.equal(world.execution(id).workflow.status, "COMPLETED");
});

test("an execution that a TERMINATE has ended ends by it again when it is retried", () => {
  const world = new DecidedWorld();
  const inputParameters = { terminationStatus: "FAILED" };
  const stop = { name: "t", taskReferenceName: "t", type: "TERMINATE", inputParameters };
  world.register("w", fork([simple("a")], [stop, simple("b")]));
  const id = world.start("w");
  world.submit(id, { type: "retry-workflow" });
  assert.equal(world.execution(id).workflow.status, "FAILED");
  assert.deepEqual(world.trace(id).slice(-1), ["a:CANCELED"]);
});

test("removing an open child ends the attempt that waits for it", () => {
  const world = new DecidedWorld();
  world.register("kid", [simple("k")]);
  world.register("w", [child("s")]);
  const id = world.start("w");
  const childId = world.task(id, "s").subWorkflowId ?? "";
  world.submit(childId, { type: "remove-workflow", archive: false });
  assert.equal(world.task(id, "s").status, "CANCELED");
  assert.equal(world.execution(id).workflow.status, "TERMINATED");
  assert.match(world.task(id, "s").reasonForIncompletion ?? "", /it has been removed$/);
});

test("an attempt that is to wait again for a child that is gone hears of that", () => {
  const world = new DecidedWorld();
  world.register("kid", [simple("k")]);
  world.register("w", fork([child("s1")], [child("s2")]));
  const id = world.start("w");
  const [first = "", second = ""] = ["s1", "s2"].map((ref) => world.task(id, ref).subWorkflowId);
  world.submit(id, { type: "terminate-workflow" });
  world.submit(second, { type: "remove-workflow", archive: false });
  world.submit(first, { type: "retry-workflow" });
  assert.equal(world.task(id, "s2").status, "CANCELED");
  assert.equal(world.execution(id).workflow.status, "TERMINATED");
});

test("news of a child's end that come before those of its start count", () => {
  const world = new DecidedWorld();
  world.register("kid", [simple("k")]);
  world.register("w", [child("s", { startDelay: 60 })]);
  const id = world.start("w");
  const { taskId, status } = world.task(id, "s");
  assert.equal(status, "SCHEDULED");
  const childId = `uuid-subworkflow:${id}:${taskId}:0`;
  const ended = { type: "child-ended", taskId, childId, status: "COMPLETED", output: "{}" } as const;
  world.submit(id, ended);
  world.submit(id, { type: "child-started", taskId, childId });
  assert.equal(world.task(id, "s").status, "COMPLETED");
  assert.equal(world.task(id, "s").subWorkflowId, childId);
});

test("an attempt that was cancelled before it heard of its child waits for it when it is revived", () => {
  const world = new DecidedWorld();
  world.register("kid", [simple("k")]);
  world.register("w", [child("s", { startDelay: 60 })]);
  const id = world.start("w");
  const { taskId } = world.task(id, "s");
  world.submit(id, { type: "terminate-workflow" });
  const childId = `uuid-subworkflow:${id}:${taskId}:0`;
  const revived = { type: "revive-ancestor", taskId, chain: "kid.1/x", operation: "retried" } as const;
  world.submit(id, { ...revived, childId: "another" });
  assert.equal(world.task(id, "s").status, "CANCELED");
  world.submit(id, { ...revived, childId });
  assert.equal(world.task(id, "s").status, "IN_PROGRESS");
  assert.equal(world.task(id, "s").subWorkflowId, childId);
});

test("a failure workflow starts although the failed execution has been removed", () => {
  const world = new DecidedWorld();
  world.register("on-failure", [simple("x")]);
  world.gone.add("failed");
  const command = { failedWorkflowId: "failed", name: "on-failure", failureStatus: "FAILED" };
  world.submit("f1", { type: "start-failure-workflow", ...command });
  assert.equal(world.execution("f1").workflow.status, "RUNNING");
});
