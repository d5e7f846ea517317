import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, DecodeError } from "../model/decode.ts";
import type { Json, JsonObject } from "../model/json.ts";
import { parseJson } from "../model/json.ts";
import type { StartWorkflowRequest, TaskResult } from "../model/requests.ts";
import { startWorkflowRequestDecoder, taskResultDecoder } from "./decode-requests.ts";
import { taskDefDecoder } from "./decode-task-def.ts";
import { decodeWorkflowTask, workflowDefDecoder } from "./decode-workflow-def.ts";
import { validateStartWorkflowRequest, validateTaskResult } from "./validate-requests.ts";

const EMPTY_WORKFLOW_DEF =
  '{"createTime":0,"updateTime":0,"name":"wf","version":1,"tasks":[],"inputParameters":[],' +
  '"outputParameters":{},"schemaVersion":2,"restartable":true,' +
  '"workflowStatusListenerEnabled":false,"timeoutPolicy":"ALERT_ONLY","timeoutSeconds":0,' +
  '"variables":{},"inputTemplate":{},"enforceSchema":true,"metadata":{},"maskedFields":[]}';

const EMPTY_TASK =
  '{"name":"a","taskReferenceName":"a","inputParameters":{},"type":"SIMPLE","decisionCases":{},' +
  '"defaultCase":[],"forkTasks":[],"startDelay":0,"joinOn":[],"optional":false,' +
  '"defaultExclusiveJoinTask":[],"asyncComplete":false,"loopOver":[],"onStateChange":{},' +
  '"permissive":false,"metadata":{}}';

const EMPTY_TASK_DEF =
  '{"createTime":0,"updateTime":0,"name":"a","retryCount":3,"timeoutSeconds":0,"inputKeys":[],' +
  '"outputKeys":[],"runtimeMetadata":[],"timeoutPolicy":"TIME_OUT_WF","retryLogic":"FIXED",' +
  '"retryDelaySeconds":60,"responseTimeoutSeconds":3600,"inputTemplate":{},' +
  '"rateLimitPerFrequency":0,"rateLimitFrequencyInSeconds":1,"backoffScaleFactor":1,' +
  '"maxRetryDelaySeconds":0,"backoffJitterMs":0,"totalTimeoutSeconds":0,' +
  '"taskStatusListenerEnabled":true,"enforceSchema":false}';

test("what is not given has the reference's defaults, in its order", () => {
  assert.equal(JSON.stringify(decode(workflowDefDecoder, { name: "wf" })), EMPTY_WORKFLOW_DEF);
  const task = decodeWorkflowTask({ name: "a", taskReferenceName: "a" });
  assert.equal(JSON.stringify(task), EMPTY_TASK);
  assert.equal(JSON.stringify(decode(taskDefDecoder, { name: "a" })), EMPTY_TASK_DEF);
});

const lenientTasks: readonly [JsonObject, JsonObject][] = [
  [
    { inputParameters: null, optional: "true", startDelay: "2", asyncComplete: null, joinOn: null },
    { optional: true, startDelay: 2 },
  ],
  [{ unknown: { x: 1 } }, {}],
  [{ workflowTaskType: "WAIT" }, { type: "WAIT" }],
  [{ type: "SIMPLE", workflowTaskType: "WAIT" }, { type: "WAIT" }],
  [{ workflowTaskType: "WAIT", type: "HUMAN" }, { type: "HUMAN" }],
  [
    { subWorkflowParam: { version: "3", priority: "${p}" } },
    { subWorkflowParam: { version: 3, priority: "${p}" } },
  ],
  [
    { subWorkflowParam: { name: "x", workflowDefinition: "${workflow.input.d}" } },
    { subWorkflowParam: { name: "x", workflowDefinition: "${workflow.input.d}" } },
  ],
  [
    { subWorkflowParam: { workflowDefinition: { name: "wf" } } },
    {
      subWorkflowParam: {
        name: "wf",
        workflowDefinition: JSON.parse(EMPTY_WORKFLOW_DEF) as JsonObject,
      },
    },
  ],
];

for (const [given, expected] of lenientTasks) {
  test(`the task ${JSON.stringify(given)} is read leniently`, () => {
    const task = decodeWorkflowTask({ name: "a", taskReferenceName: "a", ...given });
    assert.deepEqual(task, { ...JSON.parse(EMPTY_TASK), ...expected });
  });
}

const refused: readonly [JsonObject, string][] = [
  [{ tasks: null }, "tasks must not be null"],
  [{ tasks: {} }, "tasks must be a list, not an object"],
  [{ version: "one" }, 'version must be a whole number, not "one"'],
  [{ timeoutPolicy: "NEVER" }, 'timeoutPolicy must be one of TIME_OUT_WF, ALERT_ONLY, not "NEVER"'],
  [{ tasks: [{ type: null }] }, "tasks[0].type must not be null"],
  [
    { tasks: [{ type: "WAIT", inputParameters: null }] },
    "tasks[0].inputParameters must not be null for a WAIT task",
  ],
  [
    { tasks: [{ forkTasks: [[], [{ retryCount: [] }]] }] },
    "tasks[0].forkTasks[1][0].retryCount must be a whole number, not a list",
  ],
  [
    { tasks: [{ subWorkflowParam: { workflowDefinition: "kid" } }] },
    "tasks[0].subWorkflowParam.workflowDefinition is a string, but not a valid DSL string",
  ],
  [
    { tasks: [{ subWorkflowParam: { workflowDefinition: [] } }] },
    "tasks[0].subWorkflowParam.workflowDefinition must be either null, or WorkflowDef, or a " +
      "valid DSL string",
  ],
  [
    { tasks: [{ subWorkflowParam: { version: "${workflow.input.v}" } }] },
    'tasks[0].subWorkflowParam.version must be a whole number, not "${workflow.input.v}"',
  ],
];

for (const [json, message] of refused) {
  test(`the definition ${JSON.stringify(json)} is refused`, () => {
    assert.throws(
      () => decode(workflowDefDecoder, json),
      (error) => {
        assert.ok(error instanceof DecodeError);
        assert.equal(error.message, message);
        return true;
      },
    );
  });
}

test("an unknown workflowTaskType is refused by its own name", () => {
  assert.throws(() => decodeWorkflowTask({ workflowTaskType: "TELEPORT" }), {
    name: "DecodeError",
    path: "workflowTaskType",
  });
});

test("no request is null", () => {
  assert.throws(() => decode(workflowDefDecoder, null), { message: "The value must not be null" });
});

test("numbers in payloads keep their form, those in fields are read", () => {
  const json = parseJson(
    '{"retryDelaySeconds":2.0,"inputTemplate":{"a":3.0,"b":12345678901234567}}',
  );
  const def = decode(taskDefDecoder, json);
  assert.equal(def.retryDelaySeconds, 2);
  assert.equal(JSON.stringify(def.inputTemplate), '{"a":3.0,"b":12345678901234567}');
});

function start(json: Json): StartWorkflowRequest {
  return decode(startWorkflowRequestDecoder, json);
}

test("an absent input is empty, a null one is null", () => {
  assert.deepEqual(start({}), { input: {}, taskToDomain: {}, priority: 0 });
  assert.equal(start({ input: null }).input, null);
  assert.equal(start({ priority: null }).priority, 0);
});

test("a start needs a name and a priority from 0 to 99, and a valid inline definition", () => {
  const rules = {
    findTaskDef: () => undefined,
    ownerEmailMandatory: false,
    nameValidation: false,
    isEnvironmentName: () => false,
  };
  const request = start({ priority: 100, workflowDef: { name: "w" } });
  assert.deepEqual(validateStartWorkflowRequest(request, rules), [
    { path: "name", message: "Workflow name cannot be null or empty" },
    { path: "priority", message: "priority: 100 should be maximum 99", invalidValue: "100" },
    { path: "workflowDef.tasks", message: "WorkflowTask list cannot be empty" },
  ]);
  assert.deepEqual(validateStartWorkflowRequest(start({ name: "", priority: -1 }), rules), [
    { path: "priority", message: "priority: -1 should be minimum 0", invalidValue: "-1" },
  ]);
});

function result(json: Json): TaskResult {
  return decode(taskResultDecoder, json);
}

test("a result needs the ids of its task and workflow", () => {
  assert.deepEqual(validateTaskResult(result({ taskId: "" })), [
    { path: "workflowInstanceId", message: "Workflow Id cannot be null or empty" },
    { path: "taskId", message: "Task ID cannot be null or empty", invalidValue: "" },
  ]);
  assert.deepEqual(validateTaskResult(result({ taskId: "t", workflowInstanceId: "w" })), []);
});

test("a result is read leniently", () => {
  const given = {
    status: "FAILED",
    callbackAfterSeconds: "5",
    logs: [{ log: 1 }],
    outputData: null,
  };
  assert.deepEqual(result({ ...given, seq: 3, extendLease: null }), {
    status: "FAILED",
    callbackAfterSeconds: 5,
    logs: [{ log: "1", createdTime: 0 }],
    extendLease: false,
  });
});
