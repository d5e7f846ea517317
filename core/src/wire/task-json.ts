import { bodyRefsIn } from "../definition/body-refs.ts";
import type { Snapshot } from "../definition/snapshot.ts";
import type { JsonText } from "../model/json.ts";
import type { Task } from "../model/task.ts";
import { entryText } from "./entry-text.ts";
import { jsonMember, textMember } from "./json-members.ts";
import type { FindBranches, FindLive } from "../model/task-output.ts";
import { inputText, outputText } from "../model/task-output.ts";
import type { TaskSource } from "./task-source.ts";

/** What the text of a task depends on besides the attempt. */
export interface TaskSurroundings {
  readonly snapshot: Snapshot;
  /** Epoch ms. */
  readonly now: number;
  /** Asked only for what a JOIN waits for, or a DO_WHILE has run. */
  readonly findLive: FindLive;
  /** Asked only for the branches of a large dynamic fork. */
  readonly findBranches: FindBranches;
}

/** What `executionMetadata` shows when no worker has reported any. */
const NO_METADATA = '{"additionalContext":{},"empty":true,"additionalContextMap":{}}';

/** The text of one attempt. Source: Conductor's `Task`, in the order of its members there. */
export function taskJson(source: TaskSource, surroundings: TaskSurroundings): JsonText {
  const { task } = source;
  const { workflowTask, taskDefinition } = entryText(task, surroundings.snapshot);
  const output = outputText(task, {
    findLive: surroundings.findLive,
    bodyRefs: bodyRefsIn(surroundings.snapshot),
  });
  return (
    `{"taskType":${JSON.stringify(task.taskType)},"status":"${task.status}"` +
    `,"inputData":${inputText(task, surroundings.findBranches)},"referenceTaskName":${JSON.stringify(task.referenceTaskName)}` +
    `,"retryCount":${task.retryCount},"seq":${task.seq}` +
    textMember("correlationId", source.correlationId) +
    `,"pollCount":${task.pollCount},"taskDefName":${JSON.stringify(task.taskDefName)}` +
    `,"scheduledTime":${task.scheduledTime},"startTime":${task.startTime}` +
    `,"endTime":${task.endTime},"updateTime":${task.updateTime}` +
    `,"startDelayInSeconds":${task.startDelayInSeconds}` +
    textMember("retriedTaskId", task.retriedTaskId) +
    `,"retried":${task.retried},"executed":${task.executed},"callbackFromWorker":true` +
    `,"responseTimeoutSeconds":${task.responseTimeoutSeconds}` +
    `,"workflowInstanceId":${JSON.stringify(source.workflowId)}` +
    `,"workflowType":${JSON.stringify(source.workflowName)}` +
    `,"taskId":${JSON.stringify(task.taskId)}` +
    textMember("reasonForIncompletion", task.reasonForIncompletion) +
    `,"callbackAfterSeconds":${task.callbackAfterSeconds}` +
    textMember("workerId", task.workerId) +
    `,"outputData":${output},"workflowTask":${workflowTask}` +
    textMember("domain", task.domain) +
    jsonMember("outputMessage", task.outputMessage) +
    `,"rateLimitPerFrequency":${task.rateLimitPerFrequency}` +
    `,"rateLimitFrequencyInSeconds":${task.rateLimitFrequencyInSeconds}` +
    textMember("externalInputPayloadStoragePath", task.externalInputPayloadStoragePath) +
    textMember("externalOutputPayloadStoragePath", task.externalOutputPayloadStoragePath) +
    `,"workflowPriority":${task.workflowPriority}` +
    textMember("executionNameSpace", task.executionNameSpace) +
    textMember("isolationGroupId", task.isolationGroupId) +
    `,"iteration":${task.iteration}` +
    textMember("subWorkflowId", childIdOf(task)) +
    `,"subworkflowChanged":${task.subworkflowChanged},"firstStartTime":0` +
    `,"executionMetadata":${task.executionMetadata ?? NO_METADATA}` +
    `,"taskDefinition":${taskDefinition},"loopOverTask":${task.iteration > 0}` +
    `,"queueWaitTime":${queueWaitTime(task, surroundings.now)}}`
  );
}

/** The attempt's child: what is known of it, else what its output or its input names. */
export function childIdOf(task: Task): string | undefined {
  return task.subWorkflowId ?? idWithin(task.outputData) ?? idWithin(task.inputData);
}

function idWithin(payload: JsonText | undefined): string | undefined {
  if (payload === undefined || !payload.includes('"subWorkflowId"')) return undefined;
  const { subWorkflowId } = JSON.parse(payload) as { subWorkflowId?: unknown };
  return typeof subWorkflowId === "string" && subWorkflowId !== "" ? subWorkflowId : undefined;
}

/** How long it waited for its first worker; after a callback: since it was due again. In ms. */
function queueWaitTime(task: Task, now: number): number {
  if (task.startTime <= 0 || task.scheduledTime <= 0) return 0;
  if (task.updateTime > 0 && task.callbackAfterSeconds > 0) {
    return Math.max(0, now - task.updateTime - task.callbackAfterSeconds * 1000);
  }
  return task.startTime - task.scheduledTime;
}
