import assert from "node:assert/strict";
import { test } from "node:test";

import { DecidedWorld } from "./testing.ts";

const simple = (ref: string, rest = {}): { [key: string]: never } =>
  ({ name: ref, taskReferenceName: ref, type: "SIMPLE", ...rest }) as never;

test("two tasks run one after the other, and the last one's output is the workflow's", () => {
  const world = new DecidedWorld();
  world.register("w", [simple("a"), simple("b", { inputParameters: { from: "${a.output.x}" } })]);
  const id = world.start("w");
  assert.deepEqual(world.trace(id), ["a:SCHEDULED"]);
  world.report(id, "a", "COMPLETED", { x: 1 });
  assert.deepEqual(world.trace(id), ["a:COMPLETED", "b:SCHEDULED"]);
  assert.equal(world.task(id, "b").inputData, '{"from":1}');
  world.report(id, "b", "COMPLETED", { y: 2 });
  const { workflow, data } = world.execution(id);
  assert.equal(workflow.status, "COMPLETED");
  assert.equal(data.output, '{"y":2}');
  assert.deepEqual([world.task(id, "a").executed, world.task(id, "b").executed], [true, false]);
});

test("a failed task is tried again as often as its definition says, then the workflow fails", () => {
  const world = new DecidedWorld();
  world.registerTask({ name: "a", retryCount: 1, retryDelaySeconds: 0 });
  world.register("w", [simple("a")]);
  const id = world.start("w");
  world.report(id, "a", "FAILED");
  assert.deepEqual(world.trace(id), ["a:FAILED", "a:SCHEDULED"]);
  assert.equal(world.task(id, "a").reasonForIncompletion, "broken");
  world.report(id, "a", "FAILED");
  const { workflow, data } = world.execution(id);
  assert.equal(workflow.status, "FAILED");
  assert.match(
    workflow.reasonForIncompletion ?? "",
    /^Task \S+ failed with status: FAILED and reason: 'broken'$/,
  );
  assert.deepEqual(data.failedReferenceTaskNames, ["a"]);
});

test("a fork's JOIN completes when its branches have, in whatever order", () => {
  const world = new DecidedWorld();
  world.register("w", [
    {
      name: "f",
      taskReferenceName: "f",
      type: "FORK_JOIN",
      forkTasks: [[simple("a")], [simple("b"), simple("c")]],
    },
    { name: "j", taskReferenceName: "j", type: "JOIN", joinOn: ["a", "c"] },
    simple("z"),
  ]);
  const id = world.start("w");
  assert.deepEqual(world.trace(id), ["f:COMPLETED", "a:SCHEDULED", "b:SCHEDULED", "j:IN_PROGRESS"]);
  world.report(id, "b", "COMPLETED");
  world.report(id, "c", "COMPLETED", { v: 1 });
  assert.equal(world.task(id, "j").status, "IN_PROGRESS");
  world.report(id, "a", "COMPLETED", { u: 2 });
  assert.deepEqual(world.trace(id).slice(3), ["j:COMPLETED", "c:COMPLETED", "z:SCHEDULED"]);
});

test("a failing branch cancels the others and the JOIN", () => {
  const world = new DecidedWorld();
  world.registerTask({ name: "a", retryCount: 0 });
  world.register("w", [
    {
      name: "f",
      taskReferenceName: "f",
      type: "FORK_JOIN",
      forkTasks: [[simple("a")], [simple("b")]],
    },
    { name: "j", taskReferenceName: "j", type: "JOIN", joinOn: ["a", "b"] },
  ]);
  const id = world.start("w");
  world.report(id, "a", "FAILED");
  assert.deepEqual(world.trace(id), ["f:COMPLETED", "a:FAILED", "b:CANCELED", "j:CANCELED"]);
  assert.equal(world.execution(id).workflow.status, "FAILED");
});

test("a permissive branch fails the JOIN once all branches are over", () => {
  const world = new DecidedWorld();
  world.registerTask({ name: "a", retryCount: 0 });
  world.register("w", [
    {
      name: "f",
      taskReferenceName: "f",
      type: "FORK_JOIN",
      forkTasks: [[simple("a", { permissive: true })], [simple("b")]],
    },
    { name: "j", taskReferenceName: "j", type: "JOIN", joinOn: ["a", "b"] },
  ]);
  const id = world.start("w");
  world.report(id, "a", "FAILED");
  assert.equal(world.execution(id).workflow.status, "RUNNING");
  world.report(id, "b", "COMPLETED");
  assert.equal(world.task(id, "j").status, "FAILED");
  assert.equal(world.task(id, "j").reasonForIncompletion, "broken");
  assert.equal(world.execution(id).workflow.status, "FAILED");
});

test("a child's end is its parent's task's", () => {
  const world = new DecidedWorld();
  world.register("kid", [simple("k")]);
  world.register("w", [
    {
      name: "s",
      taskReferenceName: "s",
      type: "SUB_WORKFLOW",
      subWorkflowParam: { name: "kid", version: 1 },
    },
    simple("z"),
  ]);
  const id = world.start("w");
  const childId = world.task(id, "s").subWorkflowId ?? "";
  assert.equal(world.task(id, "s").status, "IN_PROGRESS");
  world.report(childId, "k", "COMPLETED", { r: 8 });
  assert.deepEqual(world.trace(id), ["s:COMPLETED", "z:SCHEDULED"]);
  assert.equal(world.task(id, "s").outputData, JSON.stringify({ r: 8, subWorkflowId: childId }));
});

test("terminating the parent terminates the child, and terminating the child the parent", () => {
  const world = new DecidedWorld();
  world.register("kid", [simple("k")]);
  const child = {
    name: "s",
    taskReferenceName: "s",
    type: "SUB_WORKFLOW",
    subWorkflowParam: { name: "kid" },
  };
  world.register("w", [child]);
  const id = world.start("w");
  const childId = world.task(id, "s").subWorkflowId ?? "";
  world.submit(id, { type: "terminate-workflow", reason: "bye" });
  assert.equal(world.execution(childId).workflow.status, "TERMINATED");
  assert.equal(
    world.execution(childId).workflow.reasonForIncompletion,
    "Parent workflow has been terminated with reason: bye",
  );
  const other = world.start("w");
  const otherChild = world.task(other, "s").subWorkflowId ?? "";
  world.submit(otherChild, {
    type: "terminate-workflow",
    reason: "stop",
  });
  assert.equal(world.task(other, "s").status, "CANCELED");
  assert.equal(world.execution(other).workflow.status, "TERMINATED");
});

test("a dynamic fork makes a branch of every item, and its JOIN waits for all", () => {
  const world = new DecidedWorld();
  world.register("w", [
    {
      name: "df",
      taskReferenceName: "df",
      type: "FORK_JOIN_DYNAMIC",
      inputParameters: { forkTaskName: "t", forkTaskInputs: "${workflow.input.items}" },
    },
    { name: "j", taskReferenceName: "j", type: "JOIN" },
  ]);
  const id = world.start("w", { items: [{ n: 1 }, 2] });
  assert.deepEqual(world.trace(id), [
    "df:COMPLETED",
    "_t_0:SCHEDULED",
    "_t_1:SCHEDULED",
    "j:IN_PROGRESS",
  ]);
  world.report(id, "_t_1", "COMPLETED", { a: 1 });
  world.report(id, "_t_0", "COMPLETED", {});
  assert.equal(world.task(id, "j").status, "COMPLETED");
  assert.equal(world.execution(id).data.output, '{"_t_1":{"a":1}}');
  const empty = world.start("w", { items: [] });
  assert.deepEqual(world.trace(empty), ["df:COMPLETED", "j:COMPLETED"]);
  assert.equal(world.execution(empty).workflow.status, "COMPLETED");
});

test("a large dynamic fork is expanded slice by slice, in the reserved order", () => {
  const world = new DecidedWorld();
  world.register("w", [
    {
      name: "df",
      taskReferenceName: "df",
      type: "FORK_JOIN_DYNAMIC",
      inputParameters: { forkTaskName: "t", forkTaskInputs: "${workflow.input.items}" },
    },
    { name: "j", taskReferenceName: "j", type: "JOIN" },
  ]);
  const items = Array.from({ length: 2500 }, (_, index) => index);
  const id = world.start("w", { items });
  for (let slice = 0; slice < 25; slice++) world.submit(id, { type: "continue" });
  const trace = world.trace(id);
  assert.equal(trace.length, 2502);
  assert.deepEqual(
    [trace[1], trace[2500], trace[2501]],
    ["_t_0:SCHEDULED", "_t_2499:SCHEDULED", "j:IN_PROGRESS"],
  );
  for (let index = 0; index < 2500; index++) world.report(id, `_t_${index}`, "COMPLETED");
  assert.equal(world.execution(id).workflow.status, "COMPLETED");
});

test("what ends while a workflow is paused is followed up when it is resumed", () => {
  const world = new DecidedWorld();
  world.register("w", [simple("a"), simple("b")]);
  const id = world.start("w");
  world.submit(id, { type: "pause-workflow" });
  world.report(id, "a", "COMPLETED");
  assert.deepEqual(world.trace(id), ["a:COMPLETED"]);
  world.submit(id, { type: "resume-workflow" });
  assert.deepEqual(world.trace(id), ["a:COMPLETED", "b:SCHEDULED"]);
});

test("a refused command leaves no trace", () => {
  const world = new DecidedWorld();
  world.register("w", [simple("a")]);
  const id = world.start("w");
  const { version } = world.execution(id);
  const decision = world.submit(id, { type: "resume-workflow" });
  assert.equal(decision.type === "reject" ? decision.code : decision.type, "WORKFLOW_NOT_PAUSED");
  assert.equal(world.execution(id).version, version);
});

test("retry makes new attempts of what failed and reopens the JOIN in place", () => {
  const world = new DecidedWorld();
  world.registerTask({ name: "a", retryCount: 0 });
  world.register("w", [
    {
      name: "f",
      taskReferenceName: "f",
      type: "FORK_JOIN",
      forkTasks: [[simple("a")], [simple("b")]],
    },
    { name: "j", taskReferenceName: "j", type: "JOIN", joinOn: ["a", "b"] },
  ]);
  const id = world.start("w");
  const joinId = world.task(id, "j").taskId;
  world.report(id, "a", "FAILED");
  world.submit(id, { type: "retry-workflow" });
  assert.deepEqual(world.trace(id).slice(4), ["a:SCHEDULED", "b:SCHEDULED"]);
  assert.equal(world.task(id, "j").taskId, joinId);
  world.report(id, "a", "COMPLETED");
  world.report(id, "b", "COMPLETED");
  assert.equal(world.execution(id).workflow.status, "COMPLETED");
});

test("what is left on the agenda goes on with the next command, even if that is refused", () => {
  const world = new DecidedWorld();
  world.register("w", [simple("a"), simple("b")]);
  const id = world.start("w");
  const execution = world.execution(id);
  execution.complete = false;
  world.report(id, "a", "COMPLETED");
  assert.equal(execution.workflow.agendaCount, 1);
  execution.complete = true;
  assert.equal(world.submit(id, { type: "resume-workflow" }).type, "reject");
  assert.deepEqual(world.trace(id), ["a:COMPLETED", "b:SCHEDULED"]);
});

test("what a requeue of many attempts lacks is asked for in one lookup of each kind", () => {
  const world = new DecidedWorld();
  world.register("w", [simple("a")]);
  const id = world.start("w");
  const execution = world.execution(id);
  execution.complete = false;
  execution.tasks.clear();
  const lookups = world.lookupsOf(id, { type: "requeue-tasks", taskIds: ["x", "y", "z"] });
  assert.deepEqual(lookups, [{ type: "tasks", taskIds: ["x", "y", "z"] }]);
});
