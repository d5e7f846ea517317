import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import type { Task, Workflow } from "@ostinato/core";

import type { StoreTest } from "./store-suite.ts";
import {
  aGroup,
  aTask,
  aWorkflow,
  commit,
  enqueue,
  isNew,
  START,
  startWith,
} from "./suite-records.ts";

/** Lists, filters, pages, and the checker of what is stuck. */
export function readTests(storeTest: StoreTest): void {
  listTests(storeTest);
  stuckTests(storeTest);
}

function listTests(storeTest: StoreTest): void {
  storeTest(
    "attempts come by seq, a page after the filter, claims counted in",
    async ({ store, clock }) => {
      const statuses = ["COMPLETED", "SCHEDULED", "FAILED", "SCHEDULED", "IN_PROGRESS"] as const;
      const tasks = statuses.map((status, i) =>
        aTask({ seq: 5 - i, status, referenceTaskName: `r${i}` }),
      );
      const workflow = aWorkflow({ taskCount: 5, openCount: 3, correlationId: "corr" });
      const queue = tasks
        .filter((task) => task.status === "SCHEDULED")
        .map((task) => enqueue(task, workflow));
      await commit(store, workflow, { tasks: tasks.map(isNew), queue });
      const [claimed] = await store.claim({ queue: "pack", count: 1, now: clock.now() });
      const seqs = async (
        offset: number,
        count: number,
        filter?: string[],
      ): Promise<[number, number[]]> => {
        const page = { offset, count, ...(filter === undefined ? {} : { statuses: filter }) };
        const { totalHits, tasks: found } = await store.listTasks(workflow.workflowId, page);
        return [totalHits, found.map((each) => each.task.seq)];
      };
      assert.deepEqual(await seqs(0, 3), [5, [1, 2, 3]]);
      assert.deepEqual(await seqs(3, 10), [5, [4, 5]]);
      const held = claimed?.task.task.seq ?? 0;
      assert.deepEqual(await seqs(0, 10, ["IN_PROGRESS"]), [2, [1, held]]);
      assert.deepEqual(await seqs(1, 1, ["COMPLETED", "FAILED", "NO_SUCH_STATUS"]), [2, [5]]);
      assert.deepEqual(await seqs(0, 10, ["NO_SUCH_STATUS"]), [0, []]);
      const all = await store.listTasks(workflow.workflowId);
      assert.equal(all.tasks.length, 5);
      assert.equal(all.tasks[0]?.correlationId, "corr");
    },
  );

  storeTest("thousands of attempts are listed whole and in order", async ({ store }) => {
    const tasks = Array.from({ length: 1_500 }, (_, i) =>
      aTask({ seq: i + 1, referenceTaskName: `r${i}` }),
    );
    const workflow = aWorkflow({ taskCount: 1_500 });
    await commit(store, workflow, { tasks: tasks.map(isNew) });
    const { totalHits, tasks: found } = await store.listTasks(workflow.workflowId);
    assert.equal(totalHits, 1_500);
    assert.deepEqual(
      found.map((each) => each.task),
      tasks,
    );
  });

  storeTest(
    "executions are listed by name, correlation and time of creation",
    async ({ store }) => {
      const workflows: Workflow[] = [
        aWorkflow({ createTime: START + 3, correlationId: "a" }),
        aWorkflow({ createTime: START + 2, status: "PAUSED", correlationId: "b" }),
        aWorkflow({ createTime: START + 1, status: "COMPLETED", correlationId: "a" }),
        aWorkflow({ createTime: START, workflowName: "other", correlationId: "a" }),
        aWorkflow({ createTime: START + 4, workflowVersion: 2 }),
      ];
      await store.commit(workflows.map((workflow) => aGroup(workflow)));
      const indexes = async (
        filter: Parameters<typeof store.listWorkflowIds>[0],
      ): Promise<number[]> => {
        const ids = await store.listWorkflowIds(filter);
        return ids.map((id) => workflows.findIndex((workflow) => workflow.workflowId === id));
      };
      const workflowName = "order";
      assert.deepEqual(await indexes({ type: "open", workflowName }), [1, 0, 4]);
      assert.deepEqual(await indexes({ type: "open", workflowName: "none" }), []);
      const created = { type: "created-between", workflowName, version: 1 } as const;
      assert.deepEqual(await indexes({ ...created, from: START + 1, to: START + 2 }), [2, 1]);
      const correlated = { type: "correlated", workflowName, correlationId: "a" } as const;
      assert.deepEqual(await indexes({ ...correlated, includeClosed: false }), [0]);
      assert.deepEqual(await indexes({ ...correlated, includeClosed: true }), [2, 0]);
    },
  );

  storeTest("open attempts of a type are listed in pages, oldest first", async ({ store }) => {
    const tasks = [1, 2, 3, 4].map((seq) => aTask({ seq, referenceTaskName: `r${seq}` }));
    const [one, two, three, four] = tasks as [Task, Task, Task, Task];
    await startWith(store, [
      one,
      { ...two, status: "COMPLETED" },
      three,
      { ...four, taskType: "x" },
    ]);
    const list = async (offset: number, count: number): Promise<number[]> =>
      (await store.listOpenTasks("pack", offset, count)).map((each) => each.task.seq);
    assert.deepEqual(await list(0, 10), [1, 3]);
    assert.deepEqual(await list(1, 1), [3]);
  });
}

function stuckTests(storeTest: StoreTest): void {
  const counted = (tasks: readonly Task[], changes: Partial<Workflow> = {}): Workflow =>
    aWorkflow({ taskCount: tasks.length, openCount: tasks.length, ...changes });

  storeTest("what has a reason to move is not stuck", async ({ store }) => {
    const human = aTask({ taskType: "HUMAN", status: "IN_PROGRESS", referenceTaskName: "h" });
    const wait = aTask({ taskType: "WAIT", status: "IN_PROGRESS", referenceTaskName: "w" });
    const child = aWorkflow({ taskCount: 1, openCount: 1 });
    const sub = aTask({
      taskType: "SUB_WORKFLOW",
      status: "IN_PROGRESS",
      subWorkflowId: child.workflowId,
    });
    const join = aTask({ taskType: "JOIN", status: "IN_PROGRESS", seq: 2, referenceTaskName: "j" });
    await startWith(store, [aTask()]);
    await commit(store, child, { tasks: [isNew(human)] });
    await commit(store, counted([wait]), { tasks: [isNew(wait)] });
    await commit(store, counted([sub, join]), { tasks: [sub, join].map(isNew) });
    await commit(store, aWorkflow({ status: "COMPLETED" }));
    const agenda = aTask({ status: "COMPLETED", agenda: 1 });
    await commit(store, aWorkflow({ taskCount: 1, agendaCount: 1 }), { tasks: [isNew(agenda)] });
    assert.deepEqual(await store.findStuck(), []);
  });

  const ended = aWorkflow({ status: "COMPLETED" });
  const cases: [string, Task[], RegExp, Partial<Workflow>?][] = [
    ["with nothing to do", [], /nothing is open/],
    ["with a worker task in no queue", [aTask()], /pack_ref \(pack\) is open, but not in a queue/],
    ["whose counters are wrong", [aTask()], /openCount is 2, but its rows say 1/, { openCount: 2 }],
    [
      "whose child has ended",
      [aTask({ taskType: "SUB_WORKFLOW", status: "IN_PROGRESS", subWorkflowId: ended.workflowId })],
      /has ended/,
    ],
    [
      "whose child does not exist",
      [aTask({ taskType: "SUB_WORKFLOW", status: "IN_PROGRESS", subWorkflowId: randomUUID() })],
      /does not exist/,
    ],
    [
      "whose JOIN waits for nothing",
      [
        aTask({
          taskType: "JOIN",
          status: "IN_PROGRESS",
          join: { pending: 0, failed: 0, errors: 0 },
        }),
      ],
      /waits for nothing/,
    ],
    [
      "with only a loop open",
      [aTask({ taskType: "DO_WHILE", status: "IN_PROGRESS" })],
      /only pack_ref is open/,
    ],
    [
      "whose WAIT has no deadline",
      [aTask({ taskType: "WAIT", status: "IN_PROGRESS", waitUntilAt: START })],
      /no deadline/,
    ],
  ];
  for (const [what, tasks, reason, changes] of cases) {
    storeTest(`an execution ${what} is stuck`, async ({ store }) => {
      const workflow = counted(tasks, changes);
      await store.commit([aGroup(ended), aGroup(workflow, { tasks: tasks.map(isNew) })]);
      const stuck = await store.findStuck();
      assert.deepEqual(
        stuck.map((each) => each.workflowId),
        [workflow.workflowId],
      );
      assert.match(stuck[0]?.reason ?? "", reason);
      assert.deepEqual(await store.findStuck(workflow.workflowId), stuck);
      assert.deepEqual(await store.findStuck(ended.workflowId), []);
    });
  }
}
