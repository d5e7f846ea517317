import type { ExternalCommand } from "@ostinato/core";

import type { DueDeadline } from "../store/store.ts";

/** Turns due deadlines into commands; the store repeats them until a commit moves them, so one at a time suffices. */
export class Deadlines {
  readonly #submit: (workflowId: string, command: ExternalCommand, done: () => void) => void;
  readonly #pending = new Set<string>();

  constructor(submit: (workflowId: string, command: ExternalCommand, done: () => void) => void) {
    this.#submit = submit;
  }

  readonly fire = (due: readonly DueDeadline[]): void => {
    for (const { workflowId, taskId } of due) {
      const key = taskId ?? workflowId;
      if (this.#pending.has(key)) continue;
      this.#pending.add(key);
      const command: ExternalCommand =
        taskId === undefined ? { type: "workflow-deadline" } : { type: "task-deadline", taskId };
      this.#submit(workflowId, command, () => {
        this.#pending.delete(key);
      });
    }
  };
}
