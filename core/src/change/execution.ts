import type { Task } from "../model/task.ts";
import type { Workflow, WorkflowData } from "../model/workflow.ts";

/**
 * A `Workflow` with those of its `Task`s that are loaded, at a version. Only `applyChanges` mutates one, after the
 * commit of what it applies.
 */
export interface Execution {
  /** Rises by one with every committed change set; 0 before the first. */
  version: number;
  workflow: Workflow;
  data: WorkflowData;
  /** By task id. */
  readonly tasks: Map<string, Task>;
  /** The live attempt of each known ref, i.e. the one with the highest `seq`; `null`: known to have none. */
  readonly live: Map<string, string | null>;
  /** The known attempts that have an agenda entry. */
  readonly agenda: Set<string>;
  /** Ids that were looked for and are not of this execution. */
  readonly absent: Set<string>;
  /** All attempts are loaded, so that a ref that is not in `live` has none. */
  complete: boolean;
}
