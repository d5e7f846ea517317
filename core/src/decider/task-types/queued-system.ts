import type { SnapshotTask } from "../../definition/snapshot.ts";
import { setMember, writeJson } from "../../model/json.ts";
import type { Json, JsonObject } from "../../model/json.ts";
import { isOpen } from "../../model/status.ts";
import type { TaskDef } from "../../model/task-def.ts";
import type { Task } from "../../model/task.ts";
import { createTask, queueTask, resolveInput, watchFor } from "../create-task.ts";
import type { Draft } from "../draft.ts";
import { taskDefOf } from "../entries.ts";
import { objectOf } from "../scope.ts";
import { secondsToMs } from "../seconds-to-ms.ts";
import { openEndedTimeouts } from "../timeouts.ts";
import type { TaskType } from "./task-type.ts";

/*
 * Tasks with effects outside, which an executor of the server runs:
 *
 *      SCHEDULED, in the queue of its type ──claimed, run, reported──► COMPLETED, FAILED, …
 *                        │                                                 ▲
 *                        └──reported with asyncComplete──► IN_PROGRESS ────┘ from outside
 *
 * An attempt that is IN_PROGRESS has left the queue. Source: tasks.md 2.6, 5.1, 5.8, 5.9.
 */

/** Shows what its `asyncComplete` is whatever the inputs say of it. */
export const http: TaskType = queuedSystem("HTTP", {
  usesTemplate: true,
  complete: (input, asyncComplete) => withMember(input, "asyncComplete", asyncComplete),
});

export const kafkaPublish: TaskType = queuedSystem("KAFKA_PUBLISH", {
  usesTemplate: true,
  complete: withOwnAsyncComplete,
});

export const jdbc: TaskType = queuedSystem("JDBC", {
  usesTemplate: false,
  complete: withOwnAsyncComplete,
});

interface Kind {
  /** Applies its definition's `inputTemplate`, and knows its own id in expressions. */
  readonly usesTemplate: boolean;
  /** What the record's input is, given the resolved inputs and the entry's `asyncComplete`. */
  readonly complete: (input: JsonObject, asyncComplete: boolean) => JsonObject;
}

function queuedSystem(taskType: string, kind: Kind): TaskType {
  const inputOf = (draft: Draft, entry: SnapshotTask, taskId: string): JsonObject => {
    const { taskDefinition } = entry.workflowTask;
    if (!kind.usesTemplate) return resolveInput(draft, entry, {});
    return resolveInput(draft, entry, {
      taskId,
      ...(taskDefinition === undefined ? {} : { inputTemplate: taskDefinition.inputTemplate }),
    });
  };
  return {
    map(draft, entry, place) {
      const { startDelay, taskDefinition, asyncComplete = false } = entry.workflowTask;
      const taskId = draft.context.newId();
      const input = kind.complete(inputOf(draft, entry, taskId), asyncComplete);
      const task = createTask(draft, entry, place, {
        taskId,
        taskType,
        status: "SCHEDULED",
        inputData: writeJson(input),
        callbackAfterSeconds: startDelay,
        rateLimitPerFrequency: taskDefinition?.rateLimitPerFrequency ?? 0,
        rateLimitFrequencyInSeconds: taskDefinition?.rateLimitFrequencyInSeconds ?? 0,
        ...poolOf(taskDefinition),
      });
      if (isOpen(task.status)) queueTask(draft, task, entry, secondsToMs(startDelay));
    },
    inputAgain(draft, entry, { taskId, inputData }) {
      const input = { ...objectOf(inputData), ...inputOf(draft, entry, taskId) };
      return writeJson(kind.complete(input, entry.workflowTask.asyncComplete === true));
    },
  };
}

/** Attempts with an isolation group or a name space wait in a queue of their own. */
function poolOf(
  taskDef: TaskDef | undefined,
): Pick<Task, "executionNameSpace" | "isolationGroupId"> {
  const { executionNameSpace = "", isolationGroupId = "" } = taskDef ?? {};
  return {
    ...(executionNameSpace.trim() === "" ? {} : { executionNameSpace }),
    ...(isolationGroupId.trim() === "" ? {} : { isolationGroupId }),
  };
}

/** The input decides if it says anything; else the entry does, which is noted only where it matters. */
function withOwnAsyncComplete(input: JsonObject, asyncComplete: boolean): JsonObject {
  if (!asyncComplete || Object.hasOwn(input, "asyncComplete")) return input;
  return withMember(input, "asyncComplete", true);
}

function withMember(input: JsonObject, key: string, value: Json): JsonObject {
  const result: { [key: string]: Json } = { ...input };
  setMember(result, key, value);
  return result;
}

/** Whether the attempt is to be ended from outside once the server has done its part. */
export function isAsyncComplete({ inputData }: Pick<Task, "inputData">): boolean {
  return inputData.includes('"asyncComplete"') && objectOf(inputData)["asyncComplete"] === true;
}

/** An attempt that is IN_PROGRESS from now on leaves its queue; only its limits of time stay. */
export function leaveOpen(draft: Draft, task: Task, entry: SnapshotTask): void {
  draft.dequeue(task.taskId);
  const taskDef = taskDefOf(draft, task, entry);
  watchFor(draft, task, openEndedTimeouts(taskDef, task, isAsyncComplete(task)));
}
