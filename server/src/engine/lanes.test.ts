import assert from "node:assert/strict";
import { test } from "node:test";

import { Answer } from "./answers.ts";
import { Lanes } from "./lanes.ts";
import { newSubmission, type Lane, type Origin, type Submission } from "./submission.ts";

const ABOUT = { seed: { a: 1, b: 2, c: 3, d: 4 }, causes: [] };
const LIMITS = {
  batchCommandsMax: 16,
  batchExecutionsMax: 16,
  hotBytesMax: 1e6,
  hotExecutionsMax: 100,
};

function aCaller(): Submission {
  const settled = { resolve: () => undefined, reject: () => undefined };
  const origin: Origin = { type: "caller", answer: new Answer("execution", 1, settled) };
  return newSubmission({ type: "continue" }, origin, ABOUT);
}

function aContinue(): Submission {
  return newSubmission({ type: "continue" }, { type: "continue" }, ABOUT);
}

function add(lanes: Lanes, id: string, submissions: readonly Submission[]): void {
  for (const submission of submissions) lanes.add(lanes.get(id), submission);
}

function sizesOf(batch: readonly Lane[]): [string, number][] {
  return batch.map((lane) => [lane.workflowId, lane.taken.length]);
}

test("callers go before what the engine does for itself, which still gets its share", () => {
  const lanes = new Lanes(LIMITS);
  for (const id of ["x", "y", "z"]) add(lanes, id, [aContinue()]);
  for (let n = 0; n < 20; n++) add(lanes, `caller-${n}`, [aCaller()]);
  const ids = lanes.take().map((lane) => lane.workflowId);
  assert.deepEqual(
    [ids.slice(0, 14).every((id) => id.startsWith("caller")), ids.slice(14)],
    [true, ["x", "y"]],
  );
});

test("a lane that waits behind comes forward with a caller's command, and is taken once", () => {
  const lanes = new Lanes(LIMITS);
  add(lanes, "a", [aContinue()]);
  add(lanes, "b", [aContinue()]);
  add(lanes, "b", [aCaller()]);
  assert.deepEqual(sizesOf(lanes.take()), [
    ["b", 2],
    ["a", 1],
  ]);
  assert.deepEqual(lanes.take(), []);
});

test("one lane with very much to do leaves room for the others", () => {
  const lanes = new Lanes(LIMITS);
  add(
    lanes,
    "big",
    Array.from({ length: 40 }, () => aCaller()),
  );
  add(lanes, "small", [aCaller()]);
  const batch = lanes.take();
  assert.deepEqual(sizesOf(batch), [
    ["big", 8],
    ["small", 1],
  ]);
  for (const lane of batch) lanes.release(lane);
  assert.deepEqual(sizesOf(lanes.take()), [["big", 16]]);
});

test("a command that must be alone is taken by itself, in its turn", () => {
  const lanes = new Lanes(LIMITS);
  const [first, alone, last] = [aCaller(), aCaller(), aCaller()];
  alone.alone = true;
  add(lanes, "a", [first, alone, last]);
  const taken: Submission[][] = [];
  for (let batch = lanes.take(); batch.length > 0; batch = lanes.take()) {
    for (const lane of batch) {
      taken.push(lane.taken);
      lanes.release(lane);
    }
  }
  assert.deepEqual(taken, [[first], [alone], [last]]);
  assert.equal(lanes.waiting, 0);
  assert.equal(lanes.size, 0);
});
