import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";

import type { Task } from "@ostinato/core";

import type { FakeClock } from "./fake-clock.ts";
import type { ClaimedTask, Store } from "./store.ts";
import { PRIORITY_HEAD_START_MS } from "./store.ts";
import type { StoreTest } from "./store-suite.ts";
import {
  aGroup,
  aTask,
  aWorkflow,
  changed,
  commit,
  enqueue,
  isNew,
  START,
  startWith,
} from "./suite-records.ts";

function tasksOf(count: number): Task[] {
  return Array.from({ length: count }, (_, i) =>
    aTask({ seq: i + 1, referenceTaskName: `ref_${i}` }),
  );
}

function idsOf(claimed: readonly ClaimedTask[]): string[] {
  return claimed.map((each) => each.task.task.taskId);
}

async function claimOne(store: Store, clock: FakeClock, workerId = "worker"): Promise<ClaimedTask> {
  const [claimed] = await store.claim({ queue: "pack", count: 1, workerId, now: clock.now() });
  assert.ok(claimed !== undefined);
  return claimed;
}

function refOf(claimed: ClaimedTask): { taskId: string; claimVersion: number } {
  return { taskId: claimed.task.task.taskId, claimVersion: claimed.claimVersion };
}

/** Claims, heartbeats, undo, delays, deadlines, and what decisions do to attempts that are held. */
export function claimTests(storeTest: StoreTest): void {
  orderTests(storeTest);
  holdTests(storeTest);
  decisionTests(storeTest);
  deadlineTests(storeTest);
}

function orderTests(storeTest: StoreTest): void {
  storeTest(
    "attempts are handed out by priority, then readyAt, then age",
    async ({ store, clock }) => {
      const tasks = tasksOf(6);
      const places = [
        { readyAt: START - 1 },
        { readyAt: START - 2 },
        { readyAt: START - 2 },
        { priority: 5, readyAt: START },
        { priority: 5, readyAt: START - 1 },
        { readyAt: START + 1, priority: 99 },
      ];
      await startWith(store, tasks, (task) => places[task.seq - 1] ?? {});
      const first = await store.claim({ queue: "pack", count: 2, now: clock.now() });
      const second = await store.claim({ queue: "pack", count: 10, now: clock.now() });
      const expected = [5, 4, 2, 3, 1].map((seq) => tasks[seq - 1]?.taskId);
      assert.deepEqual([...idsOf(first), ...idsOf(second)], expected);
      assert.deepEqual(await store.claim({ queue: "pack", count: 1, now: clock.now() }), []);
      assert.deepEqual(await store.claim({ queue: "none", count: 1, now: clock.now() }), []);
      assert.deepEqual([...store.queueSizes()], [["pack", { waiting: 1, claimed: 5 }]]);
    },
  );

  storeTest("urgent attempts do not starve one that has waited long", async ({ store, clock }) => {
    const tasks = tasksOf(2);
    const readyAt = START - 3 * PRIORITY_HEAD_START_MS - 1;
    const places = [{ priority: 3, readyAt: START }, { readyAt }];
    await startWith(store, tasks, (task) => places[task.seq - 1] ?? {});
    const [claimed] = await store.claim({ queue: "pack", count: 1, now: clock.now() });
    assert.equal(claimed?.task.task.taskId, tasks[1]?.taskId);
  });

  storeTest("polls at the same time never get the same attempt", async ({ store, clock }) => {
    const tasks = tasksOf(20);
    await startWith(store, tasks);
    const polls = Array.from({ length: 30 }, () =>
      store.claim({ queue: "pack", count: 1, now: clock.now() }),
    );
    const ids = (await Promise.all(polls)).flatMap(idsOf);
    assert.equal(ids.length, 20);
    assert.equal(new Set(ids).size, 20);
  });

  storeTest("a delayed attempt becomes available at its instant", async ({ store, clock }) => {
    const available: string[] = [];
    store.onAvailable((queues) => available.push(...queues));
    await startWith(store, [aTask()], { queue: "blue:pack", readyAt: START + 700 });
    await clock.advance(699);
    assert.deepEqual(available, []);
    assert.deepEqual(await store.claim({ queue: "blue:pack", count: 1, now: clock.now() }), []);
    await clock.advance(1);
    assert.deepEqual(available, ["blue:pack"]);
    assert.equal((await store.claim({ queue: "blue:pack", count: 1, now: clock.now() })).length, 1);
  });

  storeTest("whoever waits hears of a commit that made an attempt ready", async ({ store }) => {
    const available: string[] = [];
    store.onAvailable((queues) => available.push(...queues));
    await startWith(store, tasksOf(3));
    assert.deepEqual(available, ["pack"]);
  });
}

function holdTests(storeTest: StoreTest): void {
  storeTest(
    "a claimed attempt reads IN_PROGRESS, with who holds it since when",
    async ({ store, clock }) => {
      const task = aTask({ callbackAfterSeconds: 60, pollCount: 1, inputData: '{"a":1}' });
      const workflow = await startWith(store, [task]);
      await clock.advance(50);
      const claimed = await claimOne(store, clock);
      const expected: Task = {
        ...task,
        status: "IN_PROGRESS",
        workerId: "worker",
        pollCount: 2,
        startTime: START + 50,
        updateTime: START + 50,
        callbackAfterSeconds: 0,
      };
      assert.deepEqual(claimed.task, {
        task: expected,
        workflowId: workflow.workflowId,
        workflowName: "order",
        definitionHash: "hash-1",
      });
      assert.deepEqual((await store.findTask(task.taskId))?.task, expected);
      assert.deepEqual((await store.listTasks(workflow.workflowId)).tasks[0]?.task, expected);
      const [loaded] = await store.loadExecutions([workflow.workflowId]);
      assert.deepEqual(loaded?.tasks.get(task.taskId), task);
      const claim = (await store.loadClaims([task.taskId])).get(task.taskId);
      const { claimVersion } = claimed;
      const times = { startTime: START + 50, updateTime: START + 50 };
      assert.deepEqual(claim, {
        taskId: task.taskId,
        claimed: true,
        claimVersion,
        pollCount: 2,
        ...times,
        workerId: "worker",
      });
    },
  );

  storeTest("a later claim keeps the first start", async ({ store, clock }) => {
    const task = aTask({ startTime: START - 900, pollCount: 1 });
    await startWith(store, [task]);
    const claimed = await claimOne(store, clock);
    assert.equal(claimed.task.task.startTime, START - 900);
  });

  storeTest(
    "an undone claim was never there, and its attempt is available at once",
    async ({ store, clock }) => {
      const task = aTask({ pollCount: 4 });
      const workflow = await startWith(store, [task]);
      const before = (await store.loadClaims([task.taskId])).get(task.taskId);
      const available: string[] = [];
      store.onAvailable((queues) => available.push(...queues));
      const claimed = await claimOne(store, clock);
      await store.undoClaims([refOf(claimed), { taskId: "x", claimVersion: 12_345 }]);
      assert.deepEqual(available, ["pack"]);
      const after = (await store.loadClaims([task.taskId])).get(task.taskId);
      assert.ok((after?.claimVersion ?? 0) > claimed.claimVersion);
      assert.deepEqual({ ...after, claimVersion: 0 }, { ...before, claimVersion: 0 });
      assert.deepEqual((await store.findTask(task.taskId))?.task, task);
      const again = await claimOne(store, clock);
      assert.equal(again.task.task.pollCount, 5);
      await store.undoClaims([refOf(claimed)]);
      assert.equal((await store.findTask(task.taskId))?.task.status, "IN_PROGRESS");
      await commit(store, workflow, { baseVersion: 1 });
    },
  );

  storeTest("a delivered claim can no longer be undone", async ({ store, clock }) => {
    const task = aTask();
    await startWith(store, [task]);
    const claimed = await claimOne(store, clock);
    store.markDelivered([refOf(claimed)]);
    await store.undoClaims([refOf(claimed)]);
    await clock.advance(100);
    assert.equal((await store.findTask(task.taskId))?.task.status, "IN_PROGRESS");
  });

  storeTest(
    "a heartbeat raises the claim's version and moves its last sign of life",
    async ({ store, clock }) => {
      const task = aTask();
      const workflow = await startWith(store, [task], { timeouts: { responseMs: 1_000 } });
      const claimed = await claimOne(store, clock);
      const due: unknown[] = [];
      store.onDeadlines((each) => due.push(...each));
      await clock.advance(900);
      const heartbeat = {
        type: "heartbeat",
        taskId: task.taskId,
        updateTime: clock.now(),
      } as const;
      await commit(store, workflow, { baseVersion: 1, queue: [heartbeat] });
      const claim = (await store.loadClaims([task.taskId])).get(task.taskId);
      assert.ok((claim?.claimVersion ?? 0) > claimed.claimVersion);
      assert.equal(claim?.updateTime, START + 900);
      await clock.advance(999);
      assert.deepEqual(due, []);
      await clock.advance(1);
      assert.deepEqual(due, [{ workflowId: workflow.workflowId, taskId: task.taskId }]);
    },
  );
}

function decisionTests(storeTest: StoreTest): void {
  storeTest(
    "a decision on a claim that has changed since is a conflict",
    async ({ store, clock }) => {
      const task = aTask();
      const workflow = await startWith(store, [task]);
      const unclaimed = (await store.loadClaims([task.taskId])).get(task.taskId)?.claimVersion ?? 0;
      const claimed = await claimOne(store, clock);
      const saw = (taskId: string, claimVersion: number): ReturnType<typeof aGroup> =>
        aGroup(workflow, { baseVersion: 1, claimsSeen: [{ taskId, claimVersion }] });
      const outcomes = [
        ...(await store.commit([saw(task.taskId, unclaimed)])),
        ...(await store.commit([saw(task.taskId, 0)])),
        ...(await store.commit([saw("not in the queue", 0)])),
      ];
      assert.deepEqual(
        outcomes.map((outcome) => outcome.type),
        ["conflict", "conflict", "committed"],
      );
      const ref = refOf(claimed);
      const [seen] = await store.commit([aGroup(workflow, { baseVersion: 2, claimsSeen: [ref] })]);
      assert.equal(seen?.type, "committed");
    },
  );

  storeTest(
    "the end of an attempt copies its claim, and takes it out of the queue",
    async ({ store, clock }) => {
      const task = aTask({ pollCount: 1 });
      const workflow = await startWith(store, [task], { timeouts: { responseMs: 5_000 } });
      await clock.advance(10);
      const claimed = await claimOne(store, clock);
      const ended: Task = { ...task, status: "CANCELED", endTime: START + 20 };
      const { claims } = await commit(store, workflow, { baseVersion: 1, tasks: [changed(ended)] });
      const { claimVersion } = claimed;
      const claim = {
        pollCount: 2,
        startTime: START + 10,
        updateTime: START + 10,
        workerId: "worker",
      };
      assert.deepEqual(claims, [{ taskId: task.taskId, claimed: true, claimVersion, ...claim }]);
      assert.deepEqual((await store.findTask(task.taskId))?.task, { ...ended, ...claim });
      assert.equal((await store.loadClaims([task.taskId])).size, 0);
      assert.deepEqual([...store.queueSizes()], [["pack", { waiting: 0, claimed: 0 }]]);
      const due: unknown[] = [];
      store.onDeadlines((each) => due.push(...each));
      await clock.advance(10_000);
      assert.deepEqual(due, []);
    },
  );

  storeTest("a result says who held the attempt, or that nobody did", async ({ store, clock }) => {
    const [named, cleared] = [aTask(), aTask({ referenceTaskName: "b", seq: 2 })];
    const workflow = await startWith(store, [named, cleared]);
    await store.claim({ queue: "pack", count: 2, workerId: "poller", now: clock.now() });
    const result = { status: "COMPLETED", updateTime: START + 99 } as const;
    await commit(store, workflow, {
      baseVersion: 1,
      tasks: [
        changed({ ...named, ...result, workerId: "reporter" }),
        { task: { ...cleared, ...result }, isNew: false, setsWorkerId: true },
      ],
    });
    const [one, two] = (await store.listTasks(workflow.workflowId)).tasks;
    assert.equal(one?.task.workerId, "reporter");
    assert.equal(one.task.updateTime, START + 99);
    assert.equal(two?.task.workerId, undefined);
    assert.equal(two?.task.pollCount, 1);
  });

  storeTest("an attempt whose change keeps its input is stored with it", async ({ store }) => {
    const task = aTask({ inputData: '{"of":"the start"}', workflowTask: '{"name":"it"}' });
    const workflow = await startWith(store, [task]);
    const ended = { ...task, status: "COMPLETED", outputData: '{"n":1}' } as const;
    await commit(store, workflow, {
      baseVersion: 1,
      tasks: [{ task: ended, isNew: false, keepsInput: true }],
    });
    assert.deepEqual((await store.findTask(task.taskId))?.task, ended);
  });

  storeTest(
    "an attempt that is put back is free again, under a new version",
    async ({ store, clock }) => {
      const task = aTask();
      const workflow = await startWith(store, [task]);
      const claimed = await claimOne(store, clock);
      const back = { ...task, callbackAfterSeconds: 1, updateTime: START + 5 };
      const { claims } = await commit(store, workflow, {
        baseVersion: 1,
        tasks: [changed(back)],
        queue: [
          enqueue(task, workflow, { readyAt: START + 1_000, pollCount: 1, startTime: START }),
        ],
      });
      assert.equal(claims[0]?.claimVersion, claimed.claimVersion);
      const claim = (await store.loadClaims([task.taskId])).get(task.taskId);
      assert.equal(claim?.claimed, false);
      assert.ok((claim?.claimVersion ?? 0) > claimed.claimVersion);
      const merged = { ...back, pollCount: 1, startTime: START, workerId: "worker" };
      assert.deepEqual((await store.findTask(task.taskId))?.task, merged);
      await store.undoClaims([refOf(claimed)]);
      assert.deepEqual(await store.claim({ queue: "pack", count: 1, now: clock.now() }), []);
      await clock.advance(1_000);
      const again = await claimOne(store, clock);
      assert.equal(again.task.task.pollCount, 2);
      assert.equal(again.task.task.startTime, START);
    },
  );

  storeTest(
    "an attempt put back without a change of its row keeps what its claim knew",
    async ({ store, clock }) => {
      const [requeued, dequeued] = [aTask(), aTask({ referenceTaskName: "b", seq: 2 })];
      const workflow = await startWith(store, [requeued, dequeued]);
      await store.claim({ queue: "pack", count: 2, workerId: "w", now: clock.now() });
      const entry = enqueue(requeued, workflow, { pollCount: 1, startTime: START });
      await commit(store, workflow, {
        baseVersion: 1,
        queue: [entry, { type: "dequeue", taskId: dequeued.taskId }],
      });
      const claim = { pollCount: 1, startTime: START, updateTime: START, workerId: "w" };
      assert.deepEqual((await store.findTask(requeued.taskId))?.task, { ...requeued, ...claim });
      assert.deepEqual((await store.findTask(dequeued.taskId))?.task, { ...dequeued, ...claim });
      assert.deepEqual(idsOf(await store.claim({ queue: "pack", count: 2, now: clock.now() })), [
        requeued.taskId,
      ]);
    },
  );

  storeTest(
    "a claim that crosses the attempt's end is not handed out",
    async ({ store, clock }) => {
      const tasks = tasksOf(50);
      const workflow = await startWith(store, tasks);
      const ending = commit(store, workflow, {
        baseVersion: 1,
        tasks: tasks.slice(0, 25).map((task) => changed({ ...task, status: "CANCELED" })),
      });
      const before = store.claim({ queue: "pack", count: 10, now: clock.now() });
      await setImmediate();
      const during = store.claim({ queue: "pack", count: 100, now: clock.now() });
      await ending;
      const after = store.claim({ queue: "pack", count: 100, now: clock.now() });
      const claimed = (await Promise.all([before, during, after])).flatMap(idsOf);
      assert.equal(new Set(claimed).size, claimed.length);
      assert.deepEqual(
        claimed.toSorted(),
        tasks
          .slice(25)
          .map((task) => task.taskId)
          .toSorted(),
      );
    },
  );

  storeTest(
    "open attempts of an ended execution read CANCELED and are not handed out",
    async ({ store, clock }) => {
      const tasks = tasksOf(3);
      const [held, waiting, delayed] = tasks as [Task, Task, Task];
      const workflow = await startWith(store, tasks, (task) => ({
        readyAt: START + (task === delayed ? 100 : 0),
        timeouts: { totalAt: START + 5_000 },
      }));
      await claimOne(store, clock);
      const ended = {
        ...workflow,
        status: "TERMINATED",
        ending: { failureWorkflow: false },
      } as const;
      await commit(store, ended, { baseVersion: 1 });
      const due: unknown[] = [];
      store.onDeadlines((each) => due.push(...each));
      await clock.advance(10_000);
      assert.deepEqual(due, []);
      assert.deepEqual(await store.claim({ queue: "pack", count: 5, now: clock.now() }), []);
      const { tasks: read } = await store.listTasks(workflow.workflowId);
      assert.deepEqual(
        read.map((each) => each.task.status),
        ["CANCELED", "CANCELED", "CANCELED"],
      );
      assert.deepEqual(await store.listOpenTasks("pack", 0, 10), []);
      assert.deepEqual([...store.queueSizes()], [["pack", { waiting: 0, claimed: 0 }]]);
      const cancels = [held, waiting, delayed].map((task) =>
        changed({ ...task, status: "CANCELED" }),
      );
      const { claims } = await commit(store, ended, { baseVersion: 2, tasks: cancels });
      assert.equal(claims.find((claim) => claim.claimed)?.taskId, held.taskId);
      assert.equal((await store.findTask(held.taskId))?.task.workerId, "worker");
    },
  );
}

function deadlineTests(storeTest: StoreTest): void {
  storeTest(
    "deadlines fire at their instant, again until a commit moves them",
    async ({ store, clock }) => {
      const task = aTask();
      const workflow = await startWith(store, [task], {
        timeouts: { pollAt: START + 100, totalAt: START + 9_000 },
      });
      const due: unknown[] = [];
      store.onDeadlines((each) => due.push(...each));
      await clock.advance(99);
      assert.deepEqual(due, []);
      await clock.advance(1);
      const expected = { workflowId: workflow.workflowId, taskId: task.taskId };
      assert.deepEqual(due, [expected]);
      await clock.advance(5_000);
      assert.ok(due.length > 1);
      const timeouts = { totalAt: START + 9_000 };
      const change = { type: "set-timeouts", taskId: task.taskId, timeouts } as const;
      await commit(store, workflow, { baseVersion: 1, queue: [change] });
      due.length = 0;
      await clock.advance(3_800);
      assert.deepEqual(due, []);
      await clock.advance(100);
      assert.deepEqual(due, [expected]);
    },
  );

  storeTest("each state of an attempt has its own deadline", async ({ store, clock }) => {
    const task = aTask();
    const timeouts = { pollAt: START + 300, responseMs: 500, taskMs: 800 };
    const workflow = await startWith(store, [task], { timeouts });
    const due: number[] = [];
    store.onDeadlines(() => due.push(clock.now() - START));
    await clock.advance(200);
    const claimed = await claimOne(store, clock);
    await clock.advance(499);
    assert.deepEqual(due, []);
    await store.undoClaims([refOf(claimed)]);
    assert.deepEqual(due, [699]);
    await clock.advance(1);
    const change = {
      type: "set-timeouts",
      taskId: task.taskId,
      timeouts: { responseMs: 500, taskMs: 450 },
    } as const;
    await commit(store, workflow, { baseVersion: 1, queue: [change] });
    await clock.advance(2_000);
    assert.deepEqual(due, [699]);
    await claimOne(store, clock);
    await clock.advance(450);
    assert.deepEqual(due, [699, 3_150]);
  });

  storeTest("an attempt that nobody can poll has a deadline only", async ({ store, clock }) => {
    const task = aTask({ taskType: "WAIT", status: "IN_PROGRESS" });
    const workflow = aWorkflow({ taskCount: 1, openCount: 1 });
    const { queue: _queue, ...entry } = {
      ...enqueueEntry(task, workflow.workflowId),
      timeouts: { at: START + 50 },
    };
    await commit(store, workflow, { tasks: [isNew(task)], queue: [{ type: "enqueue", entry }] });
    const due: unknown[] = [];
    store.onDeadlines((each) => due.push(...each));
    assert.deepEqual([...store.queueSizes()], []);
    await clock.advance(50);
    assert.deepEqual(due, [{ workflowId: workflow.workflowId, taskId: task.taskId }]);
    assert.equal((await store.loadClaims([task.taskId])).get(task.taskId)?.claimed, false);
  });

  storeTest(
    "the workflow's own deadline fires until it is moved or over",
    async ({ store, clock }) => {
      const workflow = aWorkflow({ deadlineAt: START + 40 });
      await commit(store, workflow);
      const due: unknown[] = [];
      store.onDeadlines((each) => due.push(...each));
      await clock.advance(40);
      assert.deepEqual(due, [{ workflowId: workflow.workflowId }]);
      await commit(store, { ...workflow, deadlineAt: START + 5_000 }, { baseVersion: 1 });
      await clock.advance(4_000);
      assert.equal(due.length, 1);
      await commit(
        store,
        { ...workflow, deadlineAt: START + 5_000, status: "COMPLETED" },
        { baseVersion: 2 },
      );
      await clock.advance(10_000);
      assert.equal(due.length, 1);
    },
  );

  storeTest("thousands of overdue deadlines are all told", async ({ store, clock }) => {
    const tasks = tasksOf(1_200);
    await startWith(store, tasks, { timeouts: { totalAt: START - 1 } });
    const due = new Set<string | undefined>();
    store.onDeadlines((each) => each.forEach(({ taskId }) => due.add(taskId)));
    await clock.advance(100);
    assert.equal(due.size, 1_200);
  });
}

function enqueueEntry(
  task: Task,
  workflowId: string,
): Extract<ReturnType<typeof enqueue>, { type: "enqueue" }>["entry"] {
  const change = enqueue(task, aWorkflow({ workflowId }));
  assert.ok(change.type === "enqueue");
  return change.entry;
}
