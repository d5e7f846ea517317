import assert from "node:assert/strict";

import type { Limits, Task, Workflow } from "@ostinato/core";

import type { FakeClock } from "./fake-clock.ts";
import type { ClaimedTask, Store } from "./store.ts";
import type { StoreTest, SuiteAdapter } from "./store-suite.ts";
import { aTask, changed, commit, enqueue, randomFrom, START, startWith } from "./suite-records.ts";

const ONE_AT_A_TIME: Limits = { taskDefName: "pack", concurrentExecLimit: 1 };
const TWO_A_SECOND: Limits = {
  taskDefName: "pack",
  rateLimitPerFrequency: 2,
  rateLimitWindowMs: 1_000,
};

function tasksOf(count: number): Task[] {
  return Array.from({ length: count }, (_, i) =>
    aTask({ seq: i + 1, referenceTaskName: `ref_${i}` }),
  );
}

async function claimAll(store: Store, clock: FakeClock, queue = "pack"): Promise<ClaimedTask[]> {
  return store.claim({ queue, count: 1_000, now: clock.now() });
}

function refsOf(claimed: readonly ClaimedTask[]): { taskId: string; claimVersion: number }[] {
  return claimed.map(({ task, claimVersion }) => ({ taskId: task.task.taskId, claimVersion }));
}

/** Limits of concurrency and rate: never exceeded, no slot lost, nobody else blocked. */
export function limitTests(storeTest: StoreTest, adapter: SuiteAdapter): void {
  concurrencyTests(storeTest);
  rateTests(storeTest, adapter);
  randomTest(storeTest, adapter);
}

function concurrencyTests(storeTest: StoreTest): void {
  const frees: [
    string,
    (world: {
      store: Store;
      workflow: Workflow;
      task: Task;
      claim: ClaimedTask;
    }) => Promise<unknown>,
  ][] = [
    [
      "its end",
      ({ store, workflow, task }) =>
        commit(store, workflow, {
          baseVersion: 1,
          tasks: [changed({ ...task, status: "COMPLETED" })],
        }),
    ],
    [
      "a call back",
      ({ store, workflow, task }) =>
        commit(store, workflow, {
          baseVersion: 1,
          queue: [enqueue(task, workflow, { readyAt: START + 9_999, limits: ONE_AT_A_TIME })],
        }),
    ],
    [
      "leaving the queue",
      ({ store, workflow, task }) =>
        commit(store, workflow, {
          baseVersion: 1,
          queue: [{ type: "dequeue", taskId: task.taskId }],
        }),
    ],
    ["being undone", ({ store, claim }) => store.undoClaims(refsOf([claim]))],
    [
      "its deletion",
      ({ store, workflow, task }) =>
        commit(store, workflow, { baseVersion: 1, deletedTaskIds: [task.taskId] }),
    ],
    [
      "the end of its workflow",
      ({ store, workflow }) => commit(store, { ...workflow, status: "FAILED" }, { baseVersion: 1 }),
    ],
    [
      "the removal of its workflow",
      ({ store, workflow }) =>
        commit(store, workflow, { baseVersion: 1, removed: { archive: false } }),
    ],
  ];
  for (const [reason, free] of frees) {
    storeTest(
      `a slot is free again after ${reason}, at once and in all queues`,
      async ({ store, clock }) => {
        const task = aTask();
        const workflow = await startWith(store, [task], { limits: ONE_AT_A_TIME });
        await startWith(store, [aTask()], { queue: "blue:pack", limits: ONE_AT_A_TIME });
        const [claim] = await claimAll(store, clock);
        assert.ok(claim !== undefined);
        assert.deepEqual(await claimAll(store, clock, "blue:pack"), []);
        const available: string[] = [];
        store.onAvailable((queues) => available.push(...queues));
        await free({ store, workflow, task, claim });
        assert.ok(available.includes("blue:pack"));
        assert.equal((await claimAll(store, clock, "blue:pack")).length, 1);
      },
    );
  }

  storeTest(
    "what is over its limit stays in place and blocks nobody else",
    async ({ store, clock }) => {
      const tasks = tasksOf(5);
      const limitsOf = (task: Task): Limits | undefined =>
        [
          undefined,
          ONE_AT_A_TIME,
          ONE_AT_A_TIME,
          { taskDefName: "other", concurrentExecLimit: 1 },
          undefined,
        ][task.seq % 5];
      await startWith(store, tasks, (task) => {
        const limits = limitsOf(task);
        return { priority: 9 - task.seq, ...(limits === undefined ? {} : { limits }) };
      });
      const claimed = await claimAll(store, clock);
      assert.deepEqual(
        claimed.map((each) => each.task.task.seq),
        [1, 3, 4, 5],
      );
      await store.undoClaims(refsOf(claimed.slice(0, 1)));
      const again = await claimAll(store, clock);
      assert.deepEqual(
        again.map((each) => each.task.task.seq),
        [1],
      );
    },
  );
}

function rateTests(storeTest: StoreTest, { reopen }: SuiteAdapter): void {
  storeTest(
    "a rate is never exceeded in any window, and opens at its instant",
    async ({ store, clock }) => {
      await startWith(store, tasksOf(5), { limits: TWO_A_SECOND });
      const available: number[] = [];
      store.onAvailable(() => available.push(clock.now() - START));
      assert.equal((await store.claim({ queue: "pack", count: 1, now: clock.now() })).length, 1);
      await clock.advance(600);
      assert.equal((await claimAll(store, clock)).length, 1);
      assert.equal((await claimAll(store, clock)).length, 0);
      await clock.advance(399);
      assert.equal((await claimAll(store, clock)).length, 0);
      available.length = 0;
      await clock.advance(1);
      assert.deepEqual(available, [1_000]);
      assert.equal((await claimAll(store, clock)).length, 1);
      await clock.advance(599);
      assert.equal((await claimAll(store, clock)).length, 0);
      await clock.advance(1);
      assert.equal((await claimAll(store, clock)).length, 1);
    },
  );

  storeTest("an undone claim gives its grant back", async ({ store, clock }) => {
    await startWith(store, tasksOf(4), { limits: TWO_A_SECOND });
    const claimed = await claimAll(store, clock);
    assert.equal(claimed.length, 2);
    await store.undoClaims(refsOf(claimed.slice(0, 1)));
    assert.equal((await claimAll(store, clock)).length, 1);
  });

  storeTest("the end of an attempt does not give its grant back", async ({ store, clock }) => {
    const tasks = tasksOf(4);
    const workflow = await startWith(store, tasks, { limits: TWO_A_SECOND });
    const claimed = await claimAll(store, clock);
    const ends = claimed.map(({ task }) => changed({ ...task.task, status: "COMPLETED" as const }));
    await commit(store, workflow, { baseVersion: 1, tasks: ends });
    assert.deepEqual(await claimAll(store, clock), []);
  });

  if (reopen === undefined) return;
  storeTest("a restart forgets neither slots nor grants", async ({ store, clock, t }) => {
    await startWith(store, tasksOf(4), { limits: TWO_A_SECOND });
    const ship = { queue: "ship", limits: { taskDefName: "ship", concurrentExecLimit: 2 } };
    await startWith(store, tasksOf(4), ship);
    store.markDelivered(refsOf(await store.claim({ queue: "ship", count: 1, now: clock.now() })));
    store.markDelivered(refsOf(await store.claim({ queue: "pack", count: 1, now: clock.now() })));
    await clock.advance(500);
    store.markDelivered(refsOf(await claimAll(store, clock)));
    await store.close();
    const again = await reopen(store, clock, t);
    assert.equal((await claimAll(again, clock, "ship")).length, 1);
    assert.equal((await claimAll(again, clock)).length, 0);
    await clock.advance(500);
    assert.equal((await claimAll(again, clock)).length, 1);
    assert.equal((await claimAll(again, clock)).length, 0);
  });
}

/** What happened in the random test, to be judged against the rules. */
interface Held {
  readonly workflow: Workflow;
  readonly task: Task;
  readonly claim: ClaimedTask;
}

function randomTest(storeTest: StoreTest, { reopen }: SuiteAdapter): void {
  storeTest(
    "limits hold through random claims, ends, undos and restarts",
    async ({ store: first, clock, t }) => {
      const seed = Number(process.env["SEED"] ?? Date.now() % 100_000);
      t.diagnostic(`SEED=${seed}`);
      const random = randomFrom(seed);
      const limits: Limits = {
        taskDefName: "pack",
        concurrentExecLimit: 1 + random(4),
        rateLimitPerFrequency: 1 + random(5),
        rateLimitWindowMs: 200 + random(800),
      };
      let store = first;
      const open = new Map<string, { workflow: Workflow; task: Task }>();
      let held: Held[] = [];
      const grants: number[] = [];
      for (let step = 0; step < 250; step++) {
        const action = random(10);
        if (action < 3) {
          const task = aTask();
          const queue = random(2) === 0 ? "pack" : "blue:pack";
          open.set(task.taskId, {
            task,
            workflow: await startWith(store, [task], { limits, queue }),
          });
        } else if (action < 7) {
          const polls = ["pack", "blue:pack", "pack"].map((queue) =>
            store.claim({ queue, count: 1 + random(3), now: clock.now() }),
          );
          for (const claim of (await Promise.all(polls)).flat()) {
            const known = open.get(claim.task.task.taskId);
            assert.ok(known !== undefined);
            assert.ok(held.every((each) => each.task.taskId !== known.task.taskId));
            held.push({ ...known, claim });
            grants.push(clock.now());
            if (random(2) === 0) store.markDelivered(refsOf([claim]));
          }
        } else if (action === 7 && held.length > 0) {
          const [{ workflow, task } = held[0] as Held] = held.splice(random(held.length), 1);
          await commit(store, workflow, {
            baseVersion: 1,
            tasks: [changed({ ...task, status: "COMPLETED" })],
          });
          open.delete(task.taskId);
        } else if (action === 8 && reopen !== undefined && random(4) === 0) {
          await store.close();
          store = await reopen(store, clock, t);
        } else {
          await clock.advance(random(300));
          await store.checkHealth();
        }
        // Claims that a restart found undelivered come back by themselves.
        const claims = await store.loadClaims(held.map((each) => each.task.taskId));
        held = held.filter(
          (each) => claims.get(each.task.taskId)?.claimVersion === each.claim.claimVersion,
        );
        assert.ok(
          held.length <= (limits.concurrentExecLimit ?? 0),
          `SEED=${seed}: ${held.length} at once`,
        );
        const from = clock.now() - (limits.rateLimitWindowMs ?? 0);
        const recent = grants.filter((at) => at > from).length;
        assert.ok(
          recent <= (limits.rateLimitPerFrequency ?? 0),
          `SEED=${seed}: ${recent} in a window`,
        );
      }
      // No slot has leaked: with time, everything that waits is handed out.
      await clock.advance(31_000);
      await store.checkHealth();
      for (const { workflow, task } of held) {
        await commit(store, workflow, {
          baseVersion: 1,
          tasks: [changed({ ...task, status: "COMPLETED" })],
        });
        open.delete(task.taskId);
      }
      for (let round = 0; open.size > 0 && round < 1_000; round++) {
        await clock.advance(limits.rateLimitWindowMs ?? 0);
        for (const queue of ["pack", "blue:pack"]) {
          for (const { task } of await claimAll(store, clock, queue)) {
            const known = open.get(task.task.taskId);
            if (known === undefined) continue;
            const end = changed({ ...known.task, status: "COMPLETED" });
            await commit(store, known.workflow, { baseVersion: 1, tasks: [end] });
            open.delete(task.task.taskId);
          }
        }
      }
      assert.equal(open.size, 0, `SEED=${seed}: ${open.size} were never handed out`);
    },
  );
}
