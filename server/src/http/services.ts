import type { AdminService } from "../service/admin-service.ts";
import type { ExecutionReader } from "../service/execution-reader.ts";
import type { TaskDefService } from "../service/task-def-service.ts";
import type { PollService } from "../service/task-poll.ts";
import type { TaskReadService } from "../service/task-read.ts";
import type { UpdateService } from "../service/task-update.ts";
import type { ControlService } from "../service/workflow-control.ts";
import type { WorkflowDefService, WorkflowDefValidation } from "../service/workflow-def-service.ts";
import type { ExecuteService } from "../service/workflow-execute.ts";
import type { WorkflowReadService } from "../service/workflow-read.ts";
import type { StartService } from "../service/workflow-start.ts";

/** Every use case, as the routes call them. */
export interface Services {
  readonly starts: StartService;
  readonly executes: ExecuteService;
  readonly control: ControlService;
  readonly workflows: WorkflowReadService;
  readonly reader: ExecutionReader;
  readonly polls: PollService;
  readonly updates: UpdateService;
  readonly tasks: TaskReadService;
  readonly taskDefs: TaskDefService;
  readonly workflowDefs: WorkflowDefService;
  readonly validateWorkflowDef: WorkflowDefValidation;
  readonly admin: AdminService;
  /** Epoch ms. */
  readonly now: () => number;
}
