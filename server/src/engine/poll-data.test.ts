import assert from "node:assert/strict";
import { test } from "node:test";

import { openTestStore } from "./testing/an-engine.ts";
import { FakeClock } from "./testing/fake-clock.ts";
import { PollDataBook } from "./poll-data.ts";

test("a domain is active until its last poll is too long ago, after a restart too", async () => {
  const clock = new FakeClock();
  const store = await openTestStore(clock);
  const log = { error: () => undefined, warn: () => undefined, info: () => undefined };
  const book = new PollDataBook({ store, clock, log });
  const at = clock.now();
  await book.record({ taskType: "t", domain: "d", lastPollTime: at });
  const reopened = new PollDataBook({ store, clock, log });
  await reopened.load();
  for (const one of [book, reopened]) {
    assert.equal(one.isActive({ taskType: "t", domain: "d" }, at - 1), true);
    assert.equal(one.isActive({ taskType: "t", domain: "d" }, at), false);
    assert.equal(one.isActive({ taskType: "t", domain: "e" }, at - 1), false);
    assert.equal(one.isActive({ taskType: "d", domain: "t" }, at - 1), false);
  }
  await store.close();
});
