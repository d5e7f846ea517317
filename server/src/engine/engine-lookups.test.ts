import assert from "node:assert/strict";
import { test } from "node:test";

import { AppError } from "../errors.ts";
import { LOAD_ALL_TASKS_MAX } from "../store/store.ts";
import { anEngine, openTestStore } from "./testing/an-engine.ts";
import { decideCounter } from "./testing/counter-machine.ts";
import { FakeClock } from "./testing/fake-clock.ts";

test("what a command lacks is fetched, and those behind it wait", async () => {
  await using bed = await anEngine();
  const id = await bed.startCounter();
  await Promise.all(["1", "text x", "2", "text y", "3"].map((ref) => bed.add(id, ref)));
  assert.deepEqual(await bed.stepsOf(id), ["1", 'text "x"', "2", 'text "y"', "3"]);
});

test("the text of an execution that is gone is null", async () => {
  await using bed = await anEngine({
    deps: { renderWorkflow: () => Promise.reject(new AppError("WORKFLOW_NOT_FOUND", "gone")) },
  });
  const id = await bed.startCounter();
  await bed.add(id, "text x");
  assert.deepEqual(await bed.stepsOf(id), ["text null"]);
});

test("a lookup that fails is 503 to the caller, and the next one is decided", async () => {
  let isAway = true;
  await using bed = await anEngine({
    deps: {
      renderWorkflow: () =>
        isAway ? Promise.reject(new AppError("STORE_UNAVAILABLE", "away")) : Promise.resolve("{}"),
    },
  });
  const id = await bed.startCounter();
  const failing = bed.add(id, "text x");
  await assert.rejects(
    failing,
    (error) => error instanceof AppError && error.code === "STORE_UNAVAILABLE",
  );
  isAway = false;
  await bed.add(id, "text x");
  assert.deepEqual(await bed.stepsOf(id), ["text {}"]);
});

test("a command that never has enough is our fault", async () => {
  await using bed = await anEngine({
    limits: { lookupRoundsMax: 3 },
    deps: {
      decide: (execution, commands, context) =>
        commands[0]?.type === "pause-workflow"
          ? {
              decisions: [{ type: "lookup" }],
              outbox: [],
              lookups: [{ type: "claims", taskIds: [] }],
              more: false,
            }
          : decideCounter(execution, commands, context),
    },
  });
  const id = await bed.startCounter();
  await assert.rejects(
    bed.engine.submit(id, { type: "pause-workflow" }),
    (error) => error instanceof AppError && error.code === "INTERNAL",
  );
  await bed.add(id, "1");
  assert.deepEqual(await bed.stepsOf(id), ["1"]);
});

test("an execution whose lookups do not help is read anew: others have changed it", async () => {
  let reads = 0;
  await using bed = await anEngine({
    storeChanges: (store) => ({
      loadExecutions: (ids) => {
        reads++;
        return store.loadExecutions(ids);
      },
    }),
    deps: {
      decide: (execution, commands, context) =>
        commands[0]?.type === "pause-workflow" && reads === 0
          ? {
              decisions: [{ type: "lookup" }],
              outbox: [],
              lookups: [{ type: "open-tasks" }],
              more: false,
            }
          : decideCounter(execution, commands, context),
    },
  });
  const id = await bed.startCounter();
  await bed.engine.submit(id, { type: "pause-workflow" });
  assert.equal(reads, 1);
});

test("attempts of a large execution are found by id, and ids that are not of it are remembered", async () => {
  const clock = new FakeClock();
  const store = await openTestStore(clock);
  const before = await anEngine({ clock, store });
  const id = await before.startCounter();
  const added = await Promise.all(
    Array.from({ length: LOAD_ALL_TASKS_MAX + 1 }, () => before.add(id, "task t")),
  );
  await before.engine.close();
  const [first] = added;
  const taskId = first?.type === "accept" ? (first.taskId ?? "") : "";

  await using after = await anEngine({ clock, store });
  const unknown = "018f0000-0000-7000-8000-000000000000";
  await Promise.all(
    [`find ${taskId}`, `find ${unknown}`, `find ${taskId}`].map((ref) => after.add(id, ref)),
  );
  assert.deepEqual((await after.stepsOf(id)).slice(-3), ["found", "missing", "found"]);
  await after.engine.close();
  await store.close();
});
