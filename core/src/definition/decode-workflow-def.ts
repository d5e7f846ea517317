import { boolean, int, long, oneOf, text } from "../model/decode-scalars.ts";
import type { Decoder, Member } from "../model/decode.ts";
import {
  anyJson,
  decode,
  DecodeError,
  jsonObject,
  lazy,
  list,
  notNull,
  object,
  optional,
  orElse,
  primitive,
  record,
} from "../model/decode.ts";
import type { Json, JsonObject } from "../model/json.ts";
import { isJsonObject } from "../model/json.ts";
import type {
  CacheConfig,
  IdempotencyStrategy,
  RateLimitConfig,
  StateChangeEvent,
  SubWorkflowParams,
  WorkflowDef,
  WorkflowTask,
} from "../model/workflow-def.ts";
import { schemaDefDecoder, taskDefDecoder } from "./decode-task-def.ts";
import { TASK_TYPES } from "./task-types.ts";

const STRATEGIES: readonly IdempotencyStrategy[] = ["FAIL", "RETURN_EXISTING", "FAIL_ON_RUNNING"];

export const idempotencyStrategyDecoder: Decoder<IdempotencyStrategy> = oneOf(STRATEGIES);

const cacheConfigDecoder: Decoder<CacheConfig> = object<CacheConfig>("CacheConfig", {
  key: optional(text),
  ttlInSecond: primitive(int, 0),
});

const rateLimitConfigDecoder: Decoder<RateLimitConfig> = object<RateLimitConfig>(
  "RateLimitConfig",
  {
    rateLimitKey: optional(text),
    concurrentExecLimit: primitive(int, 0),
    policy: orElse(oneOf(["QUEUE", "REJECT"]), "QUEUE"),
  },
);

const stateChangeEventDecoder: Decoder<StateChangeEvent> = object<StateChangeEvent>(
  "StateChangeEvent",
  { type: optional(text), payload: optional(jsonObject) },
);

/** An inline definition, or an expression that gives one. */
const childDefinitionDecoder: Decoder<WorkflowDef | string> = {
  get schema() {
    return { anyOf: [workflowDefDecoder.schema, text.schema] };
  },
  decode(json) {
    if (typeof json === "string") {
      if (json.includes("${")) return json;
      throw new DecodeError("", "is a string, but not a valid DSL string");
    }
    if (!isJsonObject(json)) {
      throw new DecodeError("", "must be either null, or WorkflowDef, or a valid DSL string");
    }
    return workflowDefDecoder.decode(json);
  },
};

const plainSubWorkflowParamsDecoder: Decoder<SubWorkflowParams> = object<SubWorkflowParams>(
  "SubWorkflowParams",
  {
    name: optional(text),
    version: optional(int),
    taskToDomain: optional(record(text)),
    workflowDefinition: optional(childDefinitionDecoder),
    idempotencyKey: optional(text),
    idempotencyStrategy: optional(idempotencyStrategyDecoder),
    priority: optional(anyJson),
  },
);

/** A missing name is that of the inline definition. */
const subWorkflowParamsDecoder: Decoder<SubWorkflowParams> = {
  get schema() {
    return plainSubWorkflowParamsDecoder.schema;
  },
  decode(json) {
    const params = plainSubWorkflowParamsDecoder.decode(json);
    const { name, workflowDefinition } = params;
    if (name !== undefined || typeof workflowDefinition !== "object") return params;
    if (workflowDefinition.name === undefined) return params;
    return { name: workflowDefinition.name, ...params };
  },
};

const workflowTasks: Decoder<readonly WorkflowTask[]> = list(lazy(() => workflowTaskDecoder));

const plainWorkflowTaskDecoder: Decoder<WorkflowTask> = object<WorkflowTask>("WorkflowTask", {
  name: optional(text),
  taskReferenceName: optional(text),
  description: optional(text),
  inputParameters: orElse(jsonObject, {}),
  type: notNull(text, "SIMPLE"),
  dynamicTaskNameParam: optional(text),
  caseValueParam: optional(text),
  caseExpression: optional(text),
  scriptExpression: optional(text),
  decisionCases: orElse(record(workflowTasks), {}),
  dynamicForkJoinTasksParam: optional(text),
  dynamicForkTasksParam: optional(text),
  dynamicForkTasksInputParamName: optional(text),
  defaultCase: orElse(workflowTasks, []),
  forkTasks: orElse(list(workflowTasks), []),
  startDelay: primitive(int, 0),
  subWorkflowParam: optional(subWorkflowParamsDecoder),
  joinOn: orElse(list(text), []),
  joinMode: optional(oneOf(["SYNC", "ASYNC"])),
  joinStatus: optional(text),
  sink: optional(text),
  optional: primitive(boolean, false),
  taskDefinition: optional(taskDefDecoder),
  rateLimited: optional(boolean),
  defaultExclusiveJoinTask: orElse(list(text), []),
  asyncComplete: orElse(boolean, false),
  loopCondition: optional(text),
  loopOver: orElse(workflowTasks, []),
  items: optional(text),
  retryCount: optional(int),
  evaluatorType: optional(text),
  expression: optional(text),
  onStateChange: orElse(record(list(stateChangeEventDecoder)), {}),
  cacheConfig: optional(cacheConfigDecoder),
  permissive: primitive(boolean, false),
  metadata: orElse(jsonObject, {}),
});

/**
 * Source: Conductor's `WorkflowTask`. The deprecated `workflowTaskType` sets the type too; of both
 * the last one counts.
 */
export const workflowTaskDecoder: Decoder<WorkflowTask> = {
  get schema() {
    return plainWorkflowTaskDecoder.schema;
  },
  decode(json) {
    const given = isJsonObject(json) && "workflowTaskType" in json ? withType(json) : json;
    const task = plainWorkflowTaskDecoder.decode(given);
    const needsInputs = task.type === "WAIT" || task.type === "TERMINATE";
    if (needsInputs && isJsonObject(json) && json["inputParameters"] === null) {
      throw new DecodeError("inputParameters", `must not be null for a ${task.type} task`);
    }
    return task;
  },
};

/**
 * A whole definition, as it is given inline.
 * @throws DecodeError
 */
export function decodeWorkflowDef(json: Json): WorkflowDef {
  return decode(workflowDefDecoder, json);
}

/**
 * One entry of a task list, as in the list of a dynamic fork.
 * @throws DecodeError
 */
export function decodeWorkflowTask(json: Json): WorkflowTask {
  return decode(workflowTaskDecoder, json);
}

const typeAlias: Member<string | undefined> = optional(oneOf(TASK_TYPES));

function withType(json: JsonObject): JsonObject {
  const { workflowTaskType, ...others } = json;
  const type = readAlias(workflowTaskType);
  const names = Object.keys(json);
  const isLast = names.indexOf("workflowTaskType") > names.indexOf("type");
  return type === undefined || !isLast ? others : { ...others, type };
}

function readAlias(json: Json | undefined): string | undefined {
  try {
    return typeAlias.read(json);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new DecodeError("workflowTaskType", error.problem);
  }
}

/** Source: Conductor's `WorkflowDef`. */
export const workflowDefDecoder: Decoder<WorkflowDef> = object<WorkflowDef>("WorkflowDef", {
  ownerApp: optional(text),
  createTime: primitive(long, 0),
  updateTime: primitive(long, 0),
  createdBy: optional(text),
  updatedBy: optional(text),
  name: optional(text),
  description: optional(text),
  version: primitive(int, 1),
  tasks: notNull(workflowTasks, []),
  inputParameters: orElse(list(text), []),
  outputParameters: orElse(jsonObject, {}),
  failureWorkflow: optional(text),
  failureWorkflowVersion: optional(int),
  schemaVersion: primitive(int, 2),
  restartable: primitive(boolean, true),
  workflowStatusListenerEnabled: primitive(boolean, false),
  workflowStatusListenerSink: optional(text),
  ownerEmail: optional(text),
  timeoutPolicy: orElse(oneOf(["TIME_OUT_WF", "ALERT_ONLY"]), "ALERT_ONLY"),
  timeoutSeconds: primitive(long, 0),
  variables: orElse(jsonObject, {}),
  inputTemplate: orElse(jsonObject, {}),
  rateLimitConfig: optional(rateLimitConfigDecoder),
  inputSchema: optional(schemaDefDecoder),
  outputSchema: optional(schemaDefDecoder),
  enforceSchema: primitive(boolean, true),
  metadata: orElse(jsonObject, {}),
  cacheConfig: optional(cacheConfigDecoder),
  maskedFields: orElse(list(text), []),
});
