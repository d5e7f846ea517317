import type { SnapshotTask } from "../../definition/snapshot.ts";
import type { Draft } from "../draft.ts";
import { withSuffix } from "../../model/loop-place.ts";
import type { Place, Reached } from "./task-type.ts";
import { typeOfEntry } from "./task-types.ts";

/**
 * Makes the records for reaching an entry, and all that is reached with it, unless its ref has a
 * record already: then somebody else brought it.
 */
export function mapEntry(draft: Draft, entry: SnapshotTask, place: Place): void {
  if (draft.findLive(withSuffix(entry.ref, place)) !== undefined) return;
  mapReached(draft, typeOfEntry(entry.workflowTask).map(draft, entry, place));
}

export function mapReached(draft: Draft, reached: Iterable<Reached> | void): void {
  if (reached === undefined) return;
  for (const { entry, place } of reached) mapEntry(draft, entry, place);
}
