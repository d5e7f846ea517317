import type { SnapshotTask } from "../definition/snapshot.ts";
import { baseRefOf, bodyPlace, withSuffix } from "../model/loop-place.ts";
import type { Task } from "../model/task.ts";
import type { Draft } from "./draft.ts";

/**
 * The attempt that an expression means by a ref: the newest one. In a loop that is the one of this iteration, or of the
 * last one in which the ref ran; refs with the suffix of an iteration mean nothing. Source: tasks.md 4.9.6.
 */
export function findNewest(draft: Draft, ref: string): Task | undefined {
  const entry = draft.snapshot.byRef.get(ref);
  if (entry === undefined) return findBranch(draft, ref);
  if (entry.loop === undefined) return draft.findSeen(ref);
  const loop = findNewest(draft, entry.loop.ref);
  return loop === undefined ? undefined : findInLoop(draft, loop, ref);
}

function findInLoop(draft: Draft, loop: Task, ref: string): Task | undefined {
  if (loop.iteration === 0) return undefined;
  const { lastRuns = {}, firstKept = 1 } = loop.loop ?? {};
  const current = draft.findSeen(withSuffix(ref, bodyPlace(loop, loop.iteration)));
  if (current !== undefined) return current;
  const before = (Object.hasOwn(lastRuns, ref) ? lastRuns[ref] : undefined) ?? loop.iteration - 1;
  return before < firstKept ? undefined : draft.findSeen(withSuffix(ref, bodyPlace(loop, before)));
}

/** Refs of the branches of dynamic forks are not in the definition. */
function findBranch(draft: Draft, ref: string): Task | undefined {
  const exact = draft.findSeen(ref);
  if (exact !== undefined) return baseRefOf(exact) === ref ? exact : undefined;
  const loops = forkingLoops(draft).flatMap((entry) => findNewest(draft, entry.ref) ?? []);
  if (loops.length === 0) return undefined;
  for (const loop of loops) {
    const branch = findInLoop(draft, loop, ref);
    if (branch !== undefined) return branch;
  }
  // It ran longer ago, if at all: nobody keeps count of such names.
  return draft.allTasks().findLast((task) => baseRefOf(task) === ref);
}

function forkingLoops(draft: Draft): SnapshotTask[] {
  return [...draft.snapshot.byRef.values()].filter(({ members }) =>
    members.some(({ workflowTask: { type } }) => type === "FORK_JOIN_DYNAMIC" || type === "FORK"),
  );
}
