import type { Task } from "../model/task.ts";
import type { Draft } from "./draft.ts";

/** How the server ends an attempt. */
export type TaskEnd = Pick<Task, "status"> &
  Partial<Pick<Task, "outputData" | "reasonForIncompletion">>;

/** Ends an attempt and puts the follow-up of that on the agenda. */
export function endTask(draft: Draft, task: Task, end: TaskEnd): void {
  const { now } = draft.context;
  draft.putOnAgenda(
    draft.patchTask(task, { ...end, endTime: now, updateTime: task.updateTime || now }),
  );
}
