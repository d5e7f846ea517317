import assert from "node:assert/strict";

import type { Client } from "./client.ts";
import type { TaskRules } from "./history.ts";

/** Work that is never abandoned: only the server can lose it. */
const LEASE_SECONDS = 120;

/** Task definitions of the load, and what the checker has to know of them. */
const TASKS: Readonly<Record<string, object>> = {
  steady: { responseTimeoutSeconds: LEASE_SECONDS },
  flaky: { responseTimeoutSeconds: 1 },
  limited: { responseTimeoutSeconds: LEASE_SECONDS, concurrentExecLimit: 3 },
  rated: {
    responseTimeoutSeconds: LEASE_SECONDS,
    rateLimitPerFrequency: 40,
    rateLimitFrequencyInSeconds: 1,
  },
};

export const TASK_TYPES: readonly [string, string, string, string] = [
  "steady",
  "flaky",
  "limited",
  "rated",
];

export const TASK_RULES: ReadonlyMap<string, TaskRules> = new Map([
  ["steady", { responseTimeoutMs: LEASE_SECONDS * 1_000 }],
  ["flaky", { responseTimeoutMs: 1_000 }],
  ["limited", { responseTimeoutMs: LEASE_SECONDS * 1_000, concurrentExecLimit: 3 }],
  [
    "rated",
    { responseTimeoutMs: LEASE_SECONDS * 1_000, rateLimit: { perWindow: 40, windowMs: 1_000 } },
  ],
]);

/** So many retries that none of them is ever the last. */
const TASK_DEFS: readonly object[] = Object.entries(TASKS).map(([name, fields]) => ({
  name,
  retryCount: 10_000,
  retryDelaySeconds: 0,
  timeoutSeconds: 0,
  timeoutPolicy: "RETRY",
  ...fields,
}));

export const WORKFLOWS: readonly [string, string, string, string, string] = [
  "line",
  "forked",
  "fanned",
  "nested",
  "waiting",
];

const WORKFLOW_DEFS: readonly object[] = [
  aWorkflow("line", [work("steady", "a"), chosen(), work("steady", "c")], "ac"),
  aWorkflow(
    "forked",
    [
      {
        ...system("FORK_JOIN", "fork"),
        forkTasks: [
          [work("steady", "a"), work("steady", "b")],
          [work("limited", "c")],
          [work("flaky", "d")],
        ],
      },
      { ...system("JOIN", "join"), joinOn: ["b", "c", "d"] },
      work("rated", "e"),
    ],
    "abcde",
  ),
  aWorkflow(
    "fanned",
    [
      {
        ...system("FORK_JOIN_DYNAMIC", "fan"),
        inputParameters: {
          tasks: ["x", "y", "z"].map((ref) => work("limited", ref)),
          inputs: { x: {}, y: {}, z: {} },
        },
        dynamicForkTasksParam: "tasks",
        dynamicForkTasksInputParamName: "inputs",
      },
      system("JOIN", "join"),
      work("flaky", "a"),
    ],
    "a",
  ),
  aWorkflow(
    "nested",
    [
      {
        ...system("SUB_WORKFLOW", "child"),
        subWorkflowParam: { name: "line", version: 1 },
        inputParameters: { way: "${workflow.input.way}" },
      },
      work("steady", "a"),
    ],
    "a",
  ),
  aWorkflow(
    "waiting",
    [
      { ...system("WAIT", "wait"), inputParameters: { duration: "1 seconds" } },
      { ...system("SET_VARIABLE", "set"), inputParameters: { seen: true } },
      work("flaky", "a"),
    ],
    "a",
  ),
];

/** Registers all of them. */
export async function define(client: Client): Promise<void> {
  const calls = [
    { path: "/api/metadata/taskdefs", body: TASK_DEFS },
    ...WORKFLOW_DEFS.map((body) => ({ path: "/api/metadata/workflow", body })),
  ];
  for (const { path, body } of calls) {
    const { status, text } = await client.call({ method: "POST", path, body });
    assert.equal(status, 200, text);
  }
}

function chosen(): object {
  return {
    ...system("SWITCH", "way"),
    evaluatorType: "value-param",
    expression: "way",
    inputParameters: { way: "${workflow.input.way}" },
    decisionCases: { short: [work("flaky", "b")] },
    defaultCase: [work("rated", "d")],
  };
}

function work(name: string, taskReferenceName: string): object {
  return { name, taskReferenceName, type: "SIMPLE", inputParameters: {} };
}

function system(type: string, taskReferenceName: string): object {
  return { name: taskReferenceName, taskReferenceName, type, inputParameters: {} };
}

function aWorkflow(name: string, tasks: readonly object[], refs: string): object {
  const marks = refs.split("").map((ref) => [ref, `\${${ref}.output.mark}`]);
  return {
    name,
    version: 1,
    schemaVersion: 2,
    timeoutSeconds: 0,
    ownerEmail: "crash@example.com",
    tasks,
    outputParameters: Object.fromEntries(marks),
  };
}
