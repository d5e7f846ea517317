import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { readConfig, type RunningServer, startServer } from "@ostinato/server";

async function aServer(context: TestContext, settings: readonly string[]): Promise<RunningServer> {
  const args = ["--port=0", "--database=sqlite::memory:", ...settings];
  const server = await startServer(readConfig(args, { CONDUCTOR_ENV_CITY: "Ulm", TOWN: "Bonn" }));
  context.after(() => server.close());
  return server;
}

async function send(server: RunningServer, path: string, body: unknown): Promise<Response> {
  return fetch(server.url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** Starts a workflow of one task and takes it. */
async function takeTask(
  server: RunningServer,
  inputParameters: Record<string, string> = {},
): Promise<{ taskId: string; workflowInstanceId: string; inputData: Record<string, unknown> }> {
  const task = { name: "t", taskReferenceName: "t", type: "SIMPLE", inputParameters };
  const workflowDef = { name: "w", version: 1, timeoutSeconds: 0, tasks: [task] };
  assert.equal((await send(server, "/api/workflow", { name: "w", workflowDef })).status, 200);
  const polled = await fetch(`${server.url}/api/tasks/poll/t`);
  return (await polled.json()) as Awaited<ReturnType<typeof takeTask>>;
}

test("conductor.app.taskExecLogSizeLimit cuts the logs of a result", async (context) => {
  const server = await aServer(context, ["--conductor.app.taskExecLogSizeLimit=2"]);
  const { taskId, workflowInstanceId } = await takeTask(server);
  const logs = ["a", "b", "c"].map((log) => ({ log, createdTime: 1 }));
  await send(server, "/api/tasks", { taskId, workflowInstanceId, status: "COMPLETED", logs });
  const kept = (await (await fetch(`${server.url}/api/tasks/${taskId}/log`)).json()) as object[];
  assert.equal(kept.length, 2);
});

test("conductor.app.maxTaskOutputPayloadSizeThreshold fails the task of a larger result", async (context) => {
  const server = await aServer(context, ["--conductor.app.maxTaskOutputPayloadSizeThreshold=1"]);
  const { taskId, workflowInstanceId } = await takeTask(server);
  const outputData = { text: "x".repeat(2_000) };
  await send(server, "/api/tasks", { taskId, workflowInstanceId, status: "COMPLETED", outputData });
  const task = (await (await fetch(`${server.url}/api/tasks/${taskId}`)).json()) as {
    status: string;
  };
  assert.equal(task.status, "FAILED_WITH_TERMINAL_ERROR");
});

test("conductor.app.ownerEmailMandatory refuses definitions without an owner", async (context) => {
  const server = await aServer(context, ["--conductor.app.ownerEmailMandatory=true"]);
  const refused = await send(server, "/api/metadata/taskdefs", [{ name: "t" }]);
  assert.equal(refused.status, 400);
});

test("ostinato.body-bytes-max answers 413 to a larger request", async (context) => {
  const server = await aServer(context, ["--ostinato.body-bytes-max=1KB"]);
  const refused = await send(server, "/api/metadata/taskdefs", [{ name: "t".repeat(2_000) }]);
  assert.equal(refused.status, 413);
});

test("definitions read CONDUCTOR_ENV_ values and allowed variables", async (context) => {
  const server = await aServer(context, ["--ostinato.environment.names=TOWN"]);
  const { inputData } = await takeTask(server, {
    city: "${workflow.env.CITY}",
    town: "${TOWN}",
  });
  assert.equal(inputData["city"], "Ulm");
  assert.equal(inputData["town"], "Bonn");
});

test("a definition that names any other variable is refused", async (context) => {
  const server = await aServer(context, []);
  const tasks = [{ name: "t", taskReferenceName: "t", inputParameters: { town: "${TOWN}" } }];
  const refused = await send(server, "/api/metadata/workflow", { name: "w", version: 1, tasks });
  assert.equal(refused.status, 400);
});

test("metrics tell what happened to workflows and tasks, by Conductor's names", async (context) => {
  const server = await aServer(context, []);
  const { taskId, workflowInstanceId } = await takeTask(server);
  await send(server, "/api/tasks", {
    taskId,
    workflowInstanceId,
    status: "FAILED_WITH_TERMINAL_ERROR",
  });
  const text = await (await fetch(`${server.url}/metrics`)).text();
  for (const line of [
    'workflow_start_success_total{workflowName="w",version="1"} 1',
    'workflow_failure_total{workflowName="w",status="FAILED"} 1',
    'workflow_execution_seconds_count{workflowName="w"} 1',
    'task_poll_total{taskType="t"} 1',
    'task_poll_count_total{taskType="t",domain=""} 1',
    'task_queue_wait_seconds_count{taskType="t"} 1',
    'task_in_progress{taskType="t"} 0',
    'http_server_requests_seconds_count{method="POST",uri="/api/tasks",status="200"} 1',
  ]) {
    assert.ok(text.includes(`${line}\n`), line);
  }
  assert.match(text, /^task_execution_seconds_count\{taskType="t",.*_TERMINAL_ERROR"\} 1$/m);
});
