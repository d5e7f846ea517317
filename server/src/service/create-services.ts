import type { Engine } from "../engine/engine.ts";
import type { Store } from "../store/store.ts";
import type { AdminService } from "./admin-service.ts";
import { createAdminService } from "./admin-service.ts";
import type { DefinitionRegistry } from "./definition-registry.ts";
import type { DefinitionRules } from "./definition-rules.ts";
import type { ExecutionReader } from "./execution-reader.ts";
import { createExecutionReader } from "./execution-reader.ts";
import type { Log } from "./log.ts";
import type { TaskDefService } from "./task-def-service.ts";
import { createTaskDefService } from "./task-def-service.ts";
import type { PollService } from "./task-poll.ts";
import { createPollService } from "./task-poll.ts";
import type { TaskReadService } from "./task-read.ts";
import { createTaskReadService } from "./task-read.ts";
import type { UpdateService } from "./task-update.ts";
import { createUpdateService } from "./task-update.ts";
import type { ControlService } from "./workflow-control.ts";
import { createControlService } from "./workflow-control.ts";
import type { WorkflowDefService, WorkflowDefValidation } from "./workflow-def-service.ts";
import { createWorkflowDefService, createWorkflowDefValidation } from "./workflow-def-service.ts";
import type { ExecuteService } from "./workflow-execute.ts";
import { createExecuteService } from "./workflow-execute.ts";
import type { WorkflowReadService } from "./workflow-read.ts";
import { createWorkflowReadService } from "./workflow-read.ts";
import type { StartService } from "./workflow-start.ts";
import { createStartService } from "./workflow-start.ts";

/** Every use case. */
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

export interface ServiceDeps {
  readonly engine: Engine;
  readonly store: Store;
  readonly definitions: DefinitionRegistry;
  readonly rules: DefinitionRules;
  readonly log: Log;
  /** The value of a secret, for handing it out only. */
  readonly findSecret: (name: string) => string | undefined;
  /** Log lines taken from one task result. Source: `conductor.app.taskExecLogSizeLimit`. */
  readonly taskLogsMax: number;
  /** Called with the number of executions that were found stuck. */
  readonly countStuck: (count: number) => void;
  /** Epoch ms. */
  readonly now: () => number;
}

export function createServices(deps: ServiceDeps): Services {
  const reader = createExecutionReader(deps);
  const starts = createStartService(deps);
  const updates = createUpdateService(deps);
  return {
    starts,
    reader,
    executes: createExecuteService({ ...deps, reader, starts, updates }),
    control: createControlService(deps),
    workflows: createWorkflowReadService({ ...deps, reader }),
    polls: createPollService({ ...deps, reader }),
    updates,
    tasks: createTaskReadService({ ...deps, reader }),
    taskDefs: createTaskDefService(deps),
    workflowDefs: createWorkflowDefService(deps),
    validateWorkflowDef: createWorkflowDefValidation(deps),
    admin: createAdminService(deps),
    now: deps.now,
  };
}
