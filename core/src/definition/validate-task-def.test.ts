import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../model/json.ts";
import { taskDefDecoder } from "./decode-task-def.ts";
import { validateTaskDef } from "./validate-task-def.ts";
import { violationsAt } from "./violation.ts";

const valid = { name: "a", retryCount: 0, timeoutSeconds: 60, responseTimeoutSeconds: 30 };

type Expected = readonly [path: string, message: string, invalidValue?: string];

const cases: readonly [JsonObject, readonly Expected[]][] = [
  [{}, []],
  [{ name: null }, [["name", "TaskDef name cannot be null or empty"]]],
  [{ name: "" }, [["name", "TaskDef name cannot be null or empty", ""]]],
  [{ retryCount: -1 }, [["retryCount", "TaskDef retryCount: 0 must be >= 0", "-1"]]],
  [
    { totalTimeoutSeconds: -1 },
    [["totalTimeoutSeconds", "TaskDef totalTimeoutSeconds: 0 must be >= 0", "-1"]],
  ],
  [
    { responseTimeoutSeconds: null },
    [
      [
        "responseTimeoutSeconds",
        "TaskDef responseTimeoutSeconds: 0 should be minimum 1 second",
        "0",
      ],
    ],
  ],
  [
    { pollTimeoutSeconds: -1 },
    [["pollTimeoutSeconds", "TaskDef pollTimeoutSeconds: 0 must be >= 0", "-1"]],
  ],
  [
    { backoffScaleFactor: 0 },
    [["backoffScaleFactor", "Backoff scale factor. Applicable for LINEAR_BACKOFF", "0"]],
  ],
  [
    { maxRetryDelaySeconds: -1 },
    [["maxRetryDelaySeconds", "TaskDef maxRetryDelaySeconds: 0 must be >= 0", "-1"]],
  ],
  [{ backoffJitterMs: -5 }, [["backoffJitterMs", "TaskDef backoffJitterMs: 0 must be >= 0", "-5"]]],
  [{ timeoutSeconds: -1 }, []],
  [{ retryDelaySeconds: -1 }, []],
  [{ rateLimitPerFrequency: -1, concurrentExecLimit: -2 }, []],
  [{ timeoutSeconds: 30 }, []],
  [
    { timeoutSeconds: 30, responseTimeoutSeconds: 31 },
    [["", "TaskDef: a responseTimeoutSeconds: 31 must be less than timeoutSeconds: 30"]],
  ],
  [
    { totalTimeoutSeconds: 59 },
    [["", "TaskDef: a timeoutSeconds: 60 must be less than or equal to totalTimeoutSeconds: 59"]],
  ],
];

for (const [members, expected] of cases) {
  test(`${JSON.stringify(members)} breaks ${expected.length} rules of a task definition`, () => {
    const def = taskDefDecoder.decode({ ...valid, ...members });
    const found = validateTaskDef(def, { ownerEmailMandatory: false });
    assert.deepEqual(
      found.map((violation) => Object.values(violation)),
      expected,
    );
  });
}

test("the default response timeout makes a short timeout invalid", () => {
  const def = taskDefDecoder.decode({ name: "a", timeoutSeconds: 60 });
  const [violation] = validateTaskDef(def, { ownerEmailMandatory: false });
  assert.equal(
    violation?.message,
    "TaskDef: a responseTimeoutSeconds: 3600 must be less than timeoutSeconds: 60",
  );
});

test("an empty definition breaks two rules if the owner's e-mail is mandatory", () => {
  const found = validateTaskDef(taskDefDecoder.decode({}), { ownerEmailMandatory: true });
  assert.deepEqual(
    found.map(({ path }) => path),
    ["name", "ownerEmail"],
  );
});

test("violations can be seen from whatever holds the definition", () => {
  const violations = [
    { path: "", message: "m" },
    { path: "name", message: "n", invalidValue: "" },
  ];
  assert.deepEqual(violationsAt("registerTaskDef.arg0[0]", violations), [
    { path: "registerTaskDef.arg0[0]", message: "m" },
    { path: "registerTaskDef.arg0[0].name", message: "n", invalidValue: "" },
  ]);
});
