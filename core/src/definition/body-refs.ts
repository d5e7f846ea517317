import { baseRefOf } from "../model/loop-place.ts";
import type { Task } from "../model/task.ts";
import type { Snapshot } from "./snapshot.ts";

/** Finds the refs in the body of a DO_WHILE of this definition, at any depth, but not those in loops within it. */
export function bodyRefsIn(snapshot: Snapshot): (loop: Task) => readonly string[] {
  return (loop) => snapshot.byRef.get(baseRefOf(loop))?.members.map(({ ref }) => ref) ?? [];
}
