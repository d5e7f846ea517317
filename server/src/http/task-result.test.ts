import assert from "node:assert/strict";
import { test } from "node:test";
import { parseJson } from "@ostinato/core";
import { ValidationError } from "../errors.ts";
import { readBatch } from "./task-batch.ts";
import { readTaskResult, reportOf } from "./task-result.ts";

const NOW = 1_700_000_000_000;
const IDS = '"workflowInstanceId":"w","taskId":"t"';

function outputOf(text: string): string | undefined {
  const { command } = readTaskResult(text, NOW);
  return command.type === "update-task" ? command.outputData : undefined;
}

const outputs: readonly (readonly [string, string | undefined])[] = [
  ['{ "a" : 1 }', '{ "a" : 1 }'],
  ['{"a":3.0,"b":9007199254740993}', '{"a":3.0,"b":9007199254740993}'],
  ['{"a":1.50}', '{"a":1.5}'],
  ['{"a":1e3}', '{"a":1000.0}'],
  ['{"a":1,"a":2}', '{"a":2}'],
  ['{"a":"\\u00e9"}', '{"a":"é"}'],
  ["{}", "{}"],
  ["null", undefined],
];
for (const [written, kept] of outputs) {
  test(`the output ${written} becomes ${kept}`, () => {
    assert.equal(outputOf(`{${IDS},"status":"COMPLETED","outputData":${written},"x":1}`), kept);
  });
}

test("a result is read alike from its text and from its parsed body", () => {
  const text =
    `{"outputData":{"a":[1,{"b":"c"}]},${IDS},"status":"FAILED","reasonForIncompletion":"r",` +
    '"callbackAfterSeconds":"7","workerId":"me","subWorkflowId":"s","workflowType":"ignored",' +
    '"logs":[{"log":"l","createdTime":5},{"log":"m"}],"executionMetadata":{"clientSendTime":4},' +
    '"outputMessage":{"@type":"x"},"externalOutputPayloadStoragePath":" "}';
  const report = readTaskResult(text, NOW);
  assert.deepEqual(report, reportOf(parseJson(text), NOW));
  assert.deepEqual(report, {
    workflowId: "w",
    taskId: "t",
    command: {
      type: "update-task",
      taskId: "t",
      status: "FAILED",
      outputData: '{"a":[1,{"b":"c"}]}',
      reasonForIncompletion: "r",
      callbackAfterSeconds: 7,
      workerId: "me",
      subWorkflowId: "s",
      logs: [
        { log: "l", createdTime: 5 },
        { log: "m", createdTime: NOW },
      ],
      outputMessage: '{"@type":"x"}',
      executionMetadata:
        '{"clientSendTime":4,"additionalContext":{},"empty":false,"additionalContextMap":{}}',
    },
  });
});

test("a lease extension asks for nothing else", () => {
  const { command } = readTaskResult(`{${IDS},"extendLease":true,"status":"COMPLETED"}`, NOW);
  assert.deepEqual(command, { type: "extend-lease", taskId: "t" });
});

test("missing ids are named, empty ones with their value", () => {
  assert.throws(
    () => readTaskResult('{"taskId":"","status":"COMPLETED"}', NOW),
    (error) => {
      assert.ok(error instanceof ValidationError);
      assert.deepEqual(error.violations, [
        {
          path: "updateTask.arg0.workflowInstanceId",
          message: "Workflow Id cannot be null or empty",
        },
        {
          path: "updateTask.arg0.taskId",
          message: "Task ID cannot be null or empty",
          invalidValue: "",
        },
      ]);
      return true;
    },
  );
});

const refused: readonly (readonly [string, RegExp])[] = [
  [`{${IDS}}`, /status of a task result cannot be null/],
  [`{${IDS},"status":"DONE"}`, /status must be one of/],
  [`{${IDS},"status":"COMPLETED","outputData":"text"}`, /outputData must be an object, not "text"/],
  [`{${IDS},"status":"COMPLETED","outputData":[]}`, /outputData must be an object, not a list/],
  [`{${IDS},"status":"COMPLETED","outputData":{"a":"\\u0000"}}`, /U\+0000/],
  [`{${IDS},"status":"COMPLETED","outputData":{"\\ud800":1}}`, /U\+D800/],
  [`{${IDS},"status":"COMPLETED","callbackAfterSeconds":"x"}`, /callbackAfterSeconds must be/],
  ["[]", /must be an object/],
  ["{", /JSON parse error/],
];
for (const [text, message] of refused) {
  test(`${text} is refused`, () => {
    assert.throws(() => readTaskResult(text, NOW), message);
  });
}

test("a batch answers what it cannot read in its place", () => {
  const text = `[{${IDS},"status":"COMPLETED"},{"taskId":"x"},null,{${IDS},"status":"FAILED"}]`;
  for (const written of [text, text.replace('"x"', '"\\u0078"')]) {
    const batch = readBatch(written, NOW);
    assert.deepEqual(
      batch.reports.map(({ command }) => command.type),
      ["update-task", "update-task"],
    );
    const answers = batch.reports.map(({ taskId }) => ({ taskId, accepted: true }) as const);
    assert.deepEqual(JSON.parse(batch.answerText(answers)), [
      { taskId: "t", status: 200 },
      { taskId: null, status: 400, error: "Workflow Id cannot be null or empty" },
      { taskId: null, status: 400, error: "The value must be an object, not null" },
      { taskId: "t", status: 200 },
    ]);
  }
});

test("a batch that is no list, or too long a list, is refused as a whole", () => {
  assert.throws(() => readBatch("{}", NOW), /must be a list, not an object/);
  assert.throws(() => readBatch(`[${"{},".repeat(1000)}{}]`, NOW), /more than 1000 results/);
});
