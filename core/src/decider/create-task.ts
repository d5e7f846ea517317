import { resolveInput as resolveParameters } from "../expression/input-template.ts";
import { utf8Length } from "../expression/utf8-length.ts";
import type { SnapshotTask } from "../definition/snapshot.ts";
import { writeJson } from "../model/json.ts";
import type { JsonObject, JsonText } from "../model/json.ts";
import { isOpen } from "../model/status.ts";
import { isSystemType } from "../model/system-types.ts";
import type { QueueEntry, Timeouts } from "../model/queue.ts";
import type { TaskDef } from "../model/task-def.ts";
import type { Task } from "../model/task.ts";
import { domainFor } from "./domains.ts";
import type { Draft } from "./draft.ts";
import { branchMembers, taskDefOf } from "./entries.ts";
import { suffixAt, withSuffix } from "../model/loop-place.ts";
import { scopeOf } from "./scope.ts";
import type { Place } from "./task-types/task-type.ts";
import { hasTimeouts, systemTimeouts, workerTimeouts } from "./timeouts.ts";
import { secondsToMs } from "./seconds-to-ms.ts";

/** What is particular about a new attempt; everything else follows from its entry. */
export type Particulars = Partial<Task> & Pick<Task, "taskType" | "status" | "inputData">;

/**
 * Adds the first attempt of an entry, in the order after all others. An input above the limit makes it fail at once,
 * and what the caller asked for is not stored.
 */
export function createTask(
  draft: Draft,
  entry: SnapshotTask,
  place: Place,
  particulars: Particulars,
): Task {
  const { now } = draft.context;
  const { workflowTask } = entry;
  const task: Task = {
    taskId: draft.context.newId(),
    taskDefName: workflowTask.name ?? particulars.taskType,
    referenceTaskName: withSuffix(entry.ref, place),
    seq: place.seq ?? 0,
    retryCount: 0,
    ...loopMembers(particulars.taskType, place),
    retried: false,
    executed: false,
    scheduledTime: now,
    startTime: isSystemType(particulars.taskType) && particulars.status !== "SCHEDULED" ? now : 0,
    endTime: 0,
    updateTime: isOpen(particulars.status) ? 0 : now,
    firstScheduledTime: now,
    pollCount: 0,
    callbackAfterSeconds: 0,
    startDelayInSeconds: 0,
    responseTimeoutSeconds: 0,
    rateLimitPerFrequency: 0,
    rateLimitFrequencyInSeconds: 0,
    workflowPriority: draft.workflow.priority,
    subworkflowChanged: false,
    agenda: 0,
    ...(place.joinId === undefined
      ? {}
      : { joinId: place.joinId, ...branchMembers(workflowTask, particulars.inputData) }),
    ...domainMember(draft, particulars.taskType),
    ...particulars,
  };
  const added = draft.addTask(withinInputLimit(draft, task));
  return isOpen(added.status) || added.executed ? added : draft.putOnAgenda(added);
}

function loopMembers(taskType: string, place: Place): Pick<Task, "iteration" | "outerSuffix"> {
  const isLoop = taskType === "DO_WHILE";
  const outerSuffix = isLoop ? suffixAt(place) : (place.outerSuffix ?? "");
  return {
    iteration: isLoop ? 0 : place.iteration,
    ...(outerSuffix === "" ? {} : { outerSuffix }),
  };
}

function domainMember(draft: Draft, taskType: string): { readonly domain?: string } {
  const domain = domainFor(draft, taskType);
  return domain === undefined ? {} : { domain };
}

/** Source: engine.md 17.6. */
function withinInputLimit(draft: Draft, task: Task): Task {
  const limit = draft.context.payloadLimits.taskInputBytesMax;
  if (task.inputData.length * 3 <= limit || task.taskType === "FORK" || task.taskType === "JOIN")
    return task;
  const bytes = utf8Length(task.inputData);
  if (bytes <= limit) return task;
  return {
    ...task,
    inputData: "{}",
    status: "FAILED_WITH_TERMINAL_ERROR",
    endTime: draft.context.now,
    reasonForIncompletion: payloadReason(bytes, {
      taskId: task.taskId,
      workflowId: draft.workflowId,
      limit,
    }),
  };
}

interface PayloadOwner {
  readonly taskId: string;
  readonly workflowId: string;
  readonly limit: number;
}

export function payloadReason(bytes: number, { taskId, workflowId, limit }: PayloadOwner): string {
  return (
    `The payload size: ${bytes} of task: ${taskId} in workflow: ${workflowId}  ` +
    `is greater than the permissible limit: ${limit} bytes`
  );
}

/**
 * The resolved inputs of an entry.
 * @param inputTemplate - the task definition's, for the types that apply it.
 */
export function resolveInput(
  draft: Draft,
  entry: SnapshotTask,
  { taskId, inputTemplate }: { readonly taskId?: string; readonly inputTemplate?: JsonObject },
): JsonObject {
  return resolveParameters(
    entry.workflowTask.inputParameters,
    inputTemplate,
    scopeOf(draft, taskId),
  );
}

/** The same as text. */
export function inputText(...args: Parameters<typeof resolveInput>): JsonText {
  return writeJson(resolveInput(...args));
}

/**
 * `[domain:]taskType[@executionNameSpace-isolationGroupId]`, as in Conductor; but what has only one of the two keeps the
 * `@` too, so that no worker's task can have a name like that of a pool.
 */
function queueNameOf({ domain, taskType, executionNameSpace, isolationGroupId }: Task): string {
  if (domain !== undefined) return `${domain}:${taskType}`;
  if (executionNameSpace === undefined && isolationGroupId === undefined) return taskType;
  const group = isolationGroupId === undefined ? "" : `-${isolationGroupId}`;
  return `${taskType}@${executionNameSpace ?? ""}${group}`;
}

/** Puts an attempt of a worker task in its queue, from `delayMs` on; answers its record. */
export function queueTask(draft: Draft, task: Task, entry: SnapshotTask, delayMs: number): void {
  const taskDef = taskDefOf(draft, task, entry);
  const readyAt = draft.context.now + Math.max(0, delayMs);
  const limits = limitsOf(taskDef, task);
  draft.enqueue({
    taskId: task.taskId,
    workflowId: draft.workflowId,
    queue: queueNameOf(task),
    priority: task.workflowPriority,
    readyAt,
    pollCount: task.pollCount,
    startTime: task.startTime,
    ...(limits === undefined ? {} : { limits }),
    timeouts: workerTimeouts(taskDef, task, readyAt),
  });
}

/** Null, 0 and negative limits are none. */
function limitsOf(taskDef: TaskDef | undefined, task: Task): QueueEntry["limits"] {
  const { concurrentExecLimit = 0 } = taskDef ?? {};
  const { rateLimitPerFrequency: perFrequency, rateLimitFrequencyInSeconds: seconds } =
    taskDef ?? task;
  if (concurrentExecLimit <= 0 && perFrequency <= 0) return undefined;
  return {
    taskDefName: task.taskDefName,
    ...(concurrentExecLimit > 0 ? { concurrentExecLimit } : {}),
    ...(perFrequency > 0
      ? {
          rateLimitPerFrequency: perFrequency,
          rateLimitWindowMs: secondsToMs(Math.max(1, seconds)),
        }
      : {}),
  };
}

/**
 * Sets the clock for an attempt that the server carries, if it has any.
 * @param ownAt - when it has something to do by itself.
 */
export function watchTask(draft: Draft, task: Task, entry: SnapshotTask, ownAt?: number): void {
  watchFor(draft, task, systemTimeouts(taskDefOf(draft, task, entry), task, ownAt));
}

/** The same with these limits of time. */
export function watchFor(draft: Draft, task: Task, timeouts: Timeouts): void {
  if (!hasTimeouts(timeouts)) return;
  draft.enqueue({
    taskId: task.taskId,
    workflowId: draft.workflowId,
    priority: task.workflowPriority,
    readyAt: draft.context.now,
    pollCount: task.pollCount,
    startTime: task.startTime,
    timeouts,
  });
}
