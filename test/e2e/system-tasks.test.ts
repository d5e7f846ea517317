import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { readConfig, type RunningServer, startServer } from "@ostinato/server";

interface TaskAnswer {
  readonly taskId: string;
  readonly status: string;
  readonly inputData: Record<string, unknown>;
  readonly outputData: Record<string, unknown>;
  readonly reasonForIncompletion?: string;
}

const ENVIRONMENT = { CONDUCTOR_SECRET_KEY: "hush-hush" };

async function aServer(
  context: TestContext,
  settings: readonly string[] = [],
): Promise<RunningServer> {
  const args = ["--port=0", "--database=sqlite::memory:", ...settings];
  const server = await startServer(readConfig(args, ENVIRONMENT));
  context.after(() => server.close());
  return server;
}

async function aTarget(
  context: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const target = createServer(answer);
  await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
  context.after(() => {
    target.closeAllConnections();
    target.close();
  });
  return `http://127.0.0.1:${(target.address() as AddressInfo).port}`;
}

async function send(server: RunningServer, path: string, body: unknown): Promise<string> {
  const headers = { "content-type": "application/json" };
  const sent = { method: "POST", headers, body: JSON.stringify(body) };
  const response = await fetch(`${server.url}/api${path}`, sent);
  assert.ok(response.ok, `${path}: ${response.status}`);
  return response.text();
}

/** Starts a workflow of one HTTP task. */
async function startCall(
  server: RunningServer,
  request: Record<string, unknown>,
  entry: Record<string, unknown> = {},
): Promise<string> {
  const inputParameters = { http_request: { method: "GET", ...request } };
  const task = { name: "h", taskReferenceName: "h", type: "HTTP", inputParameters, ...entry };
  const workflowDef = { name: "w", version: 1, tasks: [task] };
  return send(server, "/workflow", { name: "w", workflowDef });
}

async function taskOf(server: RunningServer, workflowId: string): Promise<TaskAnswer> {
  const response = await fetch(`${server.url}/api/workflow/${workflowId}`);
  const { tasks } = (await response.json()) as { tasks: TaskAnswer[] };
  const [task] = tasks;
  assert.ok(task !== undefined);
  return task;
}

async function untilTrue(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let count = 0; count < 400; count += 1) {
    if (await isTrue()) return;
    await sleep(25);
  }
  throw new Error("it takes too long");
}

async function until(
  server: RunningServer,
  workflowId: string,
  status: string,
): Promise<TaskAnswer> {
  await untilTrue(async () => (await taskOf(server, workflowId)).status === status);
  return taskOf(server, workflowId);
}

test("a secret reaches the call and is nowhere to be read, also where a failure quotes it", async (context) => {
  const server = await aServer(context);
  const seen: unknown[] = [];
  const target = await aTarget(context, ({ headers }, response) => {
    seen.push(headers.authorization);
    response.writeHead(403).end(`not with ${headers.authorization ?? ""}`);
  });
  const headers = { Authorization: "Bearer ${workflow.secrets.KEY}" };
  const task = await until(server, await startCall(server, { uri: target, headers }), "FAILED");
  assert.deepEqual(seen, ["Bearer hush-hush"]);
  assert.match(task.reasonForIncompletion ?? "", /403 .*"not with Bearer \*\*\*"/);
  assert.equal(JSON.stringify(task).includes("hush-hush"), false);
});

test("with asyncComplete the task shows its response and waits for an update", async (context) => {
  const server = await aServer(context);
  const target = await aTarget(context, (_request, response) => response.end("{}"));
  const id = await startCall(server, { uri: target }, { asyncComplete: true });
  const { taskId } = await until(server, id, "IN_PROGRESS");
  // It is IN_PROGRESS while the call is under way, too.
  await untilTrue(async () => "response" in (await taskOf(server, id)).outputData);
  assert.deepEqual(await server.findStuck(), []);
  const outputs = { outputData: { z: 1 }, status: "COMPLETED" };
  await send(server, "/tasks", { taskId, workflowInstanceId: id, ...outputs });
  assert.deepEqual((await taskOf(server, id)).outputData, { z: 1 });
});

test("an isolation group has a pool of its own: what is slow there holds up nothing else", async (context) => {
  const server = await aServer(context, ["--conductor.app.systemTaskWorkerThreadCount=1"]);
  const waiting: ServerResponse[] = [];
  const target = await aTarget(context, ({ url }, response) => {
    if (url === "/slow") waiting.push(response);
    else response.end();
  });
  const taskDefinition = { name: "h", isolationGroupId: "slow" };
  const slow = { uri: `${target}/slow`, readTimeOut: 0 };
  const ids = [
    await startCall(server, slow, { taskDefinition }),
    await startCall(server, slow, { taskDefinition }),
  ];
  await until(server, await startCall(server, { uri: target }), "COMPLETED");
  await untilTrue(() => waiting.length > 0);
  await until(server, await startCall(server, { uri: target }), "COMPLETED");
  assert.deepEqual(waiting.length, 1);
  waiting.pop()?.end();
  await until(server, ids[0] ?? "", "COMPLETED");
  await untilTrue(() => waiting.length > 0);
  waiting.pop()?.end();
  await until(server, ids[1] ?? "", "COMPLETED");
});

test("no worker gets system tasks, and executors are no workers", async (context) => {
  const server = await aServer(context, ["--conductor.system-task-workers.enabled=false"]);
  const id = await startCall(server, { uri: "http://127.0.0.1:1/" });
  const polled = await fetch(`${server.url}/api/tasks/poll/HTTP`);
  assert.equal(polled.status, 204);
  assert.equal((await taskOf(server, id)).status, "SCHEDULED");
  const other = await aServer(context);
  const data = await fetch(`${other.url}/api/tasks/queue/polldata/all`);
  assert.deepEqual(await data.json(), []);
});

test("a server that closes gives back what it has not finished, and the next one does it", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "system-tasks-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const database = `--database=sqlite:${join(folder, "main.db")}`;
  let calls = 0;
  const target = await aTarget(context, (_request, response) => {
    calls += 1;
    if (calls > 1) response.end();
  });
  const first = await startServer(readConfig(["--port=0", database], ENVIRONMENT));
  const id = await startCall(first, { uri: target, readTimeOut: 0 });
  await untilTrue(() => calls > 0);
  await first.close();
  const second = await aServer(context, [database]);
  await until(second, id, "COMPLETED");
  assert.equal(calls, 2);
});

test("a JDBC task runs on a database of the configuration", async (context) => {
  const settings = ["name=shop", "connection.datasourceURL=jdbc:sqlite::memory:"];
  const server = await aServer(
    context,
    settings.map((setting) => `--conductor.jdbc.instances[0].${setting}`),
  );
  const inputParameters = { connectionId: "shop", type: "SELECT", statement: "SELECT 1 AS one" };
  const id = await startCall(server, {}, { type: "JDBC", inputParameters });
  const { outputData } = await until(server, id, "COMPLETED");
  assert.deepEqual(outputData, { result: [{ one: 1 }] });
});
