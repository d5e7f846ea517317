import type { SnapshotTask } from "../definition/snapshot.ts";
import type { Task } from "../model/task.ts";
import { QUEUED_SYSTEM_TYPES } from "../model/system-types.ts";
import { queueTask, watchTask } from "./create-task.ts";
import type { Draft } from "./draft.ts";
import { secondsToMs } from "./seconds-to-ms.ts";

/**
 * Runs a SCHEDULED attempt of a system task now, or once its delay is over; one that an executor claims is in its queue
 * from then on.
 * @param delayMs - absent: what `callbackAfterSeconds` says.
 */
export function startWhenDue(
  draft: Draft,
  task: Task,
  entry: SnapshotTask,
  delayMs?: number,
): void {
  const delay = delayMs ?? secondsToMs(task.callbackAfterSeconds);
  if (QUEUED_SYSTEM_TYPES.has(task.taskType)) {
    queueTask(draft, task, entry, delay);
    return;
  }
  if (delay <= 0) {
    startNow(draft, task);
    return;
  }
  const at = draft.context.now + delay;
  watchTask(draft, draft.patchTask(task, { waitUntilAt: at }), entry, at);
}

/** Its turn has come: the rest of this decision runs it. */
export function startNow(draft: Draft, task: Task): void {
  const { waitUntilAt: _due, ...rest } = draft.getTask(task.taskId);
  draft.putOnAgenda(draft.replaceTask({ ...rest, startTime: draft.context.now }));
}
