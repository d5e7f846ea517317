import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { type ServerProcess, startServerProcess } from "../../scripts/server-process.ts";

interface TaskAnswer {
  readonly taskId: string;
  readonly workflowInstanceId: string;
  readonly pollCount: number;
  readonly inputData: object;
}

let server: ServerProcess;
before(async () => {
  server = await startServerProcess({ args: ["--database=sqlite::memory:"] });
});
after(() => server.stop());

async function ask(method: string, path: string, body?: unknown): Promise<Response> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${server.url}/api${path}`, { method, headers, ...sent });
  assert.ok(response.status < 400, `${method} ${path}: ${response.status}`);
  return response;
}

/** Registers a workflow of worker tasks that are called as it is, with numbers behind. */
async function register(name: string, taskCount: number): Promise<void> {
  const tasks = Array.from({ length: taskCount }, (_, index) => ({
    name,
    taskReferenceName: `${name}_${index}`,
  }));
  await ask("POST", "/metadata/workflow", { name, tasks });
}

async function start(name: string): Promise<string> {
  return (await ask("POST", `/workflow/${name}`, {})).text();
}

async function poll(name: string, query = "timeout=2000"): Promise<TaskAnswer[]> {
  return (await ask("GET", `/tasks/poll/batch/${name}?${query}`)).json() as Promise<TaskAnswer[]>;
}

function completed({ taskId, workflowInstanceId }: TaskAnswer): object {
  return { taskId, workflowInstanceId, status: "COMPLETED", outputData: { ok: true } };
}

async function statusOf(workflowId: string): Promise<string> {
  const response = await ask("GET", `/workflow/${workflowId}/status`);
  return ((await response.json()) as { status: string }).status;
}

test("a worker that hangs up while it waits takes no task with it", async () => {
  await register("gone", 1);
  const { port, hostname } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  socket.write(`GET /api/tasks/poll/batch/gone?timeout=5000 HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
  await sleep(100);
  socket.destroy();
  await sleep(100);
  await start("gone");
  const [task] = await poll("gone");
  assert.equal(task?.pollCount, 1);
});

test("a waiting poll is answered as soon as a task comes", async () => {
  await register("prompt", 1);
  const waiting = poll("prompt", "timeout=5000");
  await sleep(100);
  const startedAt = performance.now();
  await start("prompt");
  assert.equal((await waiting).length, 1);
  assert.ok(performance.now() - startedAt < 1_000);
});

test("update-v2 answers with the next task of the same type, then with nothing", async () => {
  await register("next", 2);
  const workflowId = await start("next");
  const [first] = await poll("next");
  assert.ok(first !== undefined);
  const second = await ask("POST", "/tasks/update-v2", completed(first));
  assert.equal(second.status, 200);
  const task = (await second.json()) as TaskAnswer;
  assert.notEqual(task.taskId, first.taskId);
  const none = await ask("POST", "/tasks/update-v2", completed(task));
  assert.deepEqual([none.status, none.headers.get("content-type")], [204, null]);
  assert.equal(await statusOf(workflowId), "COMPLETED");
});

test("each result of a batch is answered by itself", async () => {
  await register("many", 1);
  const workflowIds = await Promise.all([start("many"), start("many")]);
  const tasks = await poll("many", "timeout=2000&count=2");
  assert.equal(tasks.length, 2);
  const unknown = { workflowInstanceId: workflowIds[0], taskId: "none", status: "COMPLETED" };
  const results = [...tasks.map(completed), unknown, { taskId: "x" }];
  const answers = await (await ask("POST", "/tasks/batch", results)).json();
  assert.deepEqual(answers, [
    { taskId: tasks[0]?.taskId, status: 200 },
    { taskId: tasks[1]?.taskId, status: 200 },
    { taskId: "none", status: 404, error: "No such task found by id: none" },
    { taskId: null, status: 400, error: "Workflow Id cannot be null or empty" },
  ]);
  assert.deepEqual(await Promise.all(workflowIds.map(statusOf)), ["COMPLETED", "COMPLETED"]);
});

test("a synchronous start is answered when a task that it waits for has ended", async () => {
  await register("sync", 2);
  const body = { name: "sync", version: 1, input: { a: 1 } };
  const path = "/workflow/execute/sync/1?waitUntilTaskRef=sync_0&waitForSeconds=20&requestId=r";
  const waiting = ask("POST", path, body);
  const [task] = await poll("sync");
  assert.ok(task !== undefined);
  const completedAt = performance.now();
  await ask("POST", "/tasks", completed(task));
  const answer = (await (await waiting).json()) as Record<string, unknown>;
  assert.ok(performance.now() - completedAt < 1_000);
  assert.equal(answer["signalTimeout"], false);
  assert.equal(answer["status"], "RUNNING");
  assert.equal(answer["requestId"], "r");
});

test("a result under another execution's id counts for the task's own", async () => {
  await register("mixed", 1);
  const [mine, other] = [await start("mixed"), await start("mixed")];
  const tasks = await poll("mixed", "timeout=2000&count=2");
  const task = tasks.find(({ workflowInstanceId }) => workflowInstanceId === mine);
  assert.ok(task !== undefined);
  await ask("POST", "/tasks", { ...completed(task), workflowInstanceId: other });
  assert.equal(await statusOf(mine), "COMPLETED");
  assert.equal(await statusOf(other), "RUNNING");
});
