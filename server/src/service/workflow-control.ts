import type { ExternalCommand } from "@ostinato/core";
import { childIdOf, isOpen, isSuccessful, isTerminalWorkflow } from "@ostinato/core";
import type { Task } from "@ostinato/core";
import type { Engine } from "../engine/engine.ts";
import type { Store } from "../store/store.ts";
import { accepted, noSuchWorkflow } from "./decided.ts";

/** What operators do to an execution. Every call ends when all that follows from it is visible. */
export interface ControlService {
  decide(workflowId: string): Promise<void>;
  pause(workflowId: string): Promise<void>;
  resume(workflowId: string): Promise<void>;
  restart(workflowId: string, options: { readonly useLatestDefinitions: boolean }): Promise<void>;
  /** With `resumeSubworkflowTasks`: of the deepest failed execution below, which revives those above it. */
  retry(workflowId: string, options: { readonly resumeSubworkflowTasks: boolean }): Promise<void>;
  resetCallbacks(workflowId: string): Promise<void>;
  terminate(workflowId: string, options: TerminateOptions): Promise<void>;
  remove(workflowId: string, options: { readonly archive: boolean }): Promise<void>;
}

interface TerminateOptions {
  readonly reason?: string;
}

/** Children within children that a retry goes down at most. */
const RETRY_DEPTH_MAX = 100;

export function createControlService(deps: {
  readonly engine: Engine;
  readonly store: Store;
}): ControlService {
  const { engine, store } = deps;

  async function submit(workflowId: string, command: ExternalCommand): Promise<void> {
    accepted(await engine.submit(workflowId, command, "consequences"));
  }

  /** The first attempt that ended unsuccessfully and was not replaced; of a failed loop, the child it failed with. */
  async function findFailed(workflowId: string): Promise<Task | undefined> {
    const { tasks } = await store.listTasks(workflowId);
    const failed = tasks.map((source) => source.task).filter(hasFailed);
    const [first] = failed;
    if (first?.taskType !== "DO_WHILE") return first;
    return failed.find((task) => task.taskType === "SUB_WORKFLOW") ?? first;
  }

  async function retryDeepest(workflowId: string): Promise<void> {
    let target = workflowId;
    for (let depth = 0; depth < RETRY_DEPTH_MAX; depth += 1) {
      const failed = await findFailed(target);
      // Nothing failed: nothing happens at the top, and a child without failures is not gone into.
      if (failed === undefined && depth === 0) return;
      const childId = failed?.taskType === "SUB_WORKFLOW" ? childIdOf(failed) : undefined;
      if (childId === undefined || (await findFailed(childId)) === undefined) break;
      target = childId;
    }
    await submit(target, { type: "retry-workflow" });
  }

  return {
    decide: (workflowId) => submit(workflowId, { type: "continue" }),
    pause: (workflowId) => submit(workflowId, { type: "pause-workflow" }),
    resume: (workflowId) => submit(workflowId, { type: "resume-workflow" }),
    resetCallbacks: (workflowId) => submit(workflowId, { type: "reset-callbacks" }),
    restart: (workflowId, options) => submit(workflowId, { type: "restart-workflow", ...options }),
    terminate: (workflowId, options) =>
      submit(workflowId, { type: "terminate-workflow", ...options }),
    remove: (workflowId, options) => submit(workflowId, { type: "remove-workflow", ...options }),

    async retry(workflowId, { resumeSubworkflowTasks }) {
      if (!resumeSubworkflowTasks) return submit(workflowId, { type: "retry-workflow" });
      const found = await store.findWorkflow(workflowId);
      if (found === undefined) throw noSuchWorkflow(workflowId);
      const { status, taskCount } = found.workflow;
      // What cannot be retried is refused in the rule's own words.
      if (!isTerminalWorkflow(status) || taskCount === 0) {
        return submit(workflowId, { type: "retry-workflow" });
      }
      return retryDeepest(workflowId);
    },
  };
}

function hasFailed(task: Task): boolean {
  return !isOpen(task.status) && !isSuccessful(task.status) && !task.retried;
}
