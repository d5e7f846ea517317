import type { SnapshotTask } from "../definition/snapshot.ts";
import type { Task } from "../model/task.ts";
import { watchTask } from "./create-task.ts";
import type { Draft } from "./draft.ts";

const SECOND_MS = 1000;

/**
 * Runs a SCHEDULED attempt of a system task now, or once its delay is over.
 * @param delayMs - absent: what `callbackAfterSeconds` says.
 */
export function startWhenDue(draft: Draft, task: Task, entry: SnapshotTask, delayMs?: number): void {
  const delay = delayMs ?? task.callbackAfterSeconds * SECOND_MS;
  if (delay <= 0) {
    draft.putOnAgenda(task);
    return;
  }
  const at = draft.context.now + delay;
  watchTask(draft, draft.patchTask(task, { waitUntilAt: at }), entry, at);
}
