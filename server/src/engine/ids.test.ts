import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";

import { createIdSource, createSeeds, nameUuid } from "./ids.ts";

const UUID_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("ids are UUIDs of version 7 that carry the time", () => {
  const ids = createIdSource();
  const now = 1_790_000_123_456;
  ids.begin(createSeeds(randomBytes)(), now);
  for (let n = 0; n < 1_000; n++) {
    const id = ids.newId();
    assert.match(id, UUID_7);
    assert.equal(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16), now);
  }
});

test("the same seed gives the same ids and fractions again, another one gives others", () => {
  const seeds = createSeeds(randomBytes);
  const ids = createIdSource();
  const seed = seeds();
  const draw = (from: typeof seed): (string | number)[] => {
    ids.begin(from, 1);
    return [ids.newId(), ids.random(), ids.newId()];
  };
  const first = draw(seed);
  assert.deepEqual(draw(seed), first);
  assert.notDeepEqual(draw(seeds()), first);
});

test("a hundred thousand ids of many seeds are all different", () => {
  const seeds = createSeeds(randomBytes);
  const ids = createIdSource();
  const seen = new Set<string>();
  for (let n = 0; n < 1_000; n++) {
    ids.begin(seeds(), 7);
    for (let m = 0; m < 100; m++) seen.add(ids.newId());
  }
  assert.equal(seen.size, 100_000);
});

test("fractions are within [0, 1)", () => {
  const ids = createIdSource();
  ids.begin({ a: -1, b: -1, c: -1, d: -1 }, 0);
  for (let n = 0; n < 1_000; n++) {
    const fraction = ids.random();
    assert.ok(fraction >= 0 && fraction < 1);
  }
});

test("name-based ids are those that Java gives", () => {
  assert.equal(nameUuid("subworkflow:wf-1:task-1:0"), "005beb38-f734-34d3-a8bb-5e15e37b515a");
  assert.equal(nameUuid("subworkflow:wf-1:task-1:1"), "17047b66-844b-3d11-a4bc-1cecc890c9df");
});
