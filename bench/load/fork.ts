import { Connection } from "./connection.ts";
import { Pool } from "./pool.ts";
import { readTasks, requestsTo } from "./requests.ts";
import { expectOk, type LoadTarget, sleep, targetOf } from "./scenario.ts";

export interface ForkSettings extends LoadTarget {
  readonly branches: number;
  readonly connections: number;
  readonly pollers: number;
  readonly pollCount: number;
}

export interface ForkResult {
  /** From the start's request to the first task handed out, and to the workflow's end. */
  readonly firstTaskMs: number;
  readonly endMs: number;
  /** Epoch ms. */
  readonly beganAt: number;
  readonly endedAt: number;
}

const POLL_TIMEOUT_MS = 100;
const LOOK_EVERY_MS = 2;
const RUN_MS_MAX = 300_000;

/** Starts one workflow with a dynamic fork and works on its branches until it is COMPLETED. */
export async function runFork(settings: ForkSettings): Promise<ForkResult> {
  const target = targetOf(settings);
  const requests = requestsTo(target);
  const reporters = new Pool(target, settings.connections);
  const items = Array.from({ length: settings.branches }, (_, index) => `{"n":${index}}`);
  let workflowId = "";
  let reported = 0;
  let firstTaskAt = 0;

  const pollRequest = requests.poll(`${settings.workflow}_1`, {
    count: settings.pollCount,
    timeoutMs: POLL_TIMEOUT_MS,
  });
  const work = (poller: Connection): void => {
    poller.send(pollRequest, (status, body) => {
      expectOk("a poll", status, body);
      const tasks = readTasks(body);
      if (firstTaskAt === 0 && tasks.length > 0) firstTaskAt = Date.now();
      let open = tasks.length;
      if (open === 0 && reported < settings.branches) work(poller);
      for (const task of tasks) {
        reporters.request(requests.update(task), (updateStatus, answer) => {
          expectOk("an update", updateStatus, answer);
          reported++;
          if (--open === 0 && reported < settings.branches) work(poller);
        });
      }
    });
  };

  const beganAt = Date.now();
  const start = requests.start(settings.workflow, `{"items":[${items.join(",")}]}`);
  new Connection(target).send(start, (status, body) => {
    expectOk("a start", status, body);
    workflowId = body;
  });
  for (let n = 0; n < settings.pollers; n++) work(new Connection(target));
  while (reported < settings.branches || workflowId === "") {
    await sleep(LOOK_EVERY_MS);
    if (Date.now() > beganAt + RUN_MS_MAX) throw new Error(`${reported} branches were reported`);
  }
  await untilCompleted(settings, workflowId);
  const endedAt = Date.now();
  return { firstTaskMs: firstTaskAt - beganAt, endMs: endedAt - beganAt, beganAt, endedAt };
}

async function untilCompleted(settings: ForkSettings, workflowId: string): Promise<void> {
  const target = targetOf(settings);
  const request = requestsTo(target).status(workflowId);
  const connection = new Connection(target);
  for (let isCompleted = false; !isCompleted; await sleep(LOOK_EVERY_MS)) {
    isCompleted = await new Promise((resolve) => {
      connection.send(request, (status, body) => {
        expectOk("a read of the status", status, body);
        if (!/"(RUNNING|COMPLETED)"/.test(body)) throw new Error(`the workflow is ${body}`);
        resolve(body.includes('"COMPLETED"'));
      });
    });
  }
}
