/**
 * Shows in half a minute what Ostinato is for: a workflow whose worker fails at first survives it. Starts a server on a
 * fresh SQLite file, registers two definitions, runs a worker with Conductor's official SDK, and tells what happens.
 * Exit status 0 when the workflow is COMPLETED.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import {
  createConductorClient,
  type ExtendedTaskDef,
  type ExtendedWorkflowDef,
  MetadataClient,
  noopLogger,
  type Task,
  TaskManager,
  type Workflow,
  WorkflowExecutor,
} from "@io-orkes/conductor-javascript";

import { startServerProcess } from "./server-process.ts";

const TASK = "sample_task_name_1";
const WORKFLOW = "sample_workflow";
const DEMO_MS_MAX = 55_000;
const LOOK_EVERY_MS = 200;

/** How a task is run, whatever workflow it is in: three more attempts, 5 s apart; a silent worker is given up on after 10 s. */
const TASK_DEF: ExtendedTaskDef = {
  createdBy: "user",
  name: TASK,
  description: "This is a sample task for demo",
  responseTimeoutSeconds: 10,
  timeoutSeconds: 30,
  timeoutPolicy: "TIME_OUT_WF",
  retryCount: 3,
  retryLogic: "FIXED",
  retryDelaySeconds: 5,
  rateLimitPerFrequency: 0,
  rateLimitFrequencyInSeconds: 1,
};

/** Weigh a parcel; if it is heavy, book a van. */
const WORKFLOW_DEF: ExtendedWorkflowDef = {
  name: WORKFLOW,
  version: 1,
  schemaVersion: 2,
  timeoutSeconds: 0,
  tasks: [
    {
      name: TASK,
      taskReferenceName: "weigh",
      type: "SIMPLE",
      inputParameters: { job: "weigh", kilograms: "${workflow.input.kilograms}" },
    },
    {
      name: "by_weight",
      taskReferenceName: "by_weight",
      type: "SWITCH",
      evaluatorType: "value-param",
      expression: "size",
      inputParameters: { size: "${weigh.output.size}" },
      decisionCases: {
        heavy: [
          {
            name: TASK,
            taskReferenceName: "book_van",
            type: "SIMPLE",
            inputParameters: { job: "book_van", kilograms: "${weigh.output.kilograms}" },
          },
        ],
      },
      defaultCase: [],
    },
  ],
  outputParameters: { size: "${weigh.output.size}", van: "${book_van.output.van}" },
};

const startedAt = performance.now();

function tell(who: string, what: string): void {
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1).padStart(5);
  console.log(`${seconds} s  ${who.padEnd(7)}  ${what}`);
}

/** What the worker does: its very first attempt fails, as workers sometimes do. */
async function work(task: Task): Promise<{
  status: "COMPLETED" | "FAILED";
  outputData: Record<string, unknown>;
  reasonForIncompletion?: string;
}> {
  const ref = task.referenceTaskName ?? "";
  const attempt = (task.retryCount ?? 0) + 1;
  const { job, kilograms } = task.inputData ?? {};
  if (job === "weigh" && attempt === 1) {
    tell("worker", `${ref}: attempt ${attempt} FAILED: the scales do not answer`);
    tell("server", `${ref}: next attempt in ${TASK_DEF.retryDelaySeconds} s, at most 3 more`);
    return { status: "FAILED", outputData: {}, reasonForIncompletion: "the scales do not answer" };
  }
  tell("worker", `${ref}: attempt ${attempt} COMPLETED`);
  return {
    status: "COMPLETED",
    outputData: job === "weigh" ? { size: "heavy", kilograms } : { van: "van 7" },
  };
}

async function untilEnded(executor: WorkflowExecutor, workflowId: string): Promise<Workflow> {
  while (performance.now() - startedAt < DEMO_MS_MAX) {
    const workflow = await executor.getWorkflow(workflowId, true);
    if (workflow.status !== "RUNNING") return workflow;
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error(`the workflow is still RUNNING after ${DEMO_MS_MAX / 1_000} s`);
}

async function runDemo(serverUrl: string): Promise<boolean> {
  const client = await createConductorClient({
    serverUrl: `${serverUrl}/api`,
    useEnvVars: false,
    logger: noopLogger,
  });
  const metadata = new MetadataClient(client);
  const executor = new WorkflowExecutor(client);

  await metadata.registerTask(TASK_DEF);
  await metadata.registerWorkflowDef(WORKFLOW_DEF, true);
  tell("demo", `registered the task ${TASK} and the workflow ${WORKFLOW}`);

  const workflowId = await executor.startWorkflow({
    name: WORKFLOW,
    version: 1,
    input: { kilograms: 31 },
  });
  tell("demo", `started workflow ${workflowId}`);

  const worker = new TaskManager(client, [{ taskDefName: TASK, execute: work }], {
    logger: noopLogger,
    options: { pollInterval: 100, concurrency: 1 },
  });
  worker.startPolling();
  try {
    const workflow = await untilEnded(executor, workflowId);
    for (const task of workflow.tasks ?? []) {
      const times = `${task.referenceTaskName}, attempt ${(task.retryCount ?? 0) + 1}`;
      tell("history", `${times}: ${task.status} ${task.reasonForIncompletion ?? ""}`.trimEnd());
    }
    tell("demo", `the workflow is ${workflow.status} with ${JSON.stringify(workflow.output)}`);
    return workflow.status === "COMPLETED";
  } finally {
    await worker.stopPolling();
  }
}

const folder = await mkdtemp(join(tmpdir(), "ostinato-demo-"));
try {
  const server = await startServerProcess({ args: [`--database=sqlite:${folder}/demo.db`] });
  tell("server", `ready at ${server.url}, on a fresh SQLite file`);
  const completed = await runDemo(server.url).finally(() => server.stop());
  process.exitCode = completed ? 0 : 1;
} catch (error) {
  console.error(`The demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
