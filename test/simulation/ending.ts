import { deepStrictEqual } from "node:assert/strict";

import { isOpen, isTerminalWorkflow, type Execution, type Task } from "@ostinato/core";

import type { World } from "./world.ts";

/** Executions that are neither over nor waiting for somebody who paused them, themselves or below them. */
export function unfinished({ oracle }: World): Execution[] {
  return [...oracle.executions.values()].filter(({ workflow }) => {
    if (workflow.ending !== undefined) return true;
    if (isTerminalWorkflow(workflow.status)) return workflow.openCount > 0 || workflow.agendaCount > 0;
    return !oracle.isPausedBelow(workflow.workflowId);
  });
}

/** What must hold once everything has come to rest. */
export async function checkEnding(world: World): Promise<void> {
  const { store, oracle } = world;
  for (const { workflow } of unfinished(world)) {
    oracle.violate(`${workflow.workflowId} has not ended: ${workflow.status}`);
  }
  for (const { workflowId, reason } of await store.findStuck()) {
    oracle.violate(`${workflowId} is stuck: ${reason}`);
  }
  for (const row of await store.listOutbox(0, 10)) {
    oracle.violate(`an internal command was never decided: ${JSON.stringify(row)}`);
  }
  for (const execution of oracle.executions.values()) {
    await checkStored(world, execution);
    checkChildren(world, execution);
  }
  await checkCount(world);
}

/** What is stored is what was committed. */
async function checkStored({ store, oracle }: World, execution: Execution): Promise<void> {
  const { workflow } = execution;
  const { workflowId } = workflow;
  const [stored] = await store.loadExecutions([workflowId]);
  if (stored === undefined) {
    oracle.violate(`${workflowId} was committed, but is not stored`);
    return;
  }
  const tasks = stored.complete
    ? [...stored.tasks.values()]
    : await store.loadTasks(workflowId, { type: "all-tasks" });
  try {
    deepStrictEqual(stored.workflow, workflow);
    deepStrictEqual(stored.version, execution.version);
    deepStrictEqual(stored.data, execution.data);
    deepStrictEqual(byId(tasks), byId([...execution.tasks.values()]));
  } catch (error) {
    oracle.violate(`${workflowId} is not stored as it was committed: ${String(error)}`);
  }
}

function byId(tasks: readonly Task[]): Record<string, Task> {
  return Object.fromEntries(
    tasks.map((task) => [task.taskId, task] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** A child that is over has told its parent; a parent that is over has ended its children. */
function checkChildren({ oracle }: World, parent: Execution): void {
  for (const task of parent.tasks.values()) {
    if (task.taskType !== "SUB_WORKFLOW" || task.subWorkflowId === undefined) continue;
    const child = oracle.executions.get(task.subWorkflowId);
    if (child === undefined) continue;
    const { status, workflowId } = child.workflow;
    if (isTerminalWorkflow(status) && isOpen(task.status)) {
      oracle.violate(`child ${workflowId} is ${status}, but its parent's attempt is ${task.status}`);
    }
    if (!isTerminalWorkflow(status) && task.status === "CANCELED" && !oracle.revived.has(workflowId)) {
      oracle.violate(`attempt ${task.taskId} is CANCELED, but its child ${workflowId} is ${status}`);
    }
  }
}

/** Nothing is stored that no commit has made. */
async function checkCount({ store, oracle, workflowNames }: World): Promise<void> {
  for (const workflowName of workflowNames) {
    for (const workflowId of await store.listWorkflowIds({ type: "open", workflowName })) {
      if (!oracle.executions.has(workflowId)) oracle.violate(`${workflowId} came from nowhere`);
    }
  }
}
