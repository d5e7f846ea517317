import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { FakeClock } from "../fake-clock.ts";
import type { Store } from "../store.ts";
import { aGroup, aTask, aWorkflow, START, startWith } from "../suite-records.ts";
import { openDatabase, query } from "./database.ts";
import { Executor } from "./executor.ts";
import { migrate } from "./migrations.ts";
import { SqliteStore } from "./sqlite-store.ts";
import type { Step } from "./steps.ts";

const UNDELIVERED_MS = 30_000;

interface FailingWorld {
  readonly store: Store;
  readonly clock: FakeClock;
  /** While true, every transaction finds the disk full. */
  readonly disk: { isFull: boolean };
  /** Types of the steps of each transaction, also of those that failed. */
  readonly transactions: string[][];
  deliveredCount(): number;
  /** The store of the next process on the same database. */
  openAgain(): Store;
}

function aFailingWorld(t: TestContext): FailingWorld {
  const database = openDatabase(":memory:", "write");
  migrate(database, ":memory:");
  const executor = new Executor(database);
  const disk = { isFull: false };
  const transactions: string[][] = [];
  const clock = new FakeClock(START);
  const open = (): Store =>
    new SqliteStore({
      writer: {
        execute: (steps: readonly Step[], callback) => {
          transactions.push(steps.map((step) => step.type));
          const full = { code: "STORE_FULL", message: "the database's disk is full" } as const;
          callback(disk.isFull ? full : executor.execute(steps));
        },
        close: async () => executor.close(),
      },
      database,
      clock,
      undeliveredMs: UNDELIVERED_MS,
      unlock: () => {},
    });
  const store = open();
  t.after(() => store.close());
  const delivered = query(database, "SELECT count(*) FROM queue WHERE delivered_at IS NOT NULL");
  const deliveredCount = (): number => Number(delivered.get()?.[0]);
  return { store, clock, disk, transactions, deliveredCount, openAgain: open };
}

const LIMITS = {
  taskDefName: "pack",
  concurrentExecLimit: 1,
  rateLimitPerFrequency: 1,
  rateLimitWindowMs: 60_000,
};

test("a claim that could not be written is taken back, with its slot and its grant", async (t) => {
  const { store, clock, disk } = aFailingWorld(t);
  await startWith(store, [aTask()], { limits: LIMITS });
  const available: number[] = [];
  store.onAvailable(() => available.push(clock.now() - START));
  disk.isFull = true;
  const request = { queue: "pack", count: 1, now: clock.now() };
  await assert.rejects(store.claim(request), { code: "STORE_FULL" });
  assert.deepEqual([...store.queueSizes()], [["pack", { waiting: 1, claimed: 0 }]]);
  await clock.advance(999);
  assert.deepEqual(available, []);
  await clock.advance(1);
  assert.deepEqual(available, [1_000]);
  disk.isFull = false;
  assert.equal((await store.claim(request)).length, 1);
});

test("a claim that the database will not have is taken back, and sinks nobody else", async (t) => {
  const { store, clock } = aFailingWorld(t);
  await startWith(store, [aTask()]);
  const [bad, good] = await Promise.allSettled([
    store.claim({ queue: "pack", count: 1, now: clock.now() + 0.5 }),
    store.commit([aGroup(aWorkflow())]),
  ]);
  assert.equal(bad.status, "rejected");
  assert.equal(good.status, "fulfilled");
  await clock.advance(0);
  assert.equal((await store.claim({ queue: "pack", count: 1, now: clock.now() })).length, 1);
});

test("a commit that could not be written has done nothing, and can be tried again", async (t) => {
  const { store, disk } = aFailingWorld(t);
  const workflow = aWorkflow();
  disk.isFull = true;
  await assert.rejects(store.commit([aGroup(workflow)]), {
    code: "STORE_FULL",
    message: "the database's disk is full",
  });
  await assert.rejects(store.checkHealth(), { code: "STORE_FULL" });
  disk.isFull = false;
  assert.deepEqual(await store.loadExecutions([workflow.workflowId]), [undefined]);
  assert.equal((await store.commit([aGroup(workflow)]))[0]?.type, "committed");
});

test("an undo that could not be written can be tried again", async (t) => {
  const { store, clock, disk } = aFailingWorld(t);
  await startWith(store, [aTask()]);
  const [claimed] = await store.claim({ queue: "pack", count: 1, now: clock.now() });
  assert.ok(claimed !== undefined);
  const ref = { taskId: claimed.task.task.taskId, claimVersion: claimed.claimVersion };
  disk.isFull = true;
  await assert.rejects(store.undoClaims([ref]), { code: "STORE_FULL" });
  disk.isFull = false;
  await store.undoClaims([ref]);
  assert.deepEqual([...store.queueSizes()], [["pack", { waiting: 1, claimed: 0 }]]);
});

test("a claim that the last process left is taken back as soon as that can be written", async (t) => {
  const { store, clock, disk, openAgain } = aFailingWorld(t);
  await startWith(store, [aTask()]);
  assert.equal((await store.claim({ queue: "pack", count: 1, now: clock.now() })).length, 1);
  const next = openAgain();
  disk.isFull = true;
  await clock.advance(UNDELIVERED_MS);
  assert.deepEqual([...next.queueSizes()], [["pack", { waiting: 0, claimed: 1 }]]);
  disk.isFull = false;
  await clock.advance(1_000);
  assert.deepEqual([...next.queueSizes()], [["pack", { waiting: 1, claimed: 0 }]]);
});

test("delivered marks wait for the next transaction, at most 100 ms, and for one that succeeds", async (t) => {
  const { store, clock, disk, transactions, deliveredCount } = aFailingWorld(t);
  await startWith(store, [aTask(), aTask({ seq: 2, referenceTaskName: "b" })]);
  const claims = await store.claim({ queue: "pack", count: 2, now: clock.now() });
  const [one, two] = claims.map(({ task, claimVersion }) => ({
    taskId: task.task.taskId,
    claimVersion,
  }));
  assert.ok(one !== undefined && two !== undefined);
  store.markDelivered([one]);
  await clock.advance(99);
  assert.equal(deliveredCount(), 0);
  store.markDelivered([two]);
  disk.isFull = true;
  await clock.advance(1);
  assert.equal(deliveredCount(), 0);
  disk.isFull = false;
  transactions.length = 0;
  await store.checkHealth();
  assert.equal(deliveredCount(), 2);
  assert.deepEqual(transactions, [["delivered", "check-health"]]);
});

test("what waits together becomes one transaction", async (t) => {
  const { store, clock, transactions } = aFailingWorld(t);
  await startWith(store, [aTask()]);
  transactions.length = 0;
  await Promise.all([
    store.commit([aGroup(aWorkflow()), aGroup(aWorkflow())]),
    store.claim({ queue: "pack", count: 1, now: clock.now() }),
    store.appendLogs([{ taskId: "t", log: "l", createdTime: START }]),
    store.putPollData([{ taskType: "pack", lastPollTime: START }]),
  ]);
  assert.deepEqual(transactions, [["group", "group", "claim", "logs", "polls"]]);
});
