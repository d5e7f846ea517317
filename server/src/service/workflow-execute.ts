import type { JsonText, ReturnStrategy, SignalHeader, TaskResultStatus } from "@ostinato/core";
import {
  bodyRefsIn,
  isOpen,
  isTerminalWorkflow,
  liveAmong,
  taskRunJson,
  workflowRunJson,
} from "@ostinato/core";
import type { Engine } from "../engine/engine.ts";
import { AppError } from "../errors.ts";
import type { Store, StoredTask, StoredWorkflow } from "../store/store.ts";
import { ChangeWait, type WaitOptions } from "./change-wait.ts";
import type { ExecutionReader } from "./execution-reader.ts";
import { findTaskBelow, type FoundTask } from "./find-task-below.ts";
import type { UpdateService } from "./task-update.ts";
import type { StartRequest, StartService } from "./workflow-start.ts";

/** What a caller waits for, and what it wants to see then. */
export interface ExecuteOptions extends WaitOptions {
  readonly requestId: string;
  readonly returnStrategy: ReturnStrategy;
  /** Refs whose end is enough. */
  readonly waitUntilTaskRefs: readonly string[];
}

/** Ends the task that an execution waits with. */
export interface Signal {
  readonly status: TaskResultStatus;
  /** The text of an object, merged into the task's output. */
  readonly outputData: JsonText;
}

export interface ExecuteService {
  /** Starts an execution, waits for its end or for something that blocks it, and answers a `SignalResponse`. */
  execute(request: StartRequest, options: ExecuteOptions): Promise<JsonText>;
  /**
   * Gives the status and the output to the first open WAIT or YIELD: of the execution, else of its running children.
   * @returns whether there was one
   * @throws AppError WORKFLOW_NOT_FOUND
   */
  signal(workflowId: string, signal: Signal): Promise<boolean>;
  /**
   * The same, then waits as `execute` does.
   * @throws AppError WORKFLOW_NOT_FOUND, TASK_NOT_FOUND when nothing waits for a signal
   */
  signalAndWait(workflowId: string, signal: Signal, options: ExecuteOptions): Promise<JsonText>;
}

/** How often a signal looks again when somebody else has ended the task that it had found. */
const SIGNAL_ATTEMPTS_MAX = 10;

export function createExecuteService(deps: {
  readonly engine: Engine;
  readonly store: Store;
  readonly reader: ExecutionReader;
  readonly starts: StartService;
  readonly updates: UpdateService;
}): ExecuteService {
  const { engine, store, reader, starts, updates } = deps;

  /** Until the end, or until something blocks: then that is in the answer (engine.md 18). */
  async function waitFor(workflowId: string, options: ExecuteOptions): Promise<JsonText> {
    const { requestId, returnStrategy: responseType } = options;
    const refs = new Set(options.waitUntilTaskRefs);
    const wait = new ChangeWait(engine, options);
    try {
      wait.watch(workflowId);
      for (;;) {
        const target = await reader.getWorkflow(workflowId);
        const blocking = await findTaskBelow(store, target, {
          isWanted: (source) => isBlocking(source, refs),
          children: "place",
          reach: (childId) => wait.watch(childId),
        });
        const reached = blocking !== undefined || isTerminalWorkflow(target.workflow.status);
        if (reached || wait.isOver) {
          return await answer(
            reader,
            { responseType, requestId, target, timedOut: !reached },
            blocking,
          );
        }
        await wait.next();
      }
    } finally {
      wait.end();
    }
  }

  async function signal(workflowId: string, { status, outputData }: Signal): Promise<boolean> {
    const target = await reader.getWorkflow(workflowId);
    for (let attempt = 1; attempt <= SIGNAL_ATTEMPTS_MAX; attempt += 1) {
      const found = await findTaskBelow(store, target, {
        isWanted: takesSignals,
        children: "last",
      });
      if (found === undefined) return false;
      const ref = found.source.task.referenceTaskName;
      const result = { ref, status, outputData, clearWorkerId: false };
      const { workflowId: owner } = found.workflow.workflow;
      if ((await updates.updateByRef(owner, result)) !== undefined) return true;
    }
    return false;
  }

  return {
    execute: async (request, options) => waitFor(await starts.start(request), options),
    signal,
    async signalAndWait(workflowId, sent, options) {
      if (await signal(workflowId, sent)) return waitFor(workflowId, options);
      const message = `Found no blocked task in workflow ${workflowId} to signal`;
      throw new AppError("TASK_NOT_FOUND", message);
    },
  };
}

/** The task that blocks, or the workflow that is asked for. */
async function answer(
  reader: ExecutionReader,
  header: SignalHeader & { readonly target: StoredWorkflow },
  blocking: FoundTask | undefined,
): Promise<JsonText> {
  const asksForTask = header.responseType.startsWith("BLOCKING_TASK");
  if (asksForTask && blocking !== undefined) {
    const findLive = liveAmong(blocking.siblings.map(({ task }) => task));
    const bodyRefs = bodyRefsIn(await reader.getSnapshot(blocking.source.definitionHash));
    return taskRunJson(header, blocking.workflow, { ...blocking, findLive, bodyRefs });
  }
  const blocked = header.responseType === "BLOCKING_WORKFLOW" ? blocking?.workflow : undefined;
  const shown = blocked ?? header.target;
  const form: SignalHeader = asksForTask ? { ...header, responseType: "TARGET_WORKFLOW" } : header;
  return workflowRunJson(form, shown, await reader.taskListText(shown));
}

/** What waits for a signal and for nothing else, or an ended attempt of a ref that the caller named. */
function isBlocking({ task }: StoredTask, refs: ReadonlySet<string>): boolean {
  if (!isOpen(task.status)) return refs.has(task.referenceTaskName);
  if (task.taskType === "YIELD") return true;
  return task.taskType === "WAIT" && task.waitUntilAt === undefined;
}

function takesSignals({ task }: StoredTask): boolean {
  return isOpen(task.status) && (task.taskType === "WAIT" || task.taskType === "YIELD");
}
