/** I6: what time alone brings happens at its instant: not a millisecond before, and not at the next sweep. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";

import type { Json, JsonObject } from "@ostinato/core";

import { aResult, eventually } from "../../server/src/engine/testing/an-engine.ts";
import { anEngineWithCore, type CoreBed } from "./an-engine.ts";

const TASK = "timed";
const TURNS = 20;

interface Timed {
  readonly what: string;
  readonly taskDef?: JsonObject;
  readonly workflow?: JsonObject;
  readonly task?: JsonObject;
  /** A worker takes the task, and then does this with it. */
  readonly taken?: "kept" | "failed";
  readonly afterMs: number;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

const NO_RETRY = { retryCount: 0, timeoutSeconds: 0, responseTimeoutSeconds: 0 };
const cases: readonly Timed[] = [
  {
    what: "a response timeout",
    taskDef: { ...NO_RETRY, responseTimeoutSeconds: 7, retryCount: 1, retryDelaySeconds: 0 },
    taken: "kept",
    afterMs: 7_000,
    before: ["RUNNING", "IN_PROGRESS"],
    after: ["RUNNING", "TIMED_OUT", "SCHEDULED"],
  },
  {
    what: "a task timeout",
    taskDef: { ...NO_RETRY, timeoutSeconds: 9, timeoutPolicy: "TIME_OUT_WF" },
    taken: "kept",
    afterMs: 9_000,
    before: ["RUNNING", "IN_PROGRESS"],
    after: ["TIMED_OUT", "TIMED_OUT"],
  },
  {
    what: "a poll timeout",
    taskDef: { ...NO_RETRY, pollTimeoutSeconds: 3, timeoutPolicy: "TIME_OUT_WF" },
    afterMs: 3_000,
    before: ["RUNNING", "SCHEDULED"],
    after: ["TIMED_OUT", "TIMED_OUT"],
  },
  {
    what: "a total timeout",
    taskDef: { ...NO_RETRY, totalTimeoutSeconds: 11, timeoutPolicy: "TIME_OUT_WF" },
    taken: "kept",
    afterMs: 11_000,
    before: ["RUNNING", "IN_PROGRESS"],
    after: ["TIMED_OUT", "TIMED_OUT"],
  },
  {
    what: "a workflow timeout",
    workflow: { timeoutSeconds: 13, timeoutPolicy: "TIME_OUT_WF" },
    afterMs: 13_000,
    before: ["RUNNING", "SCHEDULED"],
    after: ["TIMED_OUT", "CANCELED"],
  },
  {
    what: "a WAIT",
    task: { type: "WAIT", inputParameters: { duration: "1 hours" } },
    afterMs: 3_600_000,
    before: ["RUNNING", "IN_PROGRESS"],
    after: ["COMPLETED", "COMPLETED"],
  },
];

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await setImmediate();
}

async function startTimed(bed: CoreBed, timed: Timed): Promise<string> {
  const task = { name: TASK, taskReferenceName: "t", ...timed.task };
  const workflowId = await bed.start({ name: "w", tasks: [task], ...timed.workflow });
  if (timed.taken !== undefined) {
    const [claimed] = await bed.engine.poll({ taskType: TASK, count: 1, timeoutMs: 0 });
    assert.ok(claimed);
    const { claimVersion } = claimed;
    bed.engine.delivered([{ taskId: claimed.task.task.taskId, claimVersion }]);
  }
  return workflowId;
}

for (const timed of cases) {
  test(`${timed.what} comes at its instant`, async () => {
    const taskDefs: Json[] = timed.taskDef === undefined ? [] : [{ name: TASK, ...timed.taskDef }];
    await using bed = await anEngineWithCore(taskDefs);
    const workflowId = await startTimed(bed, timed);
    bed.clock.advance(timed.afterMs - 1);
    await settle();
    assert.deepEqual(await bed.statusesOf(workflowId), timed.before);
    bed.clock.advance(1);
    await eventually(async () => {
      return String(await bed.statusesOf(workflowId)) === String(timed.after);
    }).catch(async () => assert.deepEqual(await bed.statusesOf(workflowId), timed.after));
    assert.deepEqual(await bed.store.findStuck(), []);
  });
}

test("a retry is handed out at its instant", async () => {
  const taskDef = { name: TASK, ...NO_RETRY, retryCount: 1, retryDelaySeconds: 5 };
  await using bed = await anEngineWithCore([taskDef]);
  const task = { name: TASK, taskReferenceName: "t" };
  const workflowId = await bed.start({ name: "w", tasks: [task] });
  const poll = async (): Promise<string | undefined> => {
    const [claimed] = await bed.engine.poll({ taskType: TASK, count: 1, timeoutMs: 0 });
    return claimed?.task.task.taskId;
  };
  const taskId = await poll();
  assert.ok(taskId);
  const failed = { ...aResult(taskId), status: "FAILED" } as const;
  await bed.engine.submit(workflowId, failed);
  bed.clock.advance(4_999);
  assert.equal(await poll(), undefined);
  bed.clock.advance(1);
  assert.notEqual(await poll(), undefined);
});
