import type { Definitions, TaskDef, WorkflowDef } from "@ostinato/core";

/** The registered definitions, as services read and change them. A change is durable when it resolves. */
export interface DefinitionRegistry extends Definitions {
  /** Every task definition. */
  listTaskDefs(): readonly TaskDef[];
  /** Every version of every workflow definition, by name, then version. */
  listWorkflowDefs(): readonly WorkflowDef[];
  putTaskDefs(taskDefs: readonly TaskDef[]): Promise<void>;
  deleteTaskDef(name: string): Promise<void>;
  putWorkflowDefs(workflowDefs: readonly WorkflowDef[]): Promise<void>;
  deleteWorkflowDef(name: string, version: number): Promise<void>;

  hasSnapshot(hash: string): boolean;
  /** Reads these snapshots into memory, where they stay at least until the next call. */
  preload(hashes: readonly string[]): Promise<void>;
}
