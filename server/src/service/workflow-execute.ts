import type { JsonText, ReturnStrategy, SignalHeader } from "@ostinato/core";
import {
  bodyRefsIn,
  childIdOf,
  isOpen,
  isTerminalWorkflow,
  liveAmong,
  taskRunJson,
  workflowRunJson,
} from "@ostinato/core";
import type { Engine } from "../engine/engine.ts";
import type { Store, StoredTask, StoredWorkflow } from "../store/store.ts";
import type { ExecutionReader } from "./execution-reader.ts";
import type { StartRequest, StartService } from "./workflow-start.ts";

/** What a caller waits for after a start, and what it wants to see then. */
interface ExecuteOptions {
  readonly requestId: string;
  readonly returnStrategy: ReturnStrategy;
  /** Refs whose end is enough. */
  readonly waitUntilTaskRefs: readonly string[];
  readonly waitMs: number;
  /** Aborted when the caller has gone, or the server is asked to stop; the execution goes on. */
  readonly signal: AbortSignal;
}

export interface ExecuteService {
  /** Starts an execution, waits for its end or for something that blocks it, and answers a `SignalResponse`. */
  execute(request: StartRequest, options: ExecuteOptions): Promise<JsonText>;
}

/** Children within children that are looked into at most. */
const DEPTH_MAX = 100;

/** An attempt that blocks, in the execution it belongs to. */
interface Blocking {
  readonly source: StoredTask;
  readonly workflow: StoredWorkflow;
  readonly siblings: readonly StoredTask[];
}

export function createExecuteService(deps: {
  readonly engine: Engine;
  readonly store: Store;
  readonly reader: ExecutionReader;
  readonly starts: StartService;
}): ExecuteService {
  const { engine, store, reader, starts } = deps;

  /** The first blocking attempt in list order, an open child's own ones at the child's place (engine.md 18.1). */
  async function findBlocking(
    workflow: StoredWorkflow,
    search: Search,
  ): Promise<Blocking | undefined> {
    const { tasks } = await store.listTasks(workflow.workflow.workflowId);
    for (const source of tasks) {
      if (isBlocking(source, search.refs)) return { source, workflow, siblings: tasks };
      const childId = openChildOf(source);
      if (childId === undefined || search.depth === DEPTH_MAX) continue;
      search.watch(childId);
      const child = await store.findWorkflow(childId);
      const below = { ...search, depth: search.depth + 1 };
      const found = child && (await findBlocking(child, below));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async function answer(
    header: SignalHeader & { readonly target: StoredWorkflow },
    blocking: Blocking | undefined,
  ): Promise<JsonText> {
    const asksForTask = header.responseType.startsWith("BLOCKING_TASK");
    if (asksForTask && blocking !== undefined) {
      const findLive = liveAmong(blocking.siblings.map(({ task }) => task));
      const bodyRefs = bodyRefsIn(await reader.getSnapshot(blocking.source.definitionHash));
      return taskRunJson(header, blocking.workflow, { ...blocking, findLive, bodyRefs });
    }
    const blocked = header.responseType === "BLOCKING_WORKFLOW" ? blocking?.workflow : undefined;
    const shown = blocked ?? header.target;
    const form: SignalHeader = asksForTask
      ? { ...header, responseType: "TARGET_WORKFLOW" }
      : header;
    return workflowRunJson(form, shown, await reader.taskListText(shown));
  }

  return {
    async execute(request, options) {
      const workflowId = await starts.start(request);
      const wait = new Wait(engine, options);
      try {
        wait.watch(workflowId);
        for (;;) {
          const target = await reader.getWorkflow(workflowId);
          const search = {
            refs: new Set(options.waitUntilTaskRefs),
            depth: 0,
            watch: (id: string) => wait.watch(id),
          };
          const blocking = await findBlocking(target, search);
          const { requestId, returnStrategy: responseType } = options;
          const reached = blocking !== undefined || isTerminalWorkflow(target.workflow.status);
          if (reached || wait.isOver) {
            return await answer({ responseType, requestId, target, timedOut: !reached }, blocking);
          }
          await wait.next();
        }
      } finally {
        wait.end();
      }
    },
  };
}

interface Search {
  readonly refs: ReadonlySet<string>;
  readonly depth: number;
  /** Has the search repeated when this execution changes. */
  readonly watch: (workflowId: string) => void;
}

/** An open WAIT without a time, or an ended attempt of a ref that the caller named. */
function isBlocking({ task }: StoredTask, refs: ReadonlySet<string>): boolean {
  if (!isOpen(task.status)) return refs.has(task.referenceTaskName);
  return task.taskType === "WAIT" && task.waitUntilAt === undefined;
}

function openChildOf({ task }: StoredTask): string | undefined {
  const isChild = task.taskType === "SUB_WORKFLOW" && isOpen(task.status);
  return isChild ? childIdOf(task) : undefined;
}

/**
 * Waits until one of the watched executions has changed, or the time is over. A change while nobody waits is
 * remembered, so none is missed: an execution has to be watched before it is read.
 */
class Wait {
  readonly #engine: Engine;
  readonly #signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  readonly #unwatch = new Map<string, () => void>();
  #changed = false;
  #isOver = false;
  #wake: () => void = () => undefined;
  readonly #onOver = (): void => {
    this.#isOver = true;
    this.#wake();
  };

  constructor(engine: Engine, options: ExecuteOptions) {
    this.#engine = engine;
    this.#signal = options.signal;
    this.#timer = setTimeout(this.#onOver, options.waitMs);
    options.signal.addEventListener("abort", this.#onOver);
    if (options.signal.aborted) this.#onOver();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  watch(workflowId: string): void {
    if (this.#unwatch.has(workflowId)) return;
    const unwatch = this.#engine.watch(workflowId, () => {
      this.#changed = true;
      this.#wake();
    });
    this.#unwatch.set(workflowId, unwatch);
  }

  async next(): Promise<void> {
    if (!this.#changed && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#changed = false;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#signal.removeEventListener("abort", this.#onOver);
    for (const unwatch of this.#unwatch.values()) unwatch();
  }
}
