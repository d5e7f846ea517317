import type { SnapshotTask } from "../../definition/snapshot.ts";
import { isOpen } from "../../model/status.ts";
import type { Task } from "../../model/task.ts";
import { createTask, inputText, queueTask } from "../create-task.ts";
import type { Draft } from "../draft.ts";
import type { Place, TaskType } from "./task-type.ts";
import { secondsToMs } from "../seconds-to-ms.ts";

/** SIMPLE: a task that workers poll by its name. */
export const simple: TaskType = {
  map(draft, entry, place) {
    const { name = "", startDelay, taskDefinition } = entry.workflowTask;
    mapWorkerTask(draft, entry, place, {
      taskType: name,
      startDelayInSeconds: startDelay,
      responseTimeoutSeconds: taskDefinition?.responseTimeoutSeconds ?? 0,
    });
  },
};

/** A type that nobody knows: a task that workers poll by its type. */
export const unknown: TaskType = {
  map(draft, entry, place) {
    mapWorkerTask(draft, entry, place, { taskType: entry.workflowTask.type ?? "" });
  },
};

function mapWorkerTask(
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
  if (isOpen(task.status)) queueTask(draft, task, entry, secondsToMs(startDelay));
}
