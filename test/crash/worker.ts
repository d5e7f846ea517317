import { setTimeout as sleep } from "node:timers/promises";

import { type Client, type Exchange, isDone, LOST } from "./client.ts";
import { TASK_TYPES } from "./definitions.ts";
import type { Handout, History, Result } from "./history.ts";
import type { Random } from "./random.ts";

const WORK_MS_MAX = 25;
/** Some takes so long that it outlives a server that has had the time to note its delivery. */
const LONG_WORK_MS_MAX = 3_000;

/** An attempt as a poll hands it out. */
interface PolledTask {
  readonly taskId: string;
  readonly taskType: string;
  readonly workflowInstanceId: string;
  readonly correlationId: string;
}

export interface WorkerDeps {
  readonly client: Client;
  readonly history: History;
  readonly random: Random;
  /** Aborted when the worker has to stop asking for work. */
  readonly signal: AbortSignal;
}

let markNext = 1;

/**
 * A worker as it should be: it keeps a result until the server has acknowledged it. Of flaky work it now and then
 * abandons some, lets it fail or says that it is still at it.
 */
export async function runWorker(deps: WorkerDeps): Promise<void> {
  const { client, random, signal } = deps;
  while (!signal.aborted) {
    const taskType = random.pick(TASK_TYPES);
    const count = Math.ceil(random.between(0, 4));
    const path = `/api/tasks/poll/batch/${taskType}?count=${count}&timeout=100&workerid=w`;
    const exchange = await client.call({ method: "GET", path });
    const tasks = exchange.status === 200 ? (JSON.parse(exchange.text) as PolledTask[]) : [];
    noteHandouts(deps.history, exchange, tasks);
    await Promise.all(tasks.map((task) => work(deps, task)));
    // A machine that is asked for much has to answer others, too.
    if (tasks.length === 0) await sleep(5);
  }
}

function noteHandouts(
  history: History,
  { sentAt, answeredAt = sentAt }: Exchange,
  tasks: readonly PolledTask[],
): void {
  for (const { taskId, taskType, correlationId: key } of tasks) {
    const handout: Handout = { taskId, taskType, key, sentAt, answeredAt };
    history.handouts.push(handout);
  }
}

async function work(deps: WorkerDeps, task: PolledTask): Promise<void> {
  const { random } = deps;
  await sleep(random.between(0, random.chance(0.02) ? LONG_WORK_MS_MAX : WORK_MS_MAX));
  if (task.taskType === "flaky") {
    if (random.chance(0.04)) return;
    if (random.chance(0.05)) await extendLease(deps, task);
  }
  const next = await report(deps, task, outcomeOf(deps, task));
  if (next !== undefined) await work(deps, next);
}

function outcomeOf({ random }: WorkerDeps, { taskType }: PolledTask): Result["status"] {
  if (random.chance(0.01)) return "FAILED_WITH_TERMINAL_ERROR";
  if (taskType === "flaky" && random.chance(0.15)) return "FAILED";
  return taskType !== "rated" && random.chance(0.03) ? "IN_PROGRESS" : "COMPLETED";
}

async function extendLease({ client, history }: WorkerDeps, task: PolledTask): Promise<void> {
  const { taskId, workflowInstanceId } = task;
  const body = { taskId, workflowInstanceId, status: "IN_PROGRESS", extendLease: true };
  const exchange = await client.call({ method: "POST", path: "/api/tasks", body });
  complainUnless(history, exchange, `heartbeat of ${taskId}`);
}

/** @returns the attempt that came with the answer */
async function report(
  { client, history, random }: WorkerDeps,
  task: PolledTask,
  status: Result["status"],
): Promise<PolledTask | undefined> {
  const { taskId, workflowInstanceId: workflowId, correlationId: key } = task;
  const mark = `m-${markNext++}`;
  const body = {
    taskId,
    workflowInstanceId: workflowId,
    status,
    outputData: { mark },
    ...(status === "IN_PROGRESS" ? { callbackAfterSeconds: random.chance(0.5) ? 0 : 1 } : {}),
  };
  const wantsNext = random.chance(0.3);
  const path = wantsNext ? "/api/tasks/update-v2" : "/api/tasks";
  const exchange = await client.callUntilAnswered({ method: "POST", path, body }, (each) => {
    const { sentAt, answeredAt } = each;
    history.results.push({ taskId, workflowId, key, status, mark, sentAt, answeredAt });
  });
  complainUnless(history, exchange, `result of ${taskId}`);
  if (!wantsNext || exchange.status !== 200 || exchange.text === "") return undefined;
  const next = JSON.parse(exchange.text) as PolledTask;
  noteHandouts(history, exchange, [next]);
  return next;
}

/** The server has every attempt that it has handed out. */
function complainUnless(history: History, exchange: Exchange, what: string): void {
  if (exchange.status === LOST || isDone(exchange) || exchange.status >= 500) return;
  history.complaints.push(`${what}: ${exchange.status} ${exchange.text}`);
}
