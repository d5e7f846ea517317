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

function randomTest(storeTest: StoreTest, { reopen }: SuiteAdapter): void {
  storeTest(
    "limits hold through random claims, ends, undos and restarts",
    async ({ store, clock, t }) => {
      const seed = Number(process.env["SEED"] ?? Date.now() % 100_000);
      t.diagnostic(`SEED=${seed}`);
      const restart =
        reopen === undefined
          ? undefined
          : async (old: Store): Promise<Store> => {
              await old.close();
              return reopen(old, clock, t);
            };
      const run = new LimitRun(store, clock, { seed, restart });
      for (let step = 0; step < 250; step++) {
        await run.step();
        await run.check();
      }
      await run.finish();
    },
  );
}

interface Started {
  readonly workflow: Workflow;
  readonly task: Task;
}

const QUEUES = ["pack", "blue:pack"];

/** Random attempts under one definition's limits, and what they have been given, to be judged against the rules. */
class LimitRun {
  #store: Store;
  readonly #clock: FakeClock;
  readonly #seed: number;
  readonly #random: (below: number) => number;
  readonly #restart: ((store: Store) => Promise<Store>) | undefined;
  readonly #concurrent: number;
  readonly #rate: number;
  readonly #windowMs: number;
  readonly #open = new Map<string, Started>();
  #held: (Started & { readonly claim: ClaimedTask })[] = [];
  #grants: { readonly at: number; readonly claimVersion: number }[] = [];

  constructor(
    store: Store,
    clock: FakeClock,
    { seed, restart }: { seed: number; restart: ((store: Store) => Promise<Store>) | undefined },
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#seed = seed;
    this.#restart = restart;
    this.#random = randomFrom(seed);
    this.#concurrent = 1 + this.#random(4);
    this.#rate = 1 + this.#random(5);
    this.#windowMs = 200 + this.#random(800);
  }

  async step(): Promise<void> {
    const action = this.#random(10);
    if (action < 3) await this.#start();
    else if (action < 7) await this.#poll();
    else if (action === 7) await this.#endOrUndoOne();
    else if (action === 8 && this.#random(4) === 0)
      this.#store = (await this.#restart?.(this.#store)) ?? this.#store;
    else {
      await this.#clock.advance(this.#random(300));
      await this.#store.checkHealth();
    }
  }

  async check(): Promise<void> {
    // Claims that a restart found undelivered have come back by themselves.
    const claims = await this.#store.loadClaims(this.#held.map((each) => each.task.taskId));
    this.#held = this.#held.filter(
      ({ task, claim }) => claims.get(task.taskId)?.claimVersion === claim.claimVersion,
    );
    const held = this.#held.length;
    assert.ok(held <= this.#concurrent, `SEED=${this.#seed}: ${held} at once`);
    const from = this.#clock.now() - this.#windowMs;
    this.#grants = this.#grants.filter(({ at }) => at > from);
    const recent = this.#grants.length;
    assert.ok(recent <= this.#rate, `SEED=${this.#seed}: ${recent} in a window`);
  }

  /** No slot has leaked: with time, everything that waits is handed out. */
  async finish(): Promise<void> {
    await this.#clock.advance(31_000);
    await this.#store.checkHealth();
    await this.check();
    for (const started of this.#held) await this.#end(started);
    for (let round = 0; this.#open.size > 0 && round < 1_000; round++) {
      await this.#clock.advance(this.#windowMs);
      for (const queue of QUEUES) {
        for (const { task } of await claimAll(this.#store, this.#clock, queue)) {
          const started = this.#open.get(task.task.taskId);
          if (started !== undefined) await this.#end(started);
        }
      }
    }
    assert.equal(this.#open.size, 0, `SEED=${this.#seed}: ${this.#open.size} never handed out`);
  }

  async #start(): Promise<void> {
    const task = aTask();
    const limits: Limits = {
      taskDefName: "pack",
      concurrentExecLimit: this.#concurrent,
      rateLimitPerFrequency: this.#rate,
      rateLimitWindowMs: this.#windowMs,
    };
    const queue = QUEUES[this.#random(2)] ?? "pack";
    const workflow = await startWith(this.#store, [task], { limits, queue });
    this.#open.set(task.taskId, { task, workflow });
  }

  async #poll(): Promise<void> {
    const now = this.#clock.now();
    const polls = [...QUEUES, "pack"].map((queue) =>
      this.#store.claim({ queue, count: 1 + this.#random(3), now }),
    );
    for (const claim of (await Promise.all(polls)).flat()) {
      const started = this.#open.get(claim.task.task.taskId);
      assert.ok(started !== undefined);
      assert.ok(this.#held.every((each) => each.task.taskId !== started.task.taskId));
      this.#held.push({ ...started, claim });
      this.#grants.push({ at: now, claimVersion: claim.claimVersion });
      if (this.#random(2) === 0) this.#store.markDelivered(refsOf([claim]));
    }
  }

  async #endOrUndoOne(): Promise<void> {
    const [one] = this.#held.splice(this.#random(Math.max(1, this.#held.length)), 1);
    if (one === undefined) return;
    if (this.#random(2) === 0) {
      await this.#end(one);
      return;
    }
    await this.#store.undoClaims(refsOf([one.claim]));
    const { claimVersion } = one.claim;
    const claim = (await this.#store.loadClaims([one.task.taskId])).get(one.task.taskId);
    // One that has been delivered stays where it is.
    if (claim?.claimVersion === claimVersion) this.#held.push(one);
    else this.#grants = this.#grants.filter((grant) => grant.claimVersion !== claimVersion);
  }

  async #end({ workflow, task }: Started): Promise<void> {
    const end = changed({ ...task, status: "COMPLETED" as const });
    await commit(this.#store, workflow, { baseVersion: 1, tasks: [end] });
    this.#open.delete(task.taskId);
  }
}
