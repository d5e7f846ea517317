import type { SnapshotTask } from "../../definition/snapshot.ts";
import type { Draft } from "../draft.ts";
import { withSuffix } from "../join-output.ts";
import type { Place } from "./task-type.ts";
import { typeOfEntry } from "./task-types.ts";

/** Makes the records for reaching an entry, unless its ref has a record already: then somebody else brought it. */
export function mapEntry(draft: Draft, entry: SnapshotTask, place: Place): void {
  if (draft.findLive(withSuffix(entry.ref, place.iteration)) !== undefined) return;
  typeOfEntry(entry.workflowTask).map(draft, entry, place);
}
