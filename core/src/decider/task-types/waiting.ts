import { createTask, inputText, watchTask } from "../create-task.ts";
import type { TaskType } from "./task-type.ts";

/** HUMAN and YIELD: open until somebody outside ends them, by a result or a signal. */
export function waitingFor(taskType: "HUMAN" | "YIELD"): TaskType {
  return {
    map(draft, entry, place) {
      const taskId = draft.context.newId();
      const inputData = inputText(draft, entry, { taskId });
      const task = createTask(draft, entry, place, {
        taskId,
        taskType,
        status: "IN_PROGRESS",
        inputData,
      });
      if (task.status !== "IN_PROGRESS") return;
      watchTask(draft, draft.patchTask(task, { updateTime: draft.context.now }), entry);
    },
    run(draft, task, entry) {
      // A further attempt whose delay is over.
      const { now } = draft.context;
      const waiting = draft.patchTask(task, { status: "IN_PROGRESS", startTime: now, agenda: 0 });
      watchTask(draft, waiting, entry);
    },
  };
}
