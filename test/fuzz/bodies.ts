import type { Decoder, Json, JsonObject, Schema } from "@ostinato/core";
import {
  jsonObject,
  list,
  startWorkflowRequestDecoder,
  taskDefDecoder,
  taskResultDecoder,
  text,
  workflowDefDecoder,
} from "@ostinato/core";

import type { Random } from "../simulation/random.ts";
import { CHILD, TASKS, type World, WORKFLOWS } from "./world.ts";

/** What a route expects as its body, and how to make one that it accepts as a rule. */
export interface Body {
  readonly schema: Schema;
  /** Reads a body as the route does; what it refuses, the route has to refuse. */
  readonly decoder: Decoder<unknown>;
  sound(random: Random, world: World): Json;
}

function body<T>(decoder: Decoder<T>, sound: (random: Random, world: World) => Json): Body {
  return { schema: decoder.schema, decoder, sound };
}

const payload = body(jsonObject, soundPayload);
const execution = body(startWorkflowRequestDecoder, soundStart);
const result = body(taskResultDecoder, soundResult);

/** By verb and path: every route that takes a JSON body. */
export const BODIES: Readonly<Record<string, Body>> = {
  "POST /api/metadata/workflow": body(workflowDefDecoder, soundWorkflow),
  "POST /api/metadata/workflow/validate": body(workflowDefDecoder, soundWorkflow),
  "PUT /api/metadata/workflow": body(list(workflowDefDecoder), (random) => [
    soundWorkflow(random),
    soundWorkflow(random),
  ]),
  "POST /api/metadata/taskdefs": body(list(taskDefDecoder), (random) => [soundTaskDef(random)]),
  "PUT /api/metadata/taskdefs": body(taskDefDecoder, soundTaskDef),
  "POST /api/workflow": execution,
  "POST /api/workflow/execute/:name/:version": execution,
  "POST /api/workflow/:name": payload,
  "POST /api/workflow/:name/correlated": body(list(text), (random) => [
    random.pick(["c1", "c2", "none"]),
  ]),
  "POST /api/tasks": result,
  "POST /api/tasks/update-v2": result,
  "POST /api/tasks/batch": body(list(taskResultDecoder), (random, world) => [
    soundResult(random, world),
    soundResult(random, world),
  ]),
  "POST /api/tasks/:workflowId/:taskRefName/:status": payload,
  "POST /api/tasks/:workflowId/:taskRefName/:status/sync": payload,
};

/** Routes whose body is any text. */
export const TEXT_BODIES: ReadonlySet<string> = new Set(["POST /api/tasks/:taskId/log"]);

function soundPayload(random: Random): JsonObject {
  return random.pick<JsonObject>([
    {},
    { x: 1, list: [{ a: 1 }, { a: 2 }], case: "b" },
    { x: { y: [true, null, "é"] }, dynamicTasks: [], dynamicTasksInput: {} },
  ]);
}

function soundTaskDef(random: Random): JsonObject {
  return {
    name: random.pick(TASKS),
    retryCount: random.int(0, 3),
    retryDelaySeconds: random.int(0, 5),
    timeoutSeconds: random.pick([0, 3_600]),
    responseTimeoutSeconds: 600,
    timeoutPolicy: random.pick(["RETRY", "TIME_OUT_WF", "ALERT_ONLY"]),
    retryLogic: random.pick(["FIXED", "EXPONENTIAL_BACKOFF", "LINEAR_BACKOFF"]),
    ...random.pick<JsonObject>([
      {},
      { concurrentExecLimit: 2 },
      { rateLimitPerFrequency: 5, rateLimitFrequencyInSeconds: 1 },
      { inputTemplate: { a: 1 }, inputKeys: ["a"], ownerEmail: "a@example.com" },
    ]),
  };
}

function soundStart(random: Random): JsonObject {
  return {
    name: random.pick(WORKFLOWS),
    input: soundPayload(random),
    ...random.pick<JsonObject>([
      {},
      { version: 1, correlationId: "c1", priority: 7 },
      { workflowDef: soundWorkflow(random) },
      { taskToDomain: { "*": "d1" } },
      { idempotencyKey: "k1", idempotencyStrategy: "RETURN_EXISTING" },
    ]),
  };
}

function soundResult(random: Random, world: World): JsonObject {
  const { workflowId, taskId } = random.pick(world.tasks);
  return {
    workflowInstanceId: workflowId,
    taskId,
    status: random.pick(["IN_PROGRESS", "COMPLETED", "FAILED", "FAILED_WITH_TERMINAL_ERROR"]),
    outputData: soundPayload(random),
    ...random.pick<JsonObject>([
      {},
      { logs: [{ log: "line", createdTime: 5 }], workerId: "w" },
      { callbackAfterSeconds: 30 },
      { extendLease: true },
      { reasonForIncompletion: "why", outputMessage: { a: 1 }, executionMetadata: {} },
    ]),
  };
}

function soundWorkflow(random: Random): JsonObject {
  const tasks: Json[] = [];
  for (let n = random.int(1, 3); n > 0; n--) tasks.push(...soundTasks(random, `t${n}`));
  return {
    name: random.pick(WORKFLOWS),
    version: random.int(1, 3),
    tasks,
    ...random.pick<JsonObject>([
      {},
      { outputParameters: { x: "${t1.output.x}", all: "${workflow.input}" } },
      { failureWorkflow: CHILD, timeoutSeconds: 3_600, timeoutPolicy: "TIME_OUT_WF" },
      { inputTemplate: { x: 1 }, variables: { v: 1 }, inputParameters: ["x"] },
    ]),
  };
}

function soundTasks(random: Random, ref: string, depth = 0): JsonObject[] {
  const type = random.pick(depth > 1 ? LEAF_TYPES : TYPES);
  const task = { name: random.pick(TASKS), taskReferenceName: ref, type };
  const inner = (suffix: string): JsonObject[] => soundTasks(random, `${ref}_${suffix}`, depth + 1);
  switch (type) {
    case "SWITCH": {
      const expression = { evaluatorType: "value-param", expression: "v" };
      const inputParameters = { v: "${workflow.input.case}" };
      const decisionCases = { a: inner("a"), b: inner("b") };
      return [{ ...task, ...expression, inputParameters, decisionCases, defaultCase: inner("c") }];
    }
    case "FORK_JOIN": {
      const join = { name: "join", taskReferenceName: `${ref}_join`, type: "JOIN" };
      return [{ ...task, forkTasks: [inner("a"), inner("b")] }, join];
    }
    case "FORK_JOIN_DYNAMIC": {
      const inputParameters = { forkTaskName: "task_a", forkTaskInputs: "${workflow.input.list}" };
      const join = { name: "join", taskReferenceName: `${ref}_join`, type: "JOIN" };
      return [{ ...task, inputParameters }, join];
    }
    case "SUB_WORKFLOW":
      return [{ ...task, subWorkflowParam: { name: CHILD, version: 1 } }];
    case "SET_VARIABLE":
      return [{ ...task, inputParameters: { v: "${workflow.input.x}" } }];
    case "TERMINATE":
      return [{ ...task, inputParameters: { terminationStatus: "COMPLETED" } }];
    case "WAIT":
      return [{ ...task, inputParameters: random.pick([{}, { duration: "1 hours" }]) }];
    default:
      return [
        { ...task, inputParameters: { x: "${workflow.input.x}" }, optional: random.chance(0.2) },
      ];
  }
}

const LEAF_TYPES = ["SIMPLE", "NOOP", "SET_VARIABLE", "TERMINATE", "WAIT"] as const;
const TYPES = [
  ...LEAF_TYPES,
  "SIMPLE",
  "SIMPLE",
  "SWITCH",
  "FORK_JOIN",
  "FORK_JOIN_DYNAMIC",
  "SUB_WORKFLOW",
] as const;
