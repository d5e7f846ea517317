/** I5: limits are exact over all pollers: never exceeded by one, a freed slot handed on at once. */
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { readConfig, startServer } from "@ostinato/server";

const POLLERS = 12;
const WORKFLOWS = 40;
const ENDS_WITHIN_MS = 30_000;

const server = await startServer(readConfig(["--port=0", "--database=sqlite::memory:"], {}));
after(() => server.close());

async function call(method: string, path: string, body?: unknown): Promise<string> {
  const headers = { "content-type": "application/json" };
  const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
  const response = await fetch(`${server.url}${path}`, init);
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text;
}

interface Polled {
  readonly taskId: string;
  readonly workflowInstanceId: string;
  readonly startTime: number;
}

/** Many pollers work off all executions. @returns the tasks in the order they came in */
async function workOff(
  limits: Readonly<Record<string, unknown>>,
  during: { took(): void; gave(): void },
): Promise<Polled[]> {
  const name = `limited_${Object.keys(limits)[0]}`;
  const taskDef = { name, retryCount: 0, timeoutSeconds: 0, responseTimeoutSeconds: 60, ...limits };
  await call("POST", "/api/metadata/taskdefs", [taskDef]);
  const tasks = [{ name, taskReferenceName: "t" }];
  await call("POST", "/api/metadata/workflow", { name, version: 1, tasks });
  for (let n = 0; n < WORKFLOWS; n++) await call("POST", `/api/workflow/${name}`, {});
  const done: Polled[] = [];
  const until = Date.now() + ENDS_WITHIN_MS;
  async function poller(n: number): Promise<void> {
    while (done.length < WORKFLOWS && Date.now() < until) {
      const path = `/api/tasks/poll/batch/${name}?count=2&timeout=200&workerid=w${n}`;
      const batch = JSON.parse(await call("GET", path)) as Polled[];
      for (const _task of batch) during.took();
      for (const task of batch) {
        await new Promise((resolve) => setTimeout(resolve, n % 4));
        const { taskId, workflowInstanceId } = task;
        // From here on the server may have freed the slot, before the answer is here.
        during.gave();
        await call("POST", "/api/tasks", { taskId, workflowInstanceId, status: "COMPLETED" });
        done.push(task);
      }
    }
  }
  await Promise.all(Array.from({ length: POLLERS }, (_, n) => poller(n)));
  assert.equal(done.length, WORKFLOWS, "some were never handed out");
  assert.equal(new Set(done.map(({ taskId }) => taskId)).size, WORKFLOWS, "one came twice");
  assert.deepEqual(await server.findStuck(), []);
  return done;
}

test("no more than concurrentExecLimit are in workers' hands, and all of them get through", async () => {
  const limit = 3;
  let held = 0;
  let heldMax = 0;
  await workOff(
    { concurrentExecLimit: limit },
    {
      took: () => (heldMax = Math.max(heldMax, ++held)),
      gave: () => held--,
    },
  );
  assert.ok(heldMax <= limit, `${heldMax} were held at once`);
});

test("every slot is handed out, and a freed one is handed on at once", async () => {
  const name = "slots";
  await call("POST", "/api/metadata/taskdefs", [
    { name, concurrentExecLimit: 3, timeoutSeconds: 0 },
  ]);
  const tasks = [{ name, taskReferenceName: "t" }];
  await call("POST", "/api/metadata/workflow", { name, version: 1, tasks });
  for (let n = 0; n < 10; n++) await call("POST", `/api/workflow/${name}`, {});
  const poll = async (timeout: number): Promise<Polled[]> => {
    const path = `/api/tasks/poll/batch/${name}?count=10&timeout=${timeout}`;
    return JSON.parse(await call("GET", path)) as Polled[];
  };
  const [first, ...others] = await poll(100);
  assert.ok(first);
  assert.equal(others.length, 2);
  assert.deepEqual(await poll(0), []);
  const waiting = poll(5_000);
  const { taskId, workflowInstanceId } = first;
  await call("POST", "/api/tasks", { taskId, workflowInstanceId, status: "COMPLETED" });
  assert.equal((await waiting).length, 1);
  assert.deepEqual(await poll(0), []);
});

test("no window has more claims than rateLimitPerFrequency", async () => {
  const [limit, windowMs] = [15, 1_000];
  const done = await workOff(
    { rateLimitPerFrequency: limit, rateLimitFrequencyInSeconds: windowMs / 1_000 },
    { took: () => undefined, gave: () => undefined },
  );
  const starts = done.map(({ startTime }) => startTime).toSorted((a, b) => a - b);
  for (let n = 0; n + limit < starts.length; n++) {
    const span = (starts[n + limit] ?? 0) - (starts[n] ?? 0);
    assert.ok(span >= windowMs, `${limit + 1} claims within ${span} ms`);
  }
  const whole = (starts.at(-1) ?? 0) - (starts[0] ?? 0);
  assert.ok(whole < 2 * windowMs + 1_000, `the last came after ${whole} ms: a grant was lost`);
});
