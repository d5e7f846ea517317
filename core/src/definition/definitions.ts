import type { TaskDef } from "../model/task-def.ts";
import type { WorkflowDef } from "../model/workflow-def.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * The registered definitions, as the decider sees them: in memory, so that it never waits. Snapshots are kept by their
 * hash for as long as an execution in memory runs on them.
 */
export interface Definitions {
  findTaskDef(name: string): TaskDef | undefined;
  /** Without a version: the highest. */
  findWorkflowDef(name: string, version?: number): WorkflowDef | undefined;
  /** The snapshot that an execution started now would run on; throws `DefinitionError` when a child is not registered. */
  findSnapshot(name: string, version?: number): Snapshot | undefined;
  /** The same for a definition that is given inline. */
  snapshotOf(definition: WorkflowDef): Snapshot;
  /** The snapshot that a loaded execution runs on. */
  getSnapshot(hash: string): Snapshot;
}
