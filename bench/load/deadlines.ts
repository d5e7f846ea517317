import { Connection } from "./connection.ts";
import { Pool } from "./pool.ts";
import { readTasks, requestsTo } from "./requests.ts";
import { expectOk, type LoadTarget, sleep, targetOf } from "./scenario.ts";

/** The workflow waits for `waitMs` and then has one task for a worker. */
export interface DeadlineSettings extends LoadTarget {
  readonly count: number;
  readonly waitMs: number;
}

const EVERY_MS = 53;
const WORKERS = 8;
const POLL_TIMEOUT_MS = 5_000;
const PATIENCE_MS = 10_000;

/**
 * How late the tasks behind the waits reach a waiting worker, in ms after the instant at which the wait was over.
 * Measured from outside, so the hand-out is in it.
 */
export async function runDeadlines(settings: DeadlineSettings): Promise<number[]> {
  const target = targetOf(settings);
  const requests = requestsTo(target);
  const arrivedAt = new Map<string, number>();
  const pollRequest = requests.poll(`${settings.workflow}_1`, {
    count: 1,
    timeoutMs: POLL_TIMEOUT_MS,
  });
  for (let n = 0; n < WORKERS; n++) {
    const connection = new Connection(target);
    const poll = (): void => {
      connection.send(pollRequest, (status, body) => {
        expectOk("a poll", status, body);
        const [task] = readTasks(body);
        if (task !== undefined) arrivedAt.set(task.workflowId, Date.now());
        poll();
      });
    };
    poll();
  }
  const pool = new Pool(target, 4);
  for (let n = 0; n < settings.count; n++) {
    pool.request(requests.start(settings.workflow, '{"value":1}'), (status, body) => {
      expectOk("a start", status, body);
    });
    await sleep(EVERY_MS);
  }
  const until = Date.now() + settings.waitMs + PATIENCE_MS;
  while (arrivedAt.size < settings.count && Date.now() < until) await sleep(50);
  if (arrivedAt.size < settings.count) throw new Error(`only ${arrivedAt.size} waits ended`);
  const lateness: number[] = [];
  for (const [workflowId, at] of arrivedAt) {
    lateness.push(at - settings.waitMs - (await beganAt(pool, requests.workflow(workflowId))));
  }
  return lateness;
}

/** When the workflow's first task, its wait, was scheduled. */
function beganAt(pool: Pool, request: string): Promise<number> {
  return new Promise((resolve) => {
    pool.request(request, (status, body) => {
      expectOk("a read", status, body);
      const { tasks } = JSON.parse(body) as { tasks: { scheduledTime: number }[] };
      resolve(tasks[0]?.scheduledTime ?? Number.NaN);
    });
  });
}
