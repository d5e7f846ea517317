import assert from "node:assert/strict";
import { test } from "node:test";

import { AppError } from "../errors.ts";
import { aStart, anAdd, anEngine, eventually } from "./testing/an-engine.ts";

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof AppError && error.code === code;
}

test("what is answered is stored, in the order in which it was asked", async () => {
  await using bed = await anEngine();
  const id = await bed.startCounter();
  await Promise.all(["add 1", "add 2", "add 3"].map((ref) => bed.add(id, ref)));
  assert.deepEqual(await bed.stepsOf(id), ["add 1", "add 2", "add 3"]);
});

test("what arrives in one turn of the event loop is one commit, with a group for each execution", async () => {
  await using bed = await anEngine();
  const ids = await Promise.all([bed.startCounter(), bed.startCounter(), bed.startCounter()]);
  await Promise.all(ids.flatMap((id) => [bed.add(id, "a"), bed.add(id, "b")]));
  assert.deepEqual(bed.commits, [3, 3]);
});

test("what arrives while a commit is in flight is gathered into the next", async () => {
  await using bed = await anEngine();
  const id = await bed.startCounter();
  bed.commits.length = 0;
  const first = bed.add(id, "1");
  await eventually(() => bed.commits.length === 1);
  await Promise.all([first, bed.add(id, "2"), bed.add(id, "3"), bed.add(id, "4")]);
  assert.deepEqual(bed.commits, [1, 1]);
});

test("a batch takes no more commands and executions than it may", async () => {
  await using bed = await anEngine({ limits: { batchCommandsMax: 2, batchExecutionsMax: 2 } });
  const ids = await Promise.all([bed.startCounter(), bed.startCounter(), bed.startCounter()]);
  assert.deepEqual(bed.commits, [2, 1]);
  const [id] = ids;
  await Promise.all(["1", "2", "3", "4", "5"].map((ref) => bed.add(id, ref)));
  assert.deepEqual(bed.commits, [2, 1, 1, 1, 1]);
  assert.deepEqual(await bed.stepsOf(id), ["1", "2", "3", "4", "5"]);
});

test("a refusal is answered, and changes nothing", async () => {
  await using bed = await anEngine();
  const id = await bed.startCounter();
  const decision = await bed.add(id, "no");
  assert.equal(decision.type === "reject" ? decision.code : decision.type, "INVALID_INPUT");
  assert.deepEqual(await bed.stepsOf(id), []);
});

test("an execution that is not there is refused by the rules", async () => {
  await using bed = await anEngine();
  const decision = await bed.add("018f0000-0000-7000-8000-000000000000", "add");
  assert.equal(decision.type === "reject" ? decision.code : decision.type, "WORKFLOW_NOT_FOUND");
});

test("executions that had to leave memory are loaded again", async () => {
  await using bed = await anEngine({ limits: { hotExecutionsMax: 1 } });
  const ids = await Promise.all([bed.startCounter(), bed.startCounter(), bed.startCounter()]);
  for (const round of ["1", "2", "3"]) {
    for (const id of ids) await bed.add(id, round);
  }
  for (const id of ids) assert.deepEqual(await bed.stepsOf(id), ["1", "2", "3"]);
});

test("an execution that was removed is gone", async () => {
  await using bed = await anEngine();
  const id = await bed.startCounter();
  assert.equal((await bed.add(id, "remove")).type, "accept");
  assert.equal((await bed.add(id, "add")).type, "reject");
});

test("an answer waits until the agenda is worked off", async () => {
  await using bed = await anEngine();
  const id = await bed.startCounter();
  await bed.add(id, "agenda 4");
  assert.deepEqual(await bed.stepsOf(id), ["agenda 4", "step 3", "step 2", "step 1", "step 0"]);
});

test("watchers hear of every commit of their execution until they leave", async () => {
  await using bed = await anEngine();
  const id = await bed.startCounter();
  let heard = 0;
  const leave = bed.engine.watch(id, () => heard++);
  await bed.add(id, "1");
  await bed.add(id, "no");
  assert.equal(heard, 1);
  leave();
  await bed.add(id, "2");
  assert.equal(heard, 1);
});

test("overload sheds starts before other commands", async () => {
  await using bed = await anEngine({ limits: { waitingCommandsMax: 2 } });
  const id = await bed.startCounter();
  const adds = [bed.add(id, "1"), bed.add(id, "2")];
  await assert.rejects(bed.startCounter(), hasCode("OVERLOADED"));
  adds.push(bed.add(id, "3"), bed.add(id, "4"));
  await assert.rejects(bed.add(id, "5"), hasCode("OVERLOADED"));
  await Promise.all(adds);
});

test("a closing engine refuses what is new and finishes what it has accepted", async () => {
  const bed = await anEngine();
  const id = await bed.startCounter();
  const accepted = Promise.all([bed.add(id, "agenda 3"), bed.engine.start(aStart())]);
  const poll = bed.engine.poll({ taskType: "t", count: 1, timeoutMs: 5_000 });
  const closed = bed.engine.close();
  await assert.rejects(bed.engine.submit(id, anAdd("late")), hasCode("SHUTTING_DOWN"));
  await Promise.all([accepted, closed]);
  assert.deepEqual(await poll, []);
  assert.deepEqual(await bed.stepsOf(id), ["agenda 3", "step 2", "step 1", "step 0"]);
  await bed.store.close();
});
