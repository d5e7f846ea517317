import assert from "node:assert/strict";
import { test } from "node:test";

import { systemClock } from "./clock.ts";

test("the system's timer fires at its instant, not within the call", async () => {
  const at = systemClock.now() + 20;
  const keepAlive = setTimeout(() => {}, 1_000);
  await new Promise<void>((resolve) => systemClock.setTimer(at, resolve));
  clearTimeout(keepAlive);
  assert.ok(systemClock.now() >= at - 1);
});

test("a cancelled timer never fires, one that is weeks away does not fire early", async () => {
  let fired = 0;
  const cancel = systemClock.setTimer(systemClock.now(), () => fired++);
  cancel();
  const cancelFar = systemClock.setTimer(systemClock.now() + 2 ** 40, () => fired++);
  await new Promise((resolve) => setTimeout(resolve, 20));
  cancelFar();
  assert.equal(fired, 0);
});
