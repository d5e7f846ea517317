import assert from "node:assert/strict";
import { test } from "node:test";

import { AppError } from "../errors.ts";
import { anEngine, aStart, eventually, openTestStore } from "./testing/an-engine.ts";
import { FakeClock } from "./testing/fake-clock.ts";

test("an internal command reaches its target, and its row is gone then", async () => {
  await using bed = await anEngine();
  const [source, target] = await Promise.all([bed.startCounter(), bed.startCounter()]);
  await bed.add(source, `send ${target} hello`);
  await eventually(async () => (await bed.stepsOf(target)).length === 1);
  assert.deepEqual(await bed.stepsOf(target), ["hello"]);
  await eventually(async () => (await bed.store.listOutbox(0, 10)).length === 0);
});

test("an internal command to an execution that is gone is deleted", async () => {
  await using bed = await anEngine();
  const source = await bed.startCounter();
  await bed.add(source, "send 018f0000-0000-7000-8000-000000000000 hello", "consequences");
  assert.deepEqual(await bed.store.listOutbox(0, 10), []);
});

test("who asks for the consequences is answered after all that followed, in other executions too", async () => {
  await using bed = await anEngine();
  const [a, b, c] = await Promise.all([bed.startCounter(), bed.startCounter(), bed.startCounter()]);
  await bed.add(a, `send ${b} send ${c} agenda 3`, "consequences");
  assert.deepEqual(await bed.stepsOf(c), ["agenda 3", "step 2", "step 1", "step 0"]);
});

test("consequences are waited for no longer than the limit", async () => {
  await using bed = await anEngine({
    limits: { settleResultMsMax: 500 },
    deps: { renderWorkflow: () => Promise.reject(new AppError("STORE_UNAVAILABLE", "away")) },
  });
  const [a, b] = await Promise.all([bed.startCounter(), bed.startCounter()]);
  let isAnswered = false;
  const answer = bed.add(a, `send ${b} text x`, "consequences").finally(() => {
    isAnswered = true;
  });
  await eventually(async () => (await bed.stepsOf(a)).length === 1);
  bed.clock.advance(499);
  await new Promise(setImmediate);
  assert.equal(isAnswered, false);
  bed.clock.advance(1);
  assert.equal((await answer).type, "accept");
});

test("a child that the rules refuse is refused to its parent", async () => {
  await using bed = await anEngine();
  const parent = await bed.startCounter();
  await bed.add(parent, "child 018f0000-0000-7000-8000-000000000001 unknown", "consequences");
  assert.equal((await bed.stepsOf(parent)).at(-1), "refused: no definition");
  assert.deepEqual(await bed.store.listOutbox(0, 10), []);
});

test("a child whose idempotency key is taken is refused to its parent", async () => {
  await using bed = await anEngine();
  const parent = await bed.startCounter();
  const first = "018f0000-0000-7000-8000-000000000002";
  await bed.add(parent, `child ${first} counter`, "consequences");
  await bed.add(parent, "child 018f0000-0000-7000-8000-000000000003 counter", "consequences");
  const message = `refused: idempotency key child-key is taken by workflow ${first}`;
  assert.equal((await bed.stepsOf(parent)).at(-1), message);
  assert.deepEqual(await bed.store.listOutbox(0, 10), []);
});

test("outbox rows and agendas that an earlier process left are worked off, page by page, in order", async () => {
  const clock = new FakeClock();
  const store = await openTestStore(clock);
  // A process that is killed right after a commit: nobody hears of it, and nothing follows up what it left.
  let isKilled = false;
  const before = await anEngine({
    clock,
    store,
    storeChanges: (real) => ({
      commit: async (groups) => {
        const outcomes = await real.commit(groups);
        return isKilled ? new Promise(() => undefined) : outcomes;
      },
    }),
  });
  const [source, target, agenda] = await Promise.all([
    before.startCounter(),
    before.startCounter(),
    before.startCounter(),
  ]);
  isKilled = true;
  for (const word of ["1", "2", "3", "4", "5"]) void before.add(source, `send ${target} ${word}`);
  void before.add(agenda, "agenda 3");
  await eventually(async () => (await before.stepsOf(agenda)).length === 2);
  assert.equal((await store.listOutbox(0, 10)).length, 5);

  const after = await anEngine({ clock, store, limits: { recoveryPageSize: 2 } });
  await after.add(source, `send ${target} 6`, "consequences");
  assert.deepEqual(await after.stepsOf(target), ["1", "2", "3", "4", "5", "6"]);
  await eventually(async () => (await after.stepsOf(agenda)).length === 4);
  assert.deepEqual(await store.listOutbox(0, 10), []);
  await after.engine.close();
  await store.close();
});

test("a row that has been decided already is dropped, and holds nobody up", async () => {
  const clock = new FakeClock();
  const store = await openTestStore(clock);
  const before = await anEngine({ clock, store });
  const id = await before.startCounter();
  await before.engine.close();
  let pages = 0;
  const after = await anEngine({
    clock,
    store,
    storeChanges: (real) => ({
      listOutbox: async (afterId, count) => {
        if (pages++ > 0) return real.listOutbox(afterId, count);
        const command = { type: "child-started", taskId: "t", childId: "again" } as const;
        return [{ id: 999, sourceWorkflowId: id, targetWorkflowId: id, command }];
      },
    }),
  });
  await Promise.all(["1", "2"].map((ref) => after.add(id, ref)));
  await after.add(id, "3");
  await eventually(() => pages > 1);
  clock.advance(60_000);
  await after.add(id, "4");
  assert.deepEqual(await after.stepsOf(id), ["1", "2", "3", "4"]);
  await after.engine.close();
  await store.close();
});

// ── idempotency keys ─────────────────────────────────────────────────────────────────────────────────────────────

test("RETURN_EXISTING answers the holder of the key, also to starts at the same moment", async () => {
  await using bed = await anEngine();
  const idempotency = { key: "k", strategy: "RETURN_EXISTING" } as const;
  const ids = await Promise.all([1, 2, 3].map(() => bed.startCounter({ idempotency })));
  ids.push(await bed.startCounter({ idempotency }));
  assert.equal(new Set(ids).size, 1);
});

test("FAIL refuses a key that is taken, and not the same key of another name", async () => {
  await using bed = await anEngine();
  const idempotency = { key: "k", strategy: "FAIL" } as const;
  await bed.startCounter({ idempotency });
  await assert.rejects(
    bed.engine.start(aStart({ idempotency })),
    (error) => error instanceof AppError && error.code === "IDEMPOTENCY_KEY_TAKEN",
  );
  await bed.startCounter({ idempotency, name: "other" });
});

test("FAIL_ON_RUNNING refuses a key whose holder is open, and takes it over from one that has ended", async () => {
  await using bed = await anEngine();
  const idempotency = { key: "k", strategy: "FAIL_ON_RUNNING" } as const;
  const first = await bed.startCounter({ idempotency });
  const isTaken = (error: unknown): boolean =>
    error instanceof AppError && error.code === "IDEMPOTENCY_KEY_TAKEN";
  await assert.rejects(bed.engine.start(aStart({ idempotency })), isTaken);
  await bed.add(first, "end");
  const second = await bed.startCounter({ idempotency });
  assert.notEqual(second, first);
  await assert.rejects(bed.engine.start(aStart({ idempotency })), isTaken);
});
