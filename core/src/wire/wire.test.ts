import assert from "node:assert/strict";
import { test } from "node:test";
import { buildSnapshot } from "../definition/build-snapshot.ts";
import { workflowDefDecoder } from "../definition/decode-workflow-def.ts";
import type { Snapshot } from "../definition/snapshot.ts";
import { decode } from "../model/decode.ts";
import type { Task } from "../model/task.ts";
import type { Workflow, WorkflowData } from "../model/workflow.ts";
import { executionMetadataJson } from "./execution-metadata-json.ts";
import { taskRunJson, workflowRunJson } from "./signal-response-json.ts";
import { taskJson } from "./task-json.ts";
import { liveAmong } from "../model/task-output.ts";
import { pollDataListJson, taskLogListJson } from "./worker-json.ts";
import { taskListJson, workflowJson, workflowStatusJson } from "./workflow-json.ts";

/** The members of a task and a workflow as Conductor 3.32.1 answers them, in its order. */
const TASK_MEMBERS =
  "taskType status inputData referenceTaskName retryCount seq pollCount taskDefName scheduledTime " +
  "startTime endTime updateTime startDelayInSeconds retried executed callbackFromWorker " +
  "responseTimeoutSeconds workflowInstanceId workflowType taskId callbackAfterSeconds outputData " +
  "workflowTask rateLimitPerFrequency rateLimitFrequencyInSeconds workflowPriority iteration " +
  "subworkflowChanged firstStartTime executionMetadata taskDefinition loopOverTask queueWaitTime";
const WORKFLOW_MEMBERS =
  "ownerApp createTime updateTime status endTime workflowId tasks input output taskToDomain " +
  "failedReferenceTaskNames workflowDefinition priority variables lastRetriedTime " +
  "failedTaskNames history rateLimited startTime workflowName workflowVersion";

const NOW = 1_700_000_100_000;

function aSnapshot(): Snapshot {
  const tasks = [
    { name: "x", taskReferenceName: "x" },
    { name: "f", taskReferenceName: "f", type: "FORK_JOIN", forkTasks: [] },
    { name: "j", taskReferenceName: "j", type: "JOIN", joinOn: ["x"] },
  ];
  const definition = decode(workflowDefDecoder, { name: "w", tasks });
  const none = () => undefined;
  return buildSnapshot(definition, { findTaskDef: none, findWorkflowDef: none, hash: () => "h" });
}

function aTask(changes: Partial<Task> = {}): Task {
  return {
    taskId: "t-1",
    taskType: "x",
    taskDefName: "x",
    referenceTaskName: "x",
    status: "SCHEDULED",
    seq: 1,
    retryCount: 0,
    iteration: 0,
    retried: false,
    executed: false,
    scheduledTime: 1_700_000_000_000,
    startTime: 0,
    endTime: 0,
    updateTime: 0,
    firstScheduledTime: 1_700_000_000_000,
    pollCount: 0,
    callbackAfterSeconds: 0,
    startDelayInSeconds: 0,
    responseTimeoutSeconds: 3600,
    rateLimitPerFrequency: 0,
    rateLimitFrequencyInSeconds: 1,
    workflowPriority: 0,
    subworkflowChanged: false,
    inputData: "{}",
    agenda: 0,
    ...changes,
  };
}

function aWorkflow(changes: Partial<Workflow> = {}): { workflow: Workflow; data: WorkflowData } {
  const workflow: Workflow = {
    workflowId: "w-1",
    definitionHash: "h",
    workflowName: "w",
    workflowVersion: 1,
    status: "RUNNING",
    createTime: 1_700_000_000_000,
    updateTime: 1_700_000_000_001,
    endTime: 0,
    lastRetriedTime: 0,
    priority: 0,
    seqMax: 1,
    taskCount: 1,
    openCount: 1,
    agendaNext: 1,
    agendaCount: 0,
    permissiveFailureCount: 0,
    failedCount: 0,
    dynamicForkCount: 0,
    ...changes,
  };
  const data: WorkflowData = {
    input: '{"a":3.0}',
    output: "{}",
    variables: "{}",
    taskToDomain: {},
    failedReferenceTaskNames: [],
    failedTaskNames: [],
  };
  return { workflow, data };
}

function source(task: Task): { task: Task; workflowId: string; workflowName: string } {
  return { task, workflowId: "w-1", workflowName: "w" };
}

function shown(task: Task, others: readonly Task[] = []): Record<string, unknown> {
  const surroundings = {
    snapshot: aSnapshot(),
    now: NOW,
    findLive: liveAmong(others),
    findBranches: () => [],
  };
  return JSON.parse(taskJson(source(task), surroundings)) as Record<string, unknown>;
}

test("a task has the members of a recorded one, in its order", () => {
  assert.deepEqual(Object.keys(shown(aTask())), TASK_MEMBERS.split(" "));
});

test("a task shows its entry of the definition, with the task definition beside it", () => {
  const { workflowTask, taskDefinition } = shown(aTask());
  assert.equal((workflowTask as { taskReferenceName: string }).taskReferenceName, "x");
  assert.deepEqual((workflowTask as { taskDefinition: object }).taskDefinition, taskDefinition);
  assert.equal((taskDefinition as { retryCount: number }).retryCount, 3);
});

test("an iteration of a loop shows the entry without the suffix", () => {
  const task = shown(aTask({ referenceTaskName: "x__2", iteration: 2 }));
  assert.equal((task["workflowTask"] as { taskReferenceName: string }).taskReferenceName, "x");
  assert.equal(task["loopOverTask"], true);
});

test("a task that carries its own entry shows that", () => {
  const task = shown(aTask({ referenceTaskName: "dyn", workflowTask: '{"name":"dyn"}' }));
  const workflowTask = { name: "dyn", taskReferenceName: "dyn", inputParameters: {} };
  assert.deepEqual(task["workflowTask"], workflowTask);
  assert.equal(task["taskDefinition"], null);
});

test("payloads keep the form of their numbers", () => {
  const surroundings = {
    snapshot: aSnapshot(),
    now: NOW,
    findLive: liveAmong([]),
    findBranches: () => [],
  };
  const text = taskJson(
    source(aTask({ inputData: '{"n":3.0}', outputData: '{"m":1.0E25}' })),
    surroundings,
  );
  assert.match(text, /"inputData":\{"n":3\.0\}/);
  assert.match(text, /"outputData":\{"m":1\.0E25\}/);
});

const childIds: readonly (readonly [Partial<Task>, string | undefined])[] = [
  [{ subWorkflowId: "a", outputData: '{"subWorkflowId":"b"}' }, "a"],
  [{ outputData: '{"subWorkflowId":"b"}', inputData: '{"subWorkflowId":"c"}' }, "b"],
  [{ inputData: '{"subWorkflowId":"c"}' }, "c"],
  [{ inputData: '{"subWorkflowId":null}' }, undefined],
  [{ inputData: '{"deep":{"subWorkflowId":"c"}}' }, undefined],
];
for (const [changes, expected] of childIds) {
  test(`the child of ${JSON.stringify(changes)} is ${expected ?? "unknown"}`, () => {
    assert.equal(shown(aTask(changes))["subWorkflowId"], expected);
  });
}

const waits: readonly (readonly [Partial<Task>, number])[] = [
  [{}, 0],
  [{ startTime: 1_700_000_000_250 }, 250],
  [{ startTime: 1_700_000_000_250, updateTime: NOW - 5_000, callbackAfterSeconds: 2 }, 3_000],
  [{ startTime: 1_700_000_000_250, updateTime: NOW, callbackAfterSeconds: 2 }, 0],
];
for (const [changes, expected] of waits) {
  test(`queueWaitTime of ${JSON.stringify(changes)} is ${expected}`, () => {
    assert.equal(shown(aTask(changes))["queueWaitTime"], expected);
  });
}

function aJoin(changes: Partial<Task> = {}): Task {
  return aTask({
    taskId: "t-j",
    taskType: "JOIN",
    referenceTaskName: "j",
    seq: 9,
    inputData: '{"joinOn":["a","b","none"]}',
    ...changes,
  });
}

test("a JOIN shows the outputs of what it waits for, without empty ones", () => {
  const branches = [
    aTask({ taskId: "1", referenceTaskName: "a", seq: 2, outputData: '{"old":1}' }),
    aTask({ taskId: "2", referenceTaskName: "a", seq: 3, outputData: '{"v":1}' }),
    aTask({ taskId: "3", referenceTaskName: "b", seq: 4, outputData: "{ }" }),
  ];
  assert.deepEqual(shown(aJoin(), branches)["outputData"], { a: { v: 1 } });
});

test("a JOIN in a loop waits for the attempts of its iteration", () => {
  const branches = [
    aTask({ taskId: "1", referenceTaskName: "a__1", seq: 2, outputData: '{"v":1}' }),
    aTask({ taskId: "2", referenceTaskName: "a__2", seq: 3, outputData: '{"v":2}' }),
  ];
  const join = aJoin({ referenceTaskName: "j__2", iteration: 2 });
  assert.deepEqual(shown(join, branches)["outputData"], { a__2: { v: 2 } });
});

test("an output that was set wins over the branches", () => {
  const branch = aTask({ referenceTaskName: "a", outputData: '{"v":1}' });
  assert.deepEqual(shown(aJoin({ outputData: '{"set":1}' }), [branch])["outputData"], { set: 1 });
});

test("a JOIN of a JOIN shows its output, and one that waits for itself shows nothing", () => {
  const inner = aJoin({
    taskId: "i",
    referenceTaskName: "a",
    seq: 5,
    inputData: '{"joinOn":["c"]}',
  });
  const branch = aTask({ taskId: "c", referenceTaskName: "c", outputData: '{"v":1}' });
  assert.deepEqual(shown(aJoin(), [inner, branch])["outputData"], { a: { c: { v: 1 } } });
  const circle = aJoin({ inputData: '{"joinOn":["j"]}' });
  assert.deepEqual(shown(circle, [circle])["outputData"], {});
});

test("a workflow has the members of a recorded one, in its order", () => {
  const snapshot = aSnapshot();
  const text = workflowJson(aWorkflow(), snapshot, taskListJson([source(aTask())], snapshot, NOW));
  assert.deepEqual(Object.keys(JSON.parse(text) as object), WORKFLOW_MEMBERS.split(" "));
  assert.match(text, /"input":\{"a":3\.0\}/);
});

test("what a workflow has besides is shown where the reference shows it", () => {
  const { workflow, data } = aWorkflow({
    parentWorkflowId: "p",
    parentWorkflowTaskId: "pt",
    correlationId: "c",
    reasonForIncompletion: "r",
    event: "e",
  });
  const keys = Object.keys(
    JSON.parse(workflowJson({ workflow, data }, aSnapshot(), "[]")) as object,
  );
  assert.deepEqual(keys.slice(6, 9), ["parentWorkflowId", "parentWorkflowTaskId", "tasks"]);
  assert.deepEqual(keys.slice(10, 14), [
    "output",
    "correlationId",
    "reasonForIncompletion",
    "event",
  ]);
});

test("a status shows output and variables only when asked", () => {
  const { workflow, data } = aWorkflow({ correlationId: "c" });
  const text = (output: boolean, variables: boolean) =>
    workflowStatusJson({ workflow, data }, { output, variables });
  assert.equal(text(false, false), '{"workflowId":"w-1","correlationId":"c","status":"RUNNING"}');
  assert.deepEqual(Object.keys(JSON.parse(text(true, true)) as object), [
    "workflowId",
    "correlationId",
    "output",
    "variables",
    "status",
  ]);
});

test("the answer of a synchronous execution has the members of a recorded one", () => {
  const target = aWorkflow();
  const header = { requestId: "r", target, timedOut: false };
  const run = workflowRunJson({ ...header, responseType: "TARGET_WORKFLOW" }, target, "[]");
  assert.deepEqual(
    Object.keys(JSON.parse(run) as object),
    (
      "responseType targetWorkflowId targetWorkflowStatus requestId workflowId input output " +
      "signalTimeout priority variables tasks createTime status updateTime"
    ).split(" "),
  );
  const blocking = {
    source: source(aTask({ taskType: "WAIT" })),
    findLive: liveAmong([]),
    bodyRefs: () => [],
  };
  const task = taskRunJson({ ...header, responseType: "BLOCKING_TASK" }, target, blocking);
  assert.deepEqual(
    Object.keys(JSON.parse(task) as object).toSorted(),
    (
      "createTime input output priority referenceTaskName requestId responseType retryCount " +
      "signalTimeout status targetWorkflowId targetWorkflowStatus taskDefName taskId taskType " +
      "updateTime workflowId workflowType"
    ).split(" "),
  );
});

test("poll data and logs are shown as recorded", () => {
  const polls = [
    { taskType: "a", domain: "d", workerId: "w2", lastPollTime: 5 },
    { taskType: "a", lastPollTime: 6 },
  ];
  assert.equal(
    pollDataListJson(polls),
    '[{"queueName":"a","domain":"d","workerId":"w2","lastPollTime":5},{"queueName":"a","lastPollTime":6}]',
  );
  assert.equal(
    taskLogListJson("t", [{ log: '"quoted"', createdTime: 7 }]),
    '[{"log":"\\"quoted\\"","taskId":"t","createdTime":7}]',
  );
});

test("what a worker measured is shown with the members that Conductor computes", () => {
  assert.equal(
    executionMetadataJson({ clientSendTime: 5.5, additionalContext: { a: 1 }, empty: true, x: 1 }),
    '{"clientSendTime":5,"additionalContext":{"a":1},"empty":false,"additionalContextMap":{"a":1}}',
  );
  assert.equal(
    executionMetadataJson({}),
    '{"additionalContext":{},"empty":true,"additionalContextMap":{}}',
  );
});
