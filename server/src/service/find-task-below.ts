import { childIdOf, isOpen } from "@ostinato/core";
import type { Store, StoredTask, StoredWorkflow } from "../store/store.ts";

/** An attempt that was looked for, in the execution it belongs to. */
export interface FoundTask {
  readonly source: StoredTask;
  readonly workflow: StoredWorkflow;
  readonly siblings: readonly StoredTask[];
}

export interface TaskSearch {
  readonly isWanted: (source: StoredTask) => boolean;
  /** `place`: a child is looked into where its task stands in the list; `last`: after the execution's own tasks. */
  readonly children: "place" | "last";
  /** Called with each child before it is read. */
  readonly reach?: (workflowId: string) => void;
}

/** Children within children that are looked into at most. */
const DEPTH_MAX = 100;

/** The first attempt that is wanted, of an execution and the children of its open SUB_WORKFLOW tasks, in list order. */
export async function findTaskBelow(
  store: Store,
  workflow: StoredWorkflow,
  search: TaskSearch,
  depth: number = 0,
): Promise<FoundTask | undefined> {
  const { tasks } = await store.listTasks(workflow.workflow.workflowId);
  const found = (source: StoredTask): FoundTask => ({ source, workflow, siblings: tasks });
  if (search.children === "last") {
    const own = tasks.find(search.isWanted);
    if (own !== undefined) return found(own);
  }
  for (const source of tasks) {
    if (search.children === "place" && search.isWanted(source)) return found(source);
    const childId = openChildOf(source);
    if (childId === undefined || depth === DEPTH_MAX) continue;
    search.reach?.(childId);
    const child = await store.findWorkflow(childId);
    const below = child && (await findTaskBelow(store, child, search, depth + 1));
    if (below !== undefined) return below;
  }
  return undefined;
}

function openChildOf({ task }: StoredTask): string | undefined {
  const isChild = task.taskType === "SUB_WORKFLOW" && isOpen(task.status);
  return isChild ? childIdOf(task) : undefined;
}
