import { PROVIDER_TYPES } from "../../model/system-types.ts";
import type { WorkflowTask } from "../../model/workflow-def.ts";
import { doWhile } from "./do-while.ts";
import { dynamic } from "./dynamic.ts";
import { exclusiveJoin } from "./exclusive-join.ts";
import { forkJoin } from "./fork-join.ts";
import { forkJoinDynamic } from "./fork-join-dynamic.ts";
import { join } from "./join.ts";
import { provider } from "./provider.ts";
import { noop, setVariable, terminate } from "./simple-operators.ts";
import { subWorkflow } from "./sub-workflow.ts";
import { startWorkflowType } from "./start-workflow.ts";
import { decision, switchType } from "./switch.ts";
import type { TaskType } from "./task-type.ts";
import { unsupportedReason } from "../../definition/unsupported-types.ts";
import { WorkflowFailure } from "../signals.ts";
import { inline, jqTransform, lambda } from "./evaluating.ts";
import { wait } from "./wait.ts";
import { waitingFor } from "./waiting.ts";
import { http, jdbc, kafkaPublish } from "./queued-system.ts";
import { simple, unknown } from "./worker.ts";

/** By the `type` of an entry of a definition, which is the `taskType` of its attempts too, but for forks. */
const TYPES: ReadonlyMap<string, TaskType> = new Map([
  ["SIMPLE", simple],
  ["SWITCH", switchType],
  ["FORK_JOIN", forkJoin],
  ["FORK_JOIN_DYNAMIC", forkJoinDynamic],
  ["FORK", forkJoinDynamic],
  ["JOIN", join],
  ["SUB_WORKFLOW", subWorkflow],
  ["SET_VARIABLE", setVariable],
  ["TERMINATE", terminate],
  ["NOOP", noop],
  ["WAIT", wait],
  ["HUMAN", waitingFor("HUMAN")],
  ["YIELD", waitingFor("YIELD")],
  ["DYNAMIC", dynamic],
  ["DECISION", decision],
  ["EXCLUSIVE_JOIN", exclusiveJoin],
  ["START_WORKFLOW", startWorkflowType],
  ["DO_WHILE", doWhile],
  ["INLINE", inline],
  ["LAMBDA", lambda],
  ["JSON_JQ_TRANSFORM", jqTransform],
  ["HTTP", http],
  ["JDBC", jdbc],
  ["KAFKA_PUBLISH", kafkaPublish],
]);

/** The type that makes an entry's attempts. */
export function typeOfEntry(task: WorkflowTask): TaskType {
  const { type = "SIMPLE" } = task;
  const unsupported = unsupportedReason(task);
  if (unsupported !== undefined) throw new WorkflowFailure("FAILED", unsupported);
  return typeNamed(type);
}

/** The type that runs attempts with this `taskType`. */
export function typeNamed(taskType: string): TaskType {
  const known = TYPES.get(taskType);
  if (known !== undefined) return known;
  return PROVIDER_TYPES.has(taskType) ? provider : unknown;
}
