import type { SnapshotTask } from "../../definition/snapshot.ts";
import { isOpen } from "../../model/status.ts";
import { isSystemType } from "../../model/system-types.ts";
import type { Task } from "../../model/task.ts";
import { createTask, inputText, queueTask } from "../create-task.ts";
import type { Draft } from "../draft.ts";
import { startWhenDue } from "../start-when-due.ts";
import type { Place, TaskType } from "./task-type.ts";

const SECOND_MS = 1000;

/**
 * SIMPLE: a task that workers poll by its name. One that is named like a system type is run by the
 * server; what is particular to the mapping of that type does not happen.
 */
export const simple: TaskType = { map: mapByName };

/** Makes the attempt that the name of an entry stands for. */
export function mapByName(draft: Draft, entry: SnapshotTask, place: Place): void {
  const { name = "", startDelay, taskDefinition } = entry.workflowTask;
  mapQueued(draft, entry, place, {
    taskType: name,
    startDelayInSeconds: startDelay,
    responseTimeoutSeconds: taskDefinition?.responseTimeoutSeconds ?? 0,
  });
}

/** A type that nobody knows: a task that workers poll by its type. */
export const unknown: TaskType = {
  map(draft, entry, place) {
    mapQueued(draft, entry, place, { taskType: entry.workflowTask.type ?? "" });
  },
};

function mapQueued(
  draft: Draft,
  entry: SnapshotTask,
  place: Place,
  particulars: Partial<Task> & Pick<Task, "taskType">,
): void {
  const { startDelay, taskDefinition } = entry.workflowTask;
  const taskId = draft.context.newId();
  const task = createTask(draft, entry, place, {
    taskId,
    status: "SCHEDULED",
    inputData: inputText(draft, entry, {
      taskId,
      ...(taskDefinition === undefined ? {} : { inputTemplate: taskDefinition.inputTemplate }),
    }),
    callbackAfterSeconds: startDelay,
    rateLimitPerFrequency: taskDefinition?.rateLimitPerFrequency ?? 0,
    rateLimitFrequencyInSeconds: taskDefinition?.rateLimitFrequencyInSeconds ?? 0,
    ...particulars,
  });
  if (!isOpen(task.status)) return;
  if (isSystemType(task.taskType)) startWhenDue(draft, task, entry);
  else queueTask(draft, task, entry, startDelay * SECOND_MS);
}
