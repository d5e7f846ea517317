import type { JsonText, Snapshot, StatusParts, Task } from "@ostinato/core";
import {
  hasDerivedOutput,
  liveAmong,
  refsOfJoin,
  taskJson,
  taskListJson,
  workflowJson,
  workflowStatusJson,
} from "@ostinato/core";
import type { Store, StoredTask, StoredWorkflow, TaskPage } from "../store/store.ts";
import { AppError } from "../errors.ts";
import { noSuchWorkflow } from "./decided.ts";
import type { DefinitionRegistry } from "./definition-registry.ts";

export interface ReaderDeps {
  readonly store: Store;
  readonly definitions: Pick<DefinitionRegistry, "getSnapshot" | "hasSnapshot" | "preload">;
  /** Epoch ms. */
  readonly now: () => number;
}

/** Reads stored executions and gives them the form they have on the wire. */
export interface ExecutionReader {
  /** @throws AppError WORKFLOW_NOT_FOUND */
  getWorkflow(workflowId: string): Promise<StoredWorkflow>;
  getSnapshot(hash: string): Promise<Snapshot>;
  /** The whole execution. @throws AppError WORKFLOW_NOT_FOUND */
  workflowText(workflowId: string, options: { readonly includeTasks: boolean }): Promise<JsonText>;
  /** The same of one that was read before. */
  textOf(source: StoredWorkflow, options: { readonly includeTasks: boolean }): Promise<JsonText>;
  /** @throws AppError WORKFLOW_NOT_FOUND */
  statusText(workflowId: string, parts: StatusParts): Promise<JsonText>;
  /** A `SearchResult` of attempts. @throws AppError WORKFLOW_NOT_FOUND */
  taskPageText(workflowId: string, page: TaskPage): Promise<JsonText>;
  /** All attempts of an execution that was read before, as a list. */
  taskListText(workflow: StoredWorkflow): Promise<JsonText>;
  /** Attempts of any executions. */
  taskTexts(tasks: readonly StoredTask[]): Promise<JsonText[]>;
}

/** How often a snapshot is read again because others pushed it out of memory in between. */
const PRELOADS_MAX = 10;

export function createExecutionReader(deps: ReaderDeps): ExecutionReader {
  const { store, definitions, now } = deps;

  async function getWorkflow(workflowId: string): Promise<StoredWorkflow> {
    const found = await store.findWorkflow(workflowId);
    if (found === undefined) throw noSuchWorkflow(workflowId);
    return found;
  }

  async function getSnapshot(hash: string): Promise<Snapshot> {
    for (let round = 0; round < PRELOADS_MAX; round += 1) {
      if (definitions.hasSnapshot(hash)) return definitions.getSnapshot(hash);
      await definitions.preload([hash]);
    }
    throw new AppError("STORE_UNAVAILABLE", "too many definitions are in use at once");
  }

  async function taskListText({ workflow }: StoredWorkflow): Promise<JsonText> {
    const { tasks } = await store.listTasks(workflow.workflowId);
    return taskListJson(tasks, await getSnapshot(workflow.definitionHash), now());
  }

  async function textOf(
    source: StoredWorkflow,
    { includeTasks }: { readonly includeTasks: boolean },
  ): Promise<JsonText> {
    const tasks = includeTasks ? await taskListText(source) : "[]";
    return workflowJson(source, await getSnapshot(source.workflow.definitionHash), tasks);
  }

  /** What a JOIN or a DO_WHILE that is read by itself shows of others; nothing for any other attempt. */
  async function branchesOf({ task, workflowId }: StoredTask): Promise<Task[]> {
    if (!hasDerivedOutput(task)) return [];
    if (task.taskType === "JOIN") {
      const refs = refsOfJoin(task);
      if (refs.length === 0) return [];
      const branches = await store.loadTasks(workflowId, { type: "refs", refs });
      if (!branches.some(hasDerivedOutput)) return branches;
    }
    // A loop shows all of its iterations, and a JOIN that waits for other JOINs is rare.
    const { tasks } = await store.listTasks(workflowId);
    return tasks.map((source) => source.task);
  }

  /** The branches that a large dynamic fork shows. */
  async function forkBranchesOf({ task, workflowId }: StoredTask): Promise<Task[]> {
    if (task.fork === undefined) return [];
    return store.loadTasks(workflowId, { type: "branches", joinId: task.fork.joinId });
  }

  async function taskText(source: StoredTask): Promise<JsonText> {
    const snapshot = await getSnapshot(source.definitionHash);
    const findLive = liveAmong(await branchesOf(source));
    const branches = await forkBranchesOf(source);
    return taskJson(source, { snapshot, now: now(), findLive, findBranches: () => branches });
  }

  return {
    getWorkflow,
    getSnapshot,
    taskListText,

    textOf,

    workflowText: async (workflowId, options) => textOf(await getWorkflow(workflowId), options),

    async statusText(workflowId, parts) {
      return workflowStatusJson(await getWorkflow(workflowId), parts);
    },

    async taskPageText(workflowId, page) {
      await getWorkflow(workflowId);
      const { totalHits, tasks } = await store.listTasks(workflowId, page);
      const texts = await Promise.all(tasks.map(taskText));
      return `{"totalHits":${totalHits},"results":[${texts.join(",")}]}`;
    },

    taskTexts: (tasks) => Promise.all(tasks.map(taskText)),
  };
}
