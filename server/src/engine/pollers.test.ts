import assert from "node:assert/strict";
import { test } from "node:test";

import { AppError } from "../errors.ts";
import type { ClaimedTask } from "../store/store.ts";
import { anEngine, aResult, eventually, type EngineBed } from "./testing/an-engine.ts";

const A_POLL = { taskType: "t", count: 1, timeoutMs: 5_000 };

function idsOf(tasks: readonly ClaimedTask[]): string[] {
  return tasks.map(({ task }) => task.task.taskId);
}

function refsOf(tasks: readonly ClaimedTask[]): { taskId: string; claimVersion: number }[] {
  return tasks.map(({ task, claimVersion }) => ({ taskId: task.task.taskId, claimVersion }));
}

async function addTasks(bed: EngineBed, count: number): Promise<{ id: string; taskIds: string[] }> {
  const id = await bed.startCounter();
  const added = await Promise.all(Array.from({ length: count }, () => bed.add(id, "task t")));
  return {
    id,
    taskIds: added.map((decision) => (decision.type === "accept" ? (decision.taskId ?? "") : "")),
  };
}

test("a poll gets what is ready at once, and no more than it asks for", async () => {
  await using bed = await anEngine();
  const { taskIds } = await addTasks(bed, 3);
  assert.deepEqual(idsOf(await bed.engine.poll({ ...A_POLL, count: 2 })), taskIds.slice(0, 2));
  assert.deepEqual(
    idsOf(await bed.engine.poll({ ...A_POLL, count: 2, timeoutMs: 0 })),
    taskIds.slice(2),
  );
  assert.deepEqual(await bed.engine.poll({ ...A_POLL, timeoutMs: 0 }), []);
});

test("a poll that waits is woken by the commit that makes work, in the order of arrival", async () => {
  await using bed = await anEngine();
  const order: number[] = [];
  const polls = [1, 2, 3].map(async (n) => {
    const tasks = await bed.engine.poll(A_POLL);
    order.push(n);
    return idsOf(tasks);
  });
  const { taskIds } = await addTasks(bed, 1);
  assert.deepEqual(await polls[0], taskIds);
  assert.deepEqual(order, [1]);
  const more = await addTasks(bed, 2);
  assert.deepEqual((await Promise.all(polls)).flat(), [...taskIds, ...more.taskIds]);
  assert.deepEqual(order, [1, 2, 3]);
});

test("many polls that wait are served together, each attempt once", async () => {
  await using bed = await anEngine();
  const polls = Array.from({ length: 20 }, () => bed.engine.poll({ ...A_POLL, count: 3 }));
  const { taskIds } = await addTasks(bed, 60);
  const taken = (await Promise.all(polls)).flatMap(idsOf);
  assert.equal(taken.length, 60);
  assert.deepEqual(taken.toSorted(), taskIds.toSorted());
});

test("a poll is answered with nothing when its time is over", async () => {
  await using bed = await anEngine();
  const poll = bed.engine.poll({ ...A_POLL, timeoutMs: 100 });
  await new Promise(setImmediate);
  bed.clock.advance(100);
  assert.deepEqual(await poll, []);
});

test("a poll whose caller has gone takes nothing", async () => {
  await using bed = await anEngine();
  const leaving = new AbortController();
  const gone = bed.engine.poll({ ...A_POLL, signal: leaving.signal });
  leaving.abort();
  assert.deepEqual(await gone, []);
  const { taskIds } = await addTasks(bed, 1);
  assert.deepEqual(idsOf(await bed.engine.poll(A_POLL)), taskIds);
});

test("what was claimed for a caller who left meanwhile is given back", async () => {
  const leaving = new AbortController();
  await using bed = await anEngine({
    storeChanges: (store) => ({
      claim: async (request) => {
        const tasks = await store.claim(request);
        if (tasks.length > 0) leaving.abort();
        return tasks;
      },
    }),
  });
  const { taskIds } = await addTasks(bed, 1);
  assert.deepEqual(await bed.engine.poll({ ...A_POLL, signal: leaving.signal }), []);
  const [again] = await bed.engine.poll(A_POLL);
  assert.equal(again?.task.task.taskId, taskIds[0]);
  assert.equal(again?.task.task.pollCount, 1);
});

test("when a claim fails, those who wait behind it are served a second later", async () => {
  let failures = 0;
  await using bed = await anEngine({
    storeChanges: (store) => ({
      claim: (request) =>
        failures++ === 0
          ? Promise.reject(new AppError("STORE_UNAVAILABLE", "away"))
          : store.claim(request),
    }),
  });
  const { taskIds } = await addTasks(bed, 1);
  const first = bed.engine.poll(A_POLL);
  const second = bed.engine.poll(A_POLL);
  await assert.rejects(first);
  bed.clock.advance(1_000);
  assert.deepEqual(idsOf(await second), taskIds);
});

test("a claim that cannot be undone now is undone as soon as the database is back", async () => {
  let failures = 0;
  await using bed = await anEngine({
    storeChanges: (store) => ({
      undoClaims: (claims) =>
        failures++ === 0
          ? Promise.reject(new AppError("STORE_UNAVAILABLE", "away"))
          : store.undoClaims(claims),
    }),
  });
  const { taskIds } = await addTasks(bed, 1);
  const undone = bed.engine.undo(refsOf(await bed.engine.poll(A_POLL)));
  await eventually(() => bed.logged.length > 0);
  bed.clock.advance(1_000);
  await undone;
  assert.deepEqual(idsOf(await bed.engine.poll(A_POLL)), taskIds);
});

test("an undone claim goes to the next who waits", async () => {
  await using bed = await anEngine();
  const { taskIds } = await addTasks(bed, 1);
  const first = await bed.engine.poll(A_POLL);
  const second = bed.engine.poll(A_POLL);
  await bed.engine.undo(refsOf(first));
  assert.deepEqual(idsOf(await second), taskIds);
});

test("what is done is in memory as it is stored: who held it, since when, how often", async () => {
  await using bed = await anEngine();
  const { id, taskIds } = await addTasks(bed, 1);
  const [taskId = ""] = taskIds;
  await bed.engine.poll({ ...A_POLL, workerId: "w" });
  const decision = await bed.engine.submit(id, aResult(taskId));
  assert.equal(decision.type, "accept");
  const stored = await bed.store.findTask(taskId);
  assert.equal(stored?.task.workerId, "w");
  assert.equal(stored?.task.pollCount, 1);
  assert.equal((await bed.engine.submit(id, aResult(taskId))).type, "accept");
});

test("a domain is active for ten seconds after a poll, and polls are written down", async () => {
  await using bed = await anEngine();
  await bed.engine.poll({ taskType: "t", domain: "d", count: 1, timeoutMs: 0, workerId: "w" });
  const lastPollTime = bed.clock.now();
  assert.deepEqual(await bed.store.listPollData(), [
    { taskType: "t", domain: "d", workerId: "w", lastPollTime },
  ]);
  bed.clock.advance(3_000);
  await bed.engine.poll({ taskType: "t", domain: "d", count: 1, timeoutMs: 0, workerId: "w" });
  assert.equal((await bed.store.listPollData())[0]?.lastPollTime, lastPollTime);
  bed.clock.advance(2_000);
  await eventually(
    async () => (await bed.store.listPollData())[0]?.lastPollTime === lastPollTime + 3_000,
  );
  assert.equal((await bed.engine.listPollData()).length, 1);
});
