import assert from "node:assert/strict";
import { test } from "node:test";

import { checkHistory } from "./check-history.ts";
import {
  emptyHistory,
  type Control,
  type Handout,
  type History,
  type Kill,
  type Result,
  type SeenTask,
  type SeenWorkflow,
  type Sighting,
} from "./history.ts";

function aHistory(parts: Partial<History>): History {
  const empty = emptyHistory({
    taskTypes: new Map([
      ["work", { responseTimeoutMs: 1_000 }],
      ["limited", { responseTimeoutMs: 60_000, concurrentExecLimit: 1 }],
      ["rated", { responseTimeoutMs: 60_000, rateLimit: { perWindow: 2, windowMs: 1_000 } }],
    ]),
    undeliveredMs: 500,
    deliveredMsMax: 100,
  });
  return { ...empty, ...parts };
}

function aTask(fields: Partial<SeenTask> = {}): SeenTask {
  const done = { ref: "a", status: "COMPLETED", mark: "m-1" };
  return { taskId: "t-1", taskType: "work", ...done, ...fields };
}

function aSighting(
  at: number,
  fields: Partial<SeenWorkflow> = {},
  sighting: Partial<Sighting> = {},
): Sighting {
  const workflow = { key: "k-1", status: "RUNNING", output: {}, tasks: [], ...fields };
  return { workflowId: "w-1", sentAt: at, answeredAt: at + 1, workflow, ...sighting };
}

function aResult(sentAt: number, fields: Partial<Result> = {}): Result {
  const about = { taskId: "t-1", workflowId: "w-1", key: "k-1", mark: "m-1" };
  return { ...about, status: "COMPLETED", sentAt, answeredAt: sentAt + 1, ...fields };
}

function aHandout(sentAt: number, fields: Partial<Handout> = {}): Handout {
  const about = { taskId: "t-1", taskType: "work", key: "k-1" };
  return { ...about, sentAt, answeredAt: sentAt + 1, ...fields };
}

function aKill(at: number, ...undelivered: string[]): Kill {
  return { at, undelivered: new Set(undelivered.length === 0 ? ["t-1"] : undelivered) };
}

function aControl(type: Control["type"], sentAt: number): Control {
  const about = { workflowId: "w-1", key: "k-1", isDone: true };
  return { ...about, type, sentAt, answeredAt: sentAt + 1 };
}

const ENDED = { status: "COMPLETED", output: { a: "m-1" }, tasks: [aTask()] };

const BROKEN: readonly [claim: string, parts: Partial<History>, violation: RegExp][] = [
  [
    "an acknowledged start that is gone",
    {
      starts: [{ key: "k-1", workflowId: "w-1", sentAt: 0, answeredAt: 1 }],
      sightings: [{ workflowId: "w-1", sentAt: 2, answeredAt: 3 }],
    },
    /acknowledged start of k-1 is lost/,
  ],
  [
    "a start that was done twice",
    {
      starts: [
        { key: "k-1", workflowId: "w-1", sentAt: 0, answeredAt: 1 },
        { key: "k-1", workflowId: "w-2", sentAt: 2, answeredAt: 3 },
      ],
    },
    /k-1 was started more than once: w-1, w-2/,
  ],
  [
    "an acknowledged result whose attempt is open",
    {
      results: [aResult(0)],
      sightings: [aSighting(5, { tasks: [aTask({ status: "SCHEDULED" })] })],
    },
    /acknowledged COMPLETED with m-1, but it is SCHEDULED/,
  ],
  [
    "an acknowledged result whose attempt is gone",
    { results: [aResult(0)], sightings: [aSighting(5)] },
    /but it is missing/,
  ],
  [
    "an acknowledged result that a later one has replaced",
    {
      results: [aResult(0), aResult(10, { mark: "m-2" })],
      sightings: [aSighting(20, { tasks: [aTask({ mark: "m-2" })] })],
    },
    /acknowledged COMPLETED with m-1, but it is COMPLETED with m-2/,
  ],
  [
    "an acknowledged result that timed out before its lease was over",
    {
      handouts: [aHandout(0)],
      results: [aResult(500)],
      sightings: [aSighting(2_000, { tasks: [aTask({ status: "TIMED_OUT" })] })],
    },
    /but it is TIMED_OUT/,
  ],
  [
    "an acknowledged result that was canceled though nobody asked for it",
    {
      results: [aResult(0)],
      sightings: [aSighting(5, { tasks: [aTask({ status: "CANCELED" })] })],
    },
    /but it is CANCELED/,
  ],
  [
    "an ended attempt that changes",
    {
      sightings: [
        aSighting(0, { tasks: [aTask()] }),
        aSighting(5, { tasks: [aTask({ status: "FAILED" })] }),
      ],
    },
    /t-1 was COMPLETED with m-1, and is FAILED later/,
  ],
  [
    "an ended execution that runs again",
    { sightings: [aSighting(0, ENDED), aSighting(5, { ...ENDED, status: "RUNNING" })] },
    /w-1 was COMPLETED and is RUNNING later/,
  ],
  [
    "a terminate that is undone",
    { controls: [aControl("terminate", 0)], sightings: [aSighting(5)] },
    /w-1 is RUNNING after an acknowledged terminate/,
  ],
  [
    "a pause that is undone",
    { controls: [aControl("pause", 0)], sightings: [aSighting(5)] },
    /w-1 is RUNNING after an acknowledged pause/,
  ],
  [
    "a resume that is undone",
    {
      controls: [aControl("pause", 0), aControl("resume", 5)],
      sightings: [aSighting(10, { status: "PAUSED" })],
    },
    /w-1 is PAUSED after an acknowledged resume/,
  ],
  [
    "an execution that never ends",
    { sightings: [aSighting(0, {}, { isFinal: true })] },
    /w-1 has not ended: it is RUNNING/,
  ],
  [
    "an ended execution with an open attempt",
    {
      sightings: [
        aSighting(
          0,
          { status: "FAILED", tasks: [aTask({ status: "SCHEDULED" })] },
          { isFinal: true },
        ),
      ],
    },
    /w-1 is FAILED, but a t-1 is open/,
  ],
  [
    "a step that was completed twice",
    {
      sightings: [
        aSighting(0, { ...ENDED, tasks: [aTask(), aTask({ taskId: "t-2" })] }, { isFinal: true }),
      ],
    },
    /a is so 2 times/,
  ],
  [
    "an output that is not what was reported",
    { sightings: [aSighting(0, { ...ENDED, output: { a: "m-9" } }, { isFinal: true })] },
    /its output says m-9 of a, not m-1/,
  ],
  [
    "a parent that does not agree with its child",
    {
      sightings: [
        aSighting(
          0,
          { ...ENDED, output: {}, tasks: [aTask({ subWorkflowId: "w-2" })] },
          { isFinal: true },
        ),
        aSighting(0, { status: "FAILED" }, { isFinal: true, workflowId: "w-2" }),
      ],
    },
    /a is COMPLETED, but its child is FAILED/,
  ],
  [
    "a child that is gone",
    {
      sightings: [
        aSighting(
          0,
          { ...ENDED, output: {}, tasks: [aTask({ subWorkflowId: "w-2" })] },
          { isFinal: true },
        ),
      ],
    },
    /the child w-2 of a is missing/,
  ],
  [
    "an attempt that two workers have",
    { handouts: [aHandout(0), aHandout(10)] },
    /t-1 \(work\) was handed out again after 10 ms/,
  ],
  [
    "an attempt handed out again after a kill that came long after its delivery",
    { handouts: [aHandout(0), aHandout(700)], kills: [aKill(200)] },
    /handed out again after 700 ms/,
  ],
  [
    "an attempt handed out again though its delivery was durable",
    { handouts: [aHandout(0), aHandout(600)], kills: [aKill(50, "another")] },
    /handed out again after 600 ms/,
  ],
  [
    "an attempt handed out again too early after a kill",
    { handouts: [aHandout(0), aHandout(400)], kills: [aKill(50)] },
    /handed out again after 400 ms/,
  ],
  [
    "an attempt handed out again after it was completed",
    {
      handouts: [aHandout(0), aHandout(900)],
      results: [aResult(10)],
      kills: [aKill(5)],
    },
    /handed out after its result was acknowledged/,
  ],
  [
    "more attempts at a time than allowed",
    {
      handouts: [
        aHandout(0, { taskType: "limited" }),
        aHandout(10, { taskType: "limited", taskId: "t-2" }),
      ],
      results: [aResult(20)],
    },
    /limited: 2 attempts at a time, 1 are allowed/,
  ],
  [
    "more claims in a window than allowed",
    {
      handouts: [0, 300, 900].map((at) => aHandout(at, { taskType: "rated", taskId: `t-${at}` })),
    },
    /rated: 3 claims within 1000 ms, 2 are allowed/,
  ],
  ["what the load itself complains of", { complaints: ["POST /x: 500"] }, /POST \/x: 500/],
];

for (const [claim, parts, violation] of BROKEN) {
  test(`the checker finds ${claim}`, () => {
    const violations = checkHistory(aHistory(parts));
    assert.equal(violations.length, 1, violations.join("\n"));
    assert.match(violations[0] ?? "", violation);
  });
}

const SOUND: readonly [claim: string, parts: Partial<History>][] = [
  [
    "a lost answer to a result that was taken",
    {
      results: [aResult(0, { answeredAt: undefined })],
      sightings: [aSighting(5, { tasks: [aTask()] })],
    },
  ],
  [
    "a lost answer to a result that was not taken",
    {
      results: [aResult(0, { answeredAt: undefined })],
      sightings: [aSighting(5, { tasks: [aTask({ status: "IN_PROGRESS" })] })],
    },
  ],
  [
    "of two results at a time, one",
    {
      results: [aResult(0), aResult(0.5, { mark: "m-2" })],
      sightings: [aSighting(5, { tasks: [aTask({ mark: "m-2" })] })],
    },
  ],
  [
    "a result that came after the lease",
    {
      handouts: [aHandout(0)],
      results: [aResult(1_500)],
      sightings: [aSighting(2_000, { tasks: [aTask({ status: "TIMED_OUT" })] })],
    },
  ],
  [
    "a result that came after a terminate",
    {
      controls: [aControl("terminate", 0)],
      results: [aResult(5)],
      sightings: [aSighting(9, { status: "TERMINATED", tasks: [aTask({ status: "CANCELED" })] })],
    },
  ],
  [
    "a terminated execution that was retried",
    {
      controls: [aControl("terminate", 0), aControl("retry", 5)],
      sightings: [aSighting(3, { status: "TERMINATED" }), aSighting(9)],
    },
  ],
  [
    "an undelivered attempt that is offered again in time",
    { handouts: [aHandout(0), aHandout(600)], kills: [aKill(50)] },
  ],
  [
    "an attempt that was given back",
    { handouts: [aHandout(0), aHandout(9)], results: [aResult(5, { status: "IN_PROGRESS" })] },
  ],
  [
    "one limited attempt after the other, and claims a window apart",
    {
      handouts: [
        aHandout(0, { taskType: "limited" }),
        aHandout(10, { taskType: "limited", taskId: "t-2" }),
        ...[0, 300, 1_001].map((at) => aHandout(at, { taskType: "rated", taskId: `r-${at}` })),
      ],
      results: [aResult(5)],
    },
  ],
];

for (const [claim, parts] of SOUND) {
  test(`the checker accepts ${claim}`, () => {
    assert.deepEqual(checkHistory(aHistory(parts)), []);
  });
}
