import type { JsonText } from "../model/json.ts";
import type { WorkflowDef, WorkflowTask } from "../model/workflow-def.ts";

/**
 * A definition as one execution runs on it: task definitions attached to every entry, versions of children pinned
 * (engine.md 5), never changed afterwards; with what the decider asks of it worked out once.
 */
export interface Snapshot {
  /** Of `text`: equal snapshots are stored once. */
  readonly hash: string;
  readonly text: JsonText;
  readonly definition: WorkflowDef;
  /** The first entry of the definition; `undefined` when it has none. */
  readonly first: SnapshotTask | undefined;
  /** The entry with this ref, wherever it is nested (not those of dynamic forks). */
  readonly byRef: ReadonlyMap<string, SnapshotTask>;
}

/** One entry of the definition, with its place in the flow. */
export interface SnapshotTask {
  readonly ref: string;
  readonly workflowTask: WorkflowTask;
  /** The text of `workflowTask`. */
  readonly text: JsonText;
  /** What comes after it, by structure: engine.md 7.5. The entry after a DO_WHILE's last child is the DO_WHILE. */
  readonly next: SnapshotTask | undefined;
  /** The next sibling in its own list, if any: what must be the JOIN of a fork. */
  readonly sibling: SnapshotTask | undefined;
  /** The innermost DO_WHILE around it. */
  readonly loop: SnapshotTask | undefined;
  /** The JOIN and EXCLUSIVE_JOIN entries that wait for it. */
  readonly joins: readonly SnapshotTask[];
  /** First entries of the branches: of a FORK_JOIN in order (`undefined` for an empty one). */
  readonly branches: readonly (SnapshotTask | undefined)[];
  /** First entries of the cases of a SWITCH or DECISION (`undefined` for an empty one). */
  readonly cases: ReadonlyMap<string, SnapshotTask | undefined>;
  readonly defaultCase: SnapshotTask | undefined;
  /** First entry of a DO_WHILE's body. */
  readonly body: SnapshotTask | undefined;
  /** All entries of a DO_WHILE's body, at any depth, but not those in the bodies of loops within it. */
  readonly members: readonly SnapshotTask[];
}
