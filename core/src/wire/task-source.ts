import type { Task } from "../model/task.ts";

/** An attempt as it is read, with what the wire says about the execution it belongs to. */
export interface TaskSource {
  /** Its claim is merged in. */
  readonly task: Task;
  readonly workflowId: string;
  readonly workflowName: string;
  readonly correlationId?: string;
}
