import assert from "node:assert/strict";
import { test } from "node:test";

import { HotExecutions } from "./hot-executions.ts";
import { newLane, type Lane } from "./submission.ts";

function aSetOf(
  ids: readonly string[],
  limits: { hotBytesMax: number; hotExecutionsMax: number },
): {
  lanes: Map<string, Lane>;
  hot: HotExecutions;
} {
  const lanes = new Map(ids.map((id) => [id, newLane(id)]));
  const hot = new HotExecutions(lanes, limits);
  for (const lane of lanes.values()) hot.resize(lane, 100);
  return { lanes, hot };
}

test("the longest unused goes first when there is too much", () => {
  const { lanes, hot } = aSetOf(["a", "b", "c"], { hotBytesMax: 300, hotExecutionsMax: 10 });
  const [a, b, c] = [...lanes.values()];
  assert.ok(a && b && c);
  for (const lane of [a, b, c]) hot.unpin(lane);
  hot.pin(a);
  hot.resize(a, 101);
  hot.unpin(a);
  assert.deepEqual([...lanes.keys()], ["a", "c"]);
  assert.equal(hot.bytes, 201);
});

test("what is in use stays, however much there is", () => {
  const { lanes, hot } = aSetOf(["a", "b", "c"], { hotBytesMax: 1, hotExecutionsMax: 1 });
  const b = lanes.get("b");
  assert.ok(b);
  hot.unpin(b);
  assert.deepEqual([...lanes.keys()], ["a", "c"]);
});

test("random use never loses count", () => {
  const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
  const lanes = new Map<string, Lane>();
  const hot = new HotExecutions(lanes, { hotBytesMax: 1_000, hotExecutionsMax: 20 });
  for (let step = 0; step < 5_000; step++) {
    const id = String(random(50));
    const lane = lanes.get(id) ?? newLane(id);
    lanes.set(id, lane);
    if (random(3) === 0) hot.pin(lane);
    hot.resize(lane, random(200));
    if (!lane.isEvictable && random(2) === 0) hot.unpin(lane);
    const sum = [...lanes.values()].reduce((bytes, one) => bytes + one.bytes, 0);
    assert.equal(hot.bytes, sum, `SEED=${seed} step ${step}`);
  }
});
