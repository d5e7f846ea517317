import {
  evaluationKey,
  keep,
  remember,
  type Claim,
  type Execution,
  type JsonText,
  type Lookup,
} from "@ostinato/core";

import { AppError } from "../errors.ts";
import type { EngineDeps } from "./deps.ts";
import { bytesOfTask } from "./hot-executions.ts";
import type { Fetched, Lane } from "./submission.ts";

type LookupDeps = Pick<EngineDeps, "store" | "renderWorkflow" | "evaluate">;

/** An attempt that is not in the queue: nobody holds it. */
export function noClaim(taskId: string): Claim {
  return { taskId, claimed: false, claimVersion: 0, pollCount: 0, startTime: 0, updateTime: 0 };
}

/**
 * Fetches what a decision lacked and puts it where the next one finds it: attempts into the lane's execution, the rest
 * beside it. Nothing else may touch the lane meanwhile. Rejects when the store does, or when a text cannot be rendered.
 * @returns by how many bytes the execution has grown.
 */
export async function fetchLookups(
  lane: Lane,
  lookups: readonly Lookup[],
  deps: LookupDeps,
): Promise<number> {
  const grown = await Promise.all(lookups.map((lookup) => fetchLookup(lane, lookup, deps)));
  return grown.reduce((sum, bytes) => sum + bytes, 0);
}

async function fetchLookup(lane: Lane, lookup: Lookup, deps: LookupDeps): Promise<number> {
  switch (lookup.type) {
    case "workflow-text":
      fetchedOf(lane).texts.set(lookup.workflowId, await textOf(lookup.workflowId, deps));
      return 0;
    case "evaluations": {
      const { evaluations } = fetchedOf(lane);
      const evaluated = lookup.evaluations.map(async (evaluation) => {
        evaluations.set(evaluationKey(evaluation), await deps.evaluate(evaluation));
      });
      await Promise.all(evaluated);
      return 0;
    }
    case "claims": {
      const found = await deps.store.loadClaims(lookup.taskIds);
      const { claims } = fetchedOf(lane);
      for (const taskId of lookup.taskIds) claims.set(taskId, found.get(taskId) ?? noClaim(taskId));
      return 0;
    }
    case "refs":
    case "tasks":
    case "all-tasks":
    case "open-tasks":
    case "agenda":
    case "branches": {
      const { execution } = lane;
      if (execution === undefined) throw new Error(`lookup ${lookup.type} without an execution`);
      return fetchTasks(execution, lookup, deps);
    }
  }
}

async function fetchTasks(
  execution: Execution,
  lookup: Lookup,
  { store }: Pick<EngineDeps, "store">,
): Promise<number> {
  const tasks = await store.loadTasks(execution.workflow.workflowId, lookup);
  let grown = 0;
  for (const task of tasks) {
    if (!execution.tasks.has(task.taskId)) grown += bytesOfTask(task);
    // One that is named by its id may be an old attempt: it says nothing about which one is live.
    if (lookup.type === "tasks") keep(execution, task);
    else remember(execution, task);
  }
  if (lookup.type === "refs") {
    for (const ref of lookup.refs) {
      if (!execution.live.has(ref)) execution.live.set(ref, null);
    }
  } else if (lookup.type === "tasks") {
    for (const taskId of lookup.taskIds) {
      if (!execution.tasks.has(taskId)) execution.absent.add(taskId);
    }
  } else if (lookup.type === "all-tasks") {
    execution.complete = true;
  }
  return grown;
}

/** An execution that has been removed meanwhile is `null`: whoever asked goes on without it. */
async function textOf(
  workflowId: string,
  { renderWorkflow }: Pick<EngineDeps, "renderWorkflow">,
): Promise<JsonText> {
  try {
    return await renderWorkflow(workflowId);
  } catch (error) {
    if (error instanceof AppError && error.code === "WORKFLOW_NOT_FOUND") return "null";
    throw error;
  }
}

/** What has been fetched for the lane beside its execution. */
export function fetchedOf(lane: Lane): Fetched {
  lane.fetched ??= { claims: new Map(), texts: new Map(), evaluations: new Map() };
  return lane.fetched;
}
