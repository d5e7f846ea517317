import type { SnapshotTask } from "../../definition/snapshot.ts";
import type { Task } from "../../model/task.ts";
import { createTask, inputText } from "../create-task.ts";
import { WorkflowFailure } from "../signals.ts";
import type { TaskType } from "./task-type.ts";

/** FORK_JOIN: its record is made COMPLETED, with the heads of its branches and the JOIN that has to follow. */
export const forkJoin: TaskType = {
  *map(draft, entry, place) {
    const joinEntry = joinAfter(
      entry,
      "Fork task definition is not followed by a join task.  Check the blueprint",
    );
    const inputData = inputText(draft, entry, {});
    createTask(draft, entry, place, { ...forkParticulars(inputData), endTime: draft.context.now });
    for (const head of entry.branches) {
      if (head !== undefined) yield { entry: head, place };
    }
    yield { entry: joinEntry, place };
  },
};

/** What every record of a fork starts with. */
export function forkParticulars(
  inputData: string,
): Pick<Task, "taskType" | "taskDefName" | "status" | "inputData"> {
  return { taskType: "FORK", taskDefName: "FORK", status: "COMPLETED", inputData };
}

/** The JOIN that has to come right after a fork; without it the workflow fails with `reason`. */
export function joinAfter(entry: SnapshotTask, reason: string): SnapshotTask {
  const { sibling } = entry;
  if (sibling?.workflowTask.type !== "JOIN") throw new WorkflowFailure("FAILED", reason);
  return sibling;
}
