/** I7: the work for a completion does not depend on how many tasks its workflow has, in memory or not. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Json } from "@ostinato/core";

import { aResult } from "../../server/src/engine/testing/an-engine.ts";
import type { Store } from "../../server/src/store/store.ts";
import { anEngineWithCore, type CoreBed } from "./an-engine.ts";

const TASK = "branch";
const COMPLETIONS = 5;
/** The header, the task, its JOIN and their claims; the first also brings what is needed again. */
const READ_MAX = 25;
/** The header, the task and its JOIN, and the queue's row. */
const WRITTEN_MAX = 4 * COMPLETIONS;

/** Rows that crossed the store's port. */
interface Work {
  read: number;
  written: number;
}

function counted(work: Work): (store: Store) => Partial<Store> {
  return (store) => ({
    async loadExecutions(ids) {
      const executions = await store.loadExecutions(ids);
      for (const execution of executions) work.read += 1 + (execution?.tasks.size ?? 0);
      return executions;
    },
    async loadTasks(workflowId, lookup) {
      const tasks = await store.loadTasks(workflowId, lookup);
      work.read += tasks.length;
      return tasks;
    },
    async loadClaims(taskIds) {
      const claims = await store.loadClaims(taskIds);
      work.read += claims.size;
      return claims;
    },
    commit(groups) {
      for (const group of groups) {
        if (!("changeSet" in group)) continue;
        const { tasks, queue, outbox } = group.changeSet;
        work.written += 1 + tasks.length + queue.length + outbox.length;
      }
      return store.commit(groups);
    },
  });
}

function aFork(branches: number): { definition: Json; input: Json } {
  const inputParameters = { forkTaskName: TASK, forkTaskInputs: "${workflow.input.all}" };
  const fork = { name: "f", taskReferenceName: "f", type: "FORK_JOIN_DYNAMIC", inputParameters };
  const join = { name: "j", taskReferenceName: "j", type: "JOIN" };
  return {
    definition: { name: "w", tasks: [fork, join] },
    input: { all: Array.from({ length: branches }, (_, n) => ({ n })) },
  };
}

async function completeSome(bed: CoreBed, workflowId: string): Promise<void> {
  for (let n = 0; n < COMPLETIONS; n++) {
    const [claimed] = await bed.engine.poll({ taskType: TASK, count: 1, timeoutMs: 0 });
    assert.ok(claimed);
    const { taskId } = claimed.task.task;
    const decision = await bed.engine.submit(workflowId, aResult(taskId));
    assert.equal(decision.type, "accept");
  }
}

/** What some completions cost in a fork of so many branches: in memory, and after the server came anew. */
async function workOf(branches: number): Promise<{ hot: Work; cold: Work }> {
  const hot = { read: 0, written: 0 };
  const cold = { read: 0, written: 0 };
  await using first = await anEngineWithCore([], { storeChanges: counted(hot) });
  const { definition, input } = aFork(branches);
  const workflowId = await first.start(definition, input);
  while ((first.store.queueSizes().get(TASK)?.waiting ?? 0) < branches) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  Object.assign(hot, { read: 0, written: 0 });
  await completeSome(first, workflowId);
  const { store, clock } = first;
  await using second = await anEngineWithCore([], { store, clock, storeChanges: counted(cold) });
  Object.assign(cold, { read: 0, written: 0 });
  await completeSome(second, workflowId);
  return { hot, cold };
}

test("a completion in a fork of 5,000 costs what it costs in a fork of 1,000", async (t) => {
  const small = await workOf(1_000);
  const large = await workOf(5_000);
  t.diagnostic(JSON.stringify(large));
  assert.deepEqual(large, small);
  assert.ok(large.cold.read <= READ_MAX && large.cold.written <= WRITTEN_MAX);
});
