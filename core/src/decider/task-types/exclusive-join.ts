import { type JsonObject, writeJson } from "../../model/json.ts";
import { isOpen, isSuccessful } from "../../model/status.ts";
import type { Task } from "../../model/task.ts";
import { type LoopPlace, placeOf, withSuffix } from "../../model/loop-place.ts";
import { createTask, watchTask } from "../create-task.ts";
import type { Draft } from "../draft.ts";
import { endTask } from "../end-task.ts";
import { entryOf } from "../entries.ts";
import { outputOfTask } from "../join-output.ts";
import { objectOf } from "../scope.ts";
import { TOP, type TaskType } from "./task-type.ts";

/**
 * EXCLUSIVE_JOIN: takes over what came of the one branch that ran. It looks when it is reached, and
 * again whenever one of the refs that it names is finished.
 */
export const exclusiveJoin: TaskType = {
  map(draft, entry, place) {
    const { joinOn, defaultExclusiveJoinTask } = entry.workflowTask;
    const task = createTask(draft, entry, place, {
      taskType: "EXCLUSIVE_JOIN",
      taskDefName: "EXCLUSIVE_JOIN",
      status: "IN_PROGRESS",
      inputData: writeJson({ joinOn, defaultExclusiveJoinTask }),
    });
    watchTask(draft, draft.putOnAgenda(task), entry);
  },
  run(draft, task) {
    const input = objectOf(task.inputData);
    const candidate = firstReached(draft, refsIn(input, "joinOn", placeOf(task)));
    // The default refs carry no suffix, so that they are of no use in a loop; as in the reference.
    const chosen =
      candidate === undefined || isOpen(candidate.status)
        ? firstReached(draft, refsIn(input, "defaultExclusiveJoinTask", TOP))
        : candidate;
    if (chosen === undefined || isOpen(chosen.status)) wait(draft, task);
    else if (isSuccessful(chosen.status)) {
      endTask(draft, task, { status: "COMPLETED", outputData: outputOfTask(draft, chosen) });
    } else if (entryOf(draft, chosen).workflowTask.permissive && !chosen.executed) {
      wait(draft, task);
    } else {
      endTask(draft, task, {
        status: "FAILED",
        reasonForIncompletion: chosen.reasonForIncompletion ?? "null",
      });
    }
  },
};

function wait(draft: Draft, task: Task): void {
  draft.patchTask(task, { agenda: 0 });
}

function refsIn(input: JsonObject, member: string, place: LoopPlace): string[] {
  const refs = input[member];
  return Array.isArray(refs) ? refs.map((ref) => withSuffix(String(ref), place)) : [];
}

/** The first of these refs that the flow has come to. */
function firstReached(draft: Draft, refs: readonly string[]): Task | undefined {
  draft.needRefs(refs);
  for (const ref of refs) {
    const task = draft.findLive(ref);
    if (task !== undefined && task.status !== "SKIPPED") return task;
  }
  return undefined;
}
