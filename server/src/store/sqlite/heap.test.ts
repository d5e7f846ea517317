import assert from "node:assert/strict";
import { test } from "node:test";

import { randomFrom } from "../suite-records.ts";
import { Deadlines } from "./deadlines.ts";

test("deadlines come in order, whatever is set, moved and cleared in between", (t) => {
  const seed = Number(process.env["SEED"] ?? Date.now() % 100_000);
  t.diagnostic(`SEED=${seed}`);
  const random = randomFrom(seed);
  const deadlines = new Deadlines();
  const expected = new Map<number, number>();
  for (let step = 0; step < 20_000; step++) {
    const id = random(300);
    const at = random(4) === 0 ? Infinity : random(1_000);
    deadlines.set(id, at);
    if (at === Infinity) expected.delete(id);
    else expected.set(id, at);
    if (step % 50 === 0) assert.equal(deadlines.next, Math.min(Infinity, ...expected.values()));
  }
  const due = [...expected].filter(([, at]) => at <= 500).map(([id]) => id);
  const taken = deadlines.take(500, 2_000, 1_000);
  assert.deepEqual(
    taken.toSorted((a, b) => a - b),
    due.toSorted((a, b) => a - b),
  );
  const instants = taken.map((id) => expected.get(id) ?? 0);
  assert.deepEqual(
    instants,
    instants.toSorted((a, b) => a - b),
  );
  assert.deepEqual(deadlines.take(500, 2_000, 1_000), []);
});
