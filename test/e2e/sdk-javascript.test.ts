/** What users of the official JavaScript SDK do, through its own classes. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import {
  type Client,
  Consistency,
  createConductorClient,
  type ExtendedTaskDef,
  type ExtendedWorkflowDef,
  MetadataClient,
  noopLogger,
  ReturnStrategy,
  type Task,
  TaskClient,
  TaskManager,
  type Workflow,
  WorkflowExecutor,
} from "@io-orkes/conductor-javascript";
import { readConfig, startServer } from "@ostinato/server";

const TASK = "sdk_task";
const HAND_TASK = "sdk_task_by_hand";
const WORKFLOW = "sdk_workflow";
const HAND_WORKFLOW = "sdk_workflow_by_hand";
const ENDS_WITHIN_MS = 10_000;

const server = await startServer(readConfig(["--port=0", "--database=sqlite::memory:"], {}));
const client: Client = await createConductorClient({
  serverUrl: `${server.url}/api`,
  useEnvVars: false,
  logger: noopLogger,
});
const metadata = new MetadataClient(client);
const tasks = new TaskClient(client);
const executor = new WorkflowExecutor(client);

/** The first attempt of the first task of every workflow fails. */
const workerErrors: unknown[] = [];
const attempts: string[] = [];
const worker = new TaskManager(
  client,
  [
    {
      taskDefName: TASK,
      execute: async (task: Task) => {
        const attempt = `${task.referenceTaskName}#${task.retryCount ?? 0}`;
        attempts.push(attempt);
        if (attempt === "first#0") {
          return { status: "FAILED", outputData: {}, reasonForIncompletion: "not yet" };
        }
        return { status: "COMPLETED", outputData: { by: attempt, saw: task.inputData?.["x"] } };
      },
    },
  ],
  {
    logger: { ...noopLogger, error: (...all: unknown[]) => workerErrors.push(all) },
    options: { pollInterval: 20, concurrency: 4 },
  },
);

function aTaskDef(name: string): ExtendedTaskDef {
  return {
    name,
    retryCount: 2,
    retryDelaySeconds: 0,
    timeoutSeconds: 60,
    responseTimeoutSeconds: 10,
  };
}

function aWorkflowDef(name: string, task: string): ExtendedWorkflowDef {
  const inputParameters = { x: "${workflow.input.x}" };
  return {
    name,
    version: 1,
    timeoutSeconds: 0,
    tasks: ["first", "second"].map((taskReferenceName) => ({
      name: task,
      taskReferenceName,
      type: "SIMPLE",
      inputParameters,
    })),
    outputParameters: { first: "${first.output.by}", second: "${second.output.by}" },
  };
}

before(async () => {
  await metadata.registerTasks([aTaskDef(TASK), aTaskDef(HAND_TASK)]);
  await metadata.registerWorkflowDef(aWorkflowDef(WORKFLOW, TASK));
  await metadata.registerWorkflowDef(aWorkflowDef(HAND_WORKFLOW, HAND_TASK));
  worker.startPolling();
});

after(async () => {
  await worker.stopPolling();
  await server.close();
});

async function untilEnded(workflowId: string): Promise<Workflow> {
  for (const until = Date.now() + ENDS_WITHIN_MS; Date.now() < until;) {
    const workflow = await executor.getWorkflow(workflowId, true);
    if (workflow.status !== "RUNNING") return workflow;
    await sleep(20);
  }
  return assert.fail(`${workflowId} is still RUNNING`);
}

function startByHand(correlationId?: string): Promise<string> {
  return executor.startWorkflowByName(HAND_WORKFLOW, { x: 7 }, 1, correlationId, 3);
}

async function statusOf(workflowId: string): Promise<string | undefined> {
  return (await executor.getWorkflow(workflowId, false)).status;
}

test("what was registered is read back", async () => {
  const taskDef = await metadata.getTask(TASK);
  assert.equal(taskDef.retryCount, 2);
  const workflowDef = await metadata.getWorkflowDef(WORKFLOW, 1);
  assert.deepEqual(
    workflowDef.tasks.map(({ taskReferenceName }) => taskReferenceName),
    ["first", "second"],
  );
  assert.ok((await metadata.getAllTaskDefs()).some(({ name }) => name === TASK));
  assert.ok((await metadata.getAllWorkflowDefs()).some(({ name }) => name === WORKFLOW));
});

test("definitions are updated and unregistered", async () => {
  await metadata.registerTask(aTaskDef("sdk_gone"));
  await metadata.updateTask({ ...aTaskDef("sdk_gone"), retryCount: 7 });
  assert.equal((await metadata.getTask("sdk_gone")).retryCount, 7);
  await metadata.unregisterTask("sdk_gone");
  await assert.rejects(metadata.getTask("sdk_gone"), /sdk_gone/);
  await metadata.registerWorkflowDef(aWorkflowDef("sdk_gone", TASK));
  await metadata.registerWorkflowDef(aWorkflowDef("sdk_gone", TASK), true);
  await metadata.unregisterWorkflow("sdk_gone", 1);
  await assert.rejects(metadata.getWorkflowDef("sdk_gone", 1));
});

test("a worker whose first attempt fails completes the workflow", async () => {
  const workflowId = await executor.startWorkflow({ name: WORKFLOW, version: 1, input: { x: 1 } });
  assert.match(workflowId, /^[0-9a-f-]{36}$/);
  const workflow = await untilEnded(workflowId);
  assert.equal(workflow.status, "COMPLETED");
  assert.deepEqual(workflow.output, { first: "first#1", second: "second#0" });
  assert.deepEqual(
    workflow.tasks?.map(({ status }) => status),
    ["FAILED", "COMPLETED", "COMPLETED"],
  );
  assert.equal(workflow.tasks?.[1]?.outputData?.["saw"], 1);
});

test("execute waits for the end and answers with the output", async () => {
  const request = { name: WORKFLOW, version: 1, input: {} };
  const run = await executor.executeWorkflow(request, WORKFLOW, 1, "request-1");
  assert.equal(run.status, "COMPLETED");
  assert.deepEqual(run.output, { first: "first#1", second: "second#0" });
});

test("execute up to a task answers with that task while the workflow goes on", async () => {
  const request = { name: WORKFLOW, version: 1, input: {} };
  const run = await executor.executeWorkflow(
    request,
    WORKFLOW,
    1,
    "request-2",
    "second",
    5,
    Consistency.SYNCHRONOUS,
    ReturnStrategy.BLOCKING_TASK,
  );
  assert.equal(run.responseType, "BLOCKING_TASK");
  assert.equal(run.referenceTaskName, "second");
});

test("tasks are reported by reference, at once and with the workflow as the answer", async () => {
  const workflowId = await startByHand();
  await executor.updateTaskByRefName("first", workflowId, "COMPLETED", { by: "hand" });
  const workflow = await tasks.updateTaskSync(workflowId, "second", "COMPLETED", { by: "me" });
  assert.equal(workflow.status, "COMPLETED");
  assert.deepEqual(workflow.output, { first: "hand", second: "me" });
});

test("a task is reported by its id, and has its log", async () => {
  const workflowId = await startByHand();
  const { taskId = "" } = (await executor.getWorkflow(workflowId, true)).tasks?.[0] ?? {};
  assert.deepEqual((await tasks.getTaskLogs(taskId)) ?? [], []);
  await tasks.addTaskLog(taskId, "a line");
  const [line] = await tasks.getTaskLogs(taskId);
  assert.match(String(line?.log), /a line/);
  assert.equal(line?.taskId, taskId);
  await executor.updateTask(taskId, workflowId, "COMPLETED", { by: "id" });
  assert.equal((await tasks.getTask(taskId)).status, "COMPLETED");
  assert.equal((await executor.getTask(taskId)).outputData?.["by"], "id");
  await executor.terminate(workflowId, "enough");
});

test("a workflow is paused, resumed, terminated, restarted and removed", async () => {
  const workflowId = await startByHand();
  await executor.pause(workflowId);
  assert.equal(await statusOf(workflowId), "PAUSED");
  await executor.resume(workflowId);
  assert.equal(await statusOf(workflowId), "RUNNING");
  await executor.terminate(workflowId, "why not");
  const ended = await executor.getWorkflow(workflowId, false);
  assert.deepEqual([ended.status, ended.reasonForIncompletion], ["TERMINATED", "why not"]);
  await executor.restart(workflowId, false);
  assert.equal(await statusOf(workflowId), "RUNNING");
  await executor.terminate(workflowId, "again");
  await executor.deleteWorkflow(workflowId, false);
  await assert.rejects(executor.getWorkflow(workflowId, false), /No such workflow/);
});

test("a failed workflow is retried", async () => {
  const workflowId = await startByHand();
  await executor.updateTaskByRefName("first", workflowId, "FAILED_WITH_TERMINAL_ERROR", {});
  assert.equal(await statusOf(workflowId), "FAILED");
  await executor.retry(workflowId, false);
  assert.equal(await statusOf(workflowId), "RUNNING");
  await executor.updateTaskByRefName("first", workflowId, "COMPLETED", {});
  await executor.updateTaskByRefName("second", workflowId, "COMPLETED", {});
  assert.equal(await statusOf(workflowId), "COMPLETED");
});

test("the status is read with output and variables", async () => {
  const workflowId = await startByHand("sdk-correlation");
  const status = await executor.getWorkflowStatus(workflowId, true, true);
  assert.equal(status.status, "RUNNING");
  assert.equal(status.correlationId, "sdk-correlation");
  await executor.terminate(workflowId, "enough");
});

test("queue sizes and poll data are told", async () => {
  const workflowId = await startByHand();
  const sizes = await tasks.getQueueSizeForTask([HAND_TASK]);
  assert.ok((sizes[HAND_TASK] ?? 0) >= 1);
  await executor.terminate(workflowId, "enough");
  const until = Date.now() + ENDS_WITHIN_MS;
  while ((await tasks.getTaskPollData(TASK)).length === 0 && Date.now() < until) await sleep(50);
  const [poll] = await tasks.getTaskPollData(TASK);
  assert.equal(poll?.queueName, TASK);
});

test("what does not exist is an error with the server's words", async () => {
  await assert.rejects(
    executor.startWorkflow({ name: "sdk_none", version: 1, input: {} }),
    /sdk_none/,
  );
  await assert.rejects(executor.terminate("no-such-id", "x"), /no-such-id/);
});

test("the worker saw nothing that it could not read, and tried every task as often as it should", () => {
  assert.deepEqual(workerErrors, []);
  assert.equal(
    attempts.filter((attempt) => attempt === "first#0").length,
    attempts.filter((attempt) => attempt === "first#1").length,
  );
});
