import assert from "node:assert/strict";
import { test } from "node:test";

import { AppError } from "../errors.ts";
import type { Store } from "../store/store.ts";
import { anEngine, eventually } from "./testing/an-engine.ts";

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof AppError && error.code === code;
}

/** The next so many commits answer every group with this outcome instead of being done. */
function failingCommits(outcome: { type: "conflict" } | { type: "refused"; message: string }): {
  next: number;
  readonly changes: (store: Store) => Partial<Store>;
} {
  const failing = {
    next: 0,
    changes: (store: Store): Partial<Store> => ({
      commit: (groups) => {
        if (failing.next === 0) return store.commit(groups);
        failing.next--;
        return Promise.resolve(groups.map(() => outcome));
      },
    }),
  };
  return failing;
}

test("commands that lost a race are decided again, in order", async () => {
  const conflicts = failingCommits({ type: "conflict" });
  await using bed = await anEngine({ storeChanges: conflicts.changes });
  const id = await bed.startCounter();
  conflicts.next = 4;
  await Promise.all(["1", "2", "3"].map((ref) => bed.add(id, ref)));
  assert.deepEqual(await bed.stepsOf(id), ["1", "2", "3"]);
});

test("whoever loses every race is told to come back", async () => {
  const conflicts = failingCommits({ type: "conflict" });
  await using bed = await anEngine({
    storeChanges: conflicts.changes,
    limits: { commitAttemptsMax: 3 },
  });
  const id = await bed.startCounter();
  conflicts.next = 3;
  await assert.rejects(bed.add(id, "1"), hasCode("STORE_CONFLICT"));
  await bed.add(id, "2");
  assert.deepEqual(await bed.stepsOf(id), ["2"]);
});

test("a failed assertion is answered to exactly the command that met it", async () => {
  await using bed = await anEngine();
  const [id, other] = await Promise.all([bed.startCounter(), bed.startCounter()]);
  const answers = await Promise.allSettled([
    bed.add(id, "1"),
    bed.add(id, "throw"),
    bed.add(id, "2"),
    bed.add(other, "3"),
  ]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled", "fulfilled"],
  );
  assert.ok(answers[1]?.status === "rejected" && hasCode("INTERNAL")(answers[1].reason));
  assert.deepEqual(await bed.stepsOf(id), ["1", "2"]);
  assert.deepEqual(await bed.stepsOf(other), ["3"]);
  assert.deepEqual(bed.logged, ["a command failed"]);
});

test("what the database will not have is answered to the command at fault", async () => {
  const isBad = (steps: readonly string[] | undefined): boolean => steps?.includes("bad") === true;
  await using bed = await anEngine({
    storeChanges: (store) => ({
      commit: async (groups) => {
        const bad = groups.findIndex((group) => isBad(group.changeSet?.data.failedTaskNames));
        if (bad < 0) return store.commit(groups);
        const outcomes = await store.commit(groups.filter((_, n) => n !== bad));
        outcomes.splice(bad, 0, { type: "refused", message: "out of range" });
        return outcomes;
      },
    }),
  });
  const id = await bed.startCounter();
  const answers = await Promise.allSettled(["1", "bad", "2"].map((ref) => bed.add(id, ref)));
  assert.deepEqual(
    answers.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled"],
  );
  assert.deepEqual(await bed.stepsOf(id), ["1", "2"]);
});

test("while the database is away callers get 503, and afterwards all goes on", async () => {
  let isAway = false;
  const away = (): Promise<never> =>
    Promise.reject(new AppError("STORE_UNAVAILABLE", "the database is away"));
  await using bed = await anEngine({
    storeChanges: (store) => ({
      commit: (groups) => (isAway ? away() : store.commit(groups)),
      loadExecutions: (ids) => (isAway ? away() : store.loadExecutions(ids)),
    }),
  });
  const id = await bed.startCounter();
  isAway = true;
  await assert.rejects(bed.add(id, "1"), hasCode("STORE_UNAVAILABLE"));
  await assert.rejects(bed.add(id, "2"), hasCode("STORE_UNAVAILABLE"));
  isAway = false;
  await bed.add(id, "3");
  assert.deepEqual(await bed.stepsOf(id), ["3"]);
});

test("an internal command that fails is tried again after 1, 2, 4 seconds, its source's others behind it", async () => {
  let isBroken = true;
  const { decideCounter } = await import("./testing/counter-machine.ts");
  await using bed = await anEngine({
    deps: {
      decide: (execution, commands, context) => {
        const isPoison = commands.some(
          (command) => command.type === "child-started" && command.childId === "poison",
        );
        if (isBroken && isPoison) throw new Error("it does not work");
        return decideCounter(execution, commands, context);
      },
    },
  });
  const [source, other, target] = await Promise.all([
    bed.startCounter(),
    bed.startCounter(),
    bed.startCounter(),
  ]);
  await bed.add(source, `send ${target} poison`);
  await bed.add(source, `send ${target} second`);
  await bed.add(other, `send ${target} third`);
  await bed.add(target, "a caller's");
  await eventually(async () => (await bed.stepsOf(target)).length === 2);
  assert.deepEqual((await bed.stepsOf(target)).toSorted(), ["a caller's", "third"]);
  for (const [round, ms] of [1_000, 2_000, 4_000].entries()) {
    await eventually(() => bed.logged.length === round + 1);
    bed.clock.advance(ms - 1);
    isBroken = round < 2;
    bed.clock.advance(1);
  }
  await eventually(async () => (await bed.stepsOf(target)).length === 4);
  assert.deepEqual((await bed.stepsOf(target)).slice(2), ["poison", "second"]);
  assert.deepEqual(await bed.store.listOutbox(0, 10), []);
});
