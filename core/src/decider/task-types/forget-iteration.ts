import { bodyPlace, withSuffix } from "../../model/loop-place.ts";
import { iterationsOf, refsOfJoin } from "../../model/task-output.ts";
import type { Task } from "../../model/task.ts";
import type { Draft } from "../draft.ts";
import { entryOf } from "../entries.ts";

/**
 * Deletes all attempts that one iteration of a loop has made, those of dynamic forks and of loops within it too
 * (`keepLastN`). All of them have ended.
 */
export function forgetIteration(draft: Draft, loop: Task, iteration: number): void {
  const place = bodyPlace(loop, iteration);
  const refs = entryOf(draft, loop).members.map(({ ref }) => withSuffix(ref, place));
  draft.needRefs(() => refs);
  for (const ref of refs) {
    const task = draft.findLive(ref);
    if (task === undefined) continue;
    if (task.taskType === "JOIN") forgetRefs(draft, refsOfJoin(task));
    if (task.taskType === "DO_WHILE") {
      for (const inner of iterationsOf(task)) forgetIteration(draft, task, inner);
    }
    draft.deleteRef(ref);
  }
}

function forgetRefs(draft: Draft, refs: readonly string[]): void {
  draft.needRefs(() => refs);
  for (const ref of refs) draft.deleteRef(ref);
}
