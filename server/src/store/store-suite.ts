import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test, type TestContext } from "node:test";

import { executionFrom, type Task, type Workflow, type WorkflowData } from "@ostinato/core";

import type { Clock } from "./clock.ts";
import { FakeClock } from "./fake-clock.ts";
import type { Store } from "./store.ts";
import { LOAD_ALL_TASKS_MAX } from "./store.ts";
import { claimTests } from "./claims-suite.ts";
import { limitTests } from "./limits-suite.ts";
import { readTests } from "./reads-suite.ts";
import {
  aChangeSet,
  aGroup,
  aTask,
  aWorkflow,
  changed,
  commit,
  enqueue,
  isNew,
  START,
  startWith,
} from "./suite-records.ts";

/** What the suite needs of an adapter: stores on a database of their own, on the clock that it is given. */
export interface SuiteAdapter {
  open(clock: Clock, t: TestContext): Promise<Store>;
  /** Opens another store on the same database, after the first was closed; absent: nothing outlives the store. */
  reopen?(store: Store, clock: Clock, t: TestContext): Promise<Store>;
}

/** A test with a store of its own. */
export type StoreTest = (
  claim: string,
  body: (world: { store: Store; clock: FakeClock; t: TestContext }) => Promise<void>,
) => void;

/** Registers all tests of the contract in `store.ts`, for one adapter. */
export function storeSuite(name: string, adapter: SuiteAdapter): void {
  const storeTest: StoreTest = (claim, body) => {
    void test(`${name}: ${claim}`, async (t) => {
      const clock = new FakeClock(START);
      const store = await adapter.open(clock, t);
      t.after(() => store.close());
      await body({ store, clock, t });
    });
  };
  commitTests(storeTest);
  keyTests(storeTest);
  outboxTests(storeTest);
  restTests(storeTest);
  claimTests(storeTest);
  limitTests(storeTest, adapter);
  readTests(storeTest);
  if (adapter.reopen !== undefined) restartTests(storeTest, adapter.reopen);
}

const FULL_WORKFLOW: Omit<Workflow, "workflowId"> = {
  ...aWorkflow(),
  workflowVersion: 7,
  status: "PAUSED",
  createTime: START - 5,
  updateTime: START + 1,
  endTime: START + 2,
  lastRetriedTime: START + 3,
  correlationId: "é-correlation",
  priority: 99,
  parentWorkflowId: randomUUID(),
  parentWorkflowTaskId: randomUUID(),
  reasonForIncompletion: "because",
  failedTaskId: randomUUID(),
  event: "sqs:arn",
  seqMax: 12,
  taskCount: 1,
  openCount: 1,
  agendaNext: 9,
  agendaCount: 3,
  failedCount: 4,
  permissiveFailureCount: 2,
  dynamicForkCount: 1,
  lastTaskId: randomUUID(),
  terminateTaskId: randomUUID(),
  deadlineAt: START + 1_000_000,
  ending: { failureWorkflow: true },
};

const FULL_DATA: WorkflowData = {
  input: '{"a":3.0,"b":12345678901234567890}',
  output: '{"o":"ü"}',
  variables: '{"v":[1,2]}',
  taskToDomain: { "*": "blue", pack: "red,NO_DATA" },
  failedReferenceTaskNames: ["x_ref", "y_ref"],
  failedTaskNames: ["x"],
  externalInputPayloadStoragePath: "in/1",
  externalOutputPayloadStoragePath: "out/1",
  idempotencyKey: "key-1",
};

function fullTask(): Task {
  return {
    taskId: randomUUID(),
    taskType: "pack",
    taskDefName: "pack-def",
    referenceTaskName: "pack_ref__2",
    status: "IN_PROGRESS",
    seq: 3,
    retryCount: 4,
    iteration: 2,
    retriedTaskId: randomUUID(),
    retried: true,
    executed: true,
    scheduledTime: START,
    startTime: START + 1,
    endTime: START + 2,
    updateTime: START + 3,
    firstScheduledTime: START - 9,
    pollCount: 5,
    callbackAfterSeconds: 6,
    startDelayInSeconds: 7,
    responseTimeoutSeconds: 8,
    rateLimitPerFrequency: 9,
    rateLimitFrequencyInSeconds: 10,
    workflowPriority: 11,
    workerId: "worker-1",
    domain: "blue",
    reasonForIncompletion: "reason",
    subWorkflowId: randomUUID(),
    subworkflowChanged: true,
    isolationGroupId: "group",
    executionNameSpace: "space",
    externalInputPayloadStoragePath: "in",
    externalOutputPayloadStoragePath: "out",
    outputMessage: '{"m":1}',
    executionMetadata: '{"e":1}',
    inputData: '{"i":1.0E25}',
    outputData: '{"o":2}',
    workflowTask: '{"name":"pack"}',
    agenda: 4,
    join: { pending: 3, failed: 1, errors: 2 },
    joinId: randomUUID(),
    fork: { expanded: 5, total: 10, joinId: randomUUID(), isRepeated: true, firstSeq: 7 },
    waitUntilAt: START + 99,
  };
}

function commitTests(storeTest: StoreTest): void {
  storeTest("every member of a new execution comes back as it was", async ({ store }) => {
    const workflow = { ...FULL_WORKFLOW, workflowId: randomUUID() };
    const task = fullTask();
    const changeSet = aChangeSet(workflow, { data: FULL_DATA, tasks: [isNew(task)] });
    const [outcome] = await store.commit([{ changeSet, consumes: [] }]);
    assert.deepEqual(outcome, { type: "committed", outboxIds: [], claims: [] });
    const [loaded] = await store.loadExecutions([workflow.workflowId]);
    assert.deepEqual(loaded, executionFrom(changeSet));
    assert.deepEqual(await store.findWorkflow(workflow.workflowId), { workflow, data: FULL_DATA });
    assert.deepEqual((await store.findTask(task.taskId))?.task, task);
    const texts = await store.loadSnapshotTexts(["hash-1", "hash-2"]);
    assert.deepEqual([...texts], [["hash-1", '{"name":"order"}']]);
  });

  storeTest(
    "a change replaces every member, and takes away what is absent now",
    async ({ store }) => {
      const workflow = { ...FULL_WORKFLOW, workflowId: randomUUID() };
      const task = fullTask();
      await commit(store, workflow, { data: FULL_DATA, tasks: [isNew(task)] });
      const later = aWorkflow({
        workflowId: workflow.workflowId,
        createTime: START + 50,
        taskCount: 1,
      });
      const plain = aTask({
        taskId: task.taskId,
        seq: 77,
        referenceTaskName: task.referenceTaskName,
      });
      await commit(store, later, {
        baseVersion: 1,
        data: { variables: "{}", output: '{"done":true}', taskToDomain: {} },
        tasks: [changed(plain)],
      });
      const [loaded] = await store.loadExecutions([workflow.workflowId]);
      assert.equal(loaded?.version, 2);
      assert.deepEqual(loaded.workflow, later);
      const data = { ...FULL_DATA, variables: "{}", output: '{"done":true}', taskToDomain: {} };
      assert.deepEqual(loaded.data, data);
      assert.deepEqual([...loaded.tasks.values()], [plain]);
    },
  );

  storeTest(
    "executions come in the order asked, nothing for unknown and strange ids",
    async ({ store }) => {
      const [one, two] = [aWorkflow(), aWorkflow({ workflowId: "my own id" })];
      await store.commit([aGroup(one), aGroup(two)]);
      const strange = [
        "",
        "\u0000",
        "\ud800",
        "x".repeat(40_000),
        one.workflowId.toUpperCase(),
        "0",
      ];
      const ids = ["my own id", randomUUID(), one.workflowId, ...strange];
      const loaded = await store.loadExecutions(ids);
      assert.deepEqual(
        loaded.map((each) => each?.workflow.workflowId),
        ["my own id", undefined, one.workflowId, ...strange.map(() => undefined)],
      );
      for (const id of strange) {
        assert.equal(await store.findTask(id), undefined);
        assert.equal(await store.findWorkflow(id), undefined);
        assert.deepEqual(await store.listTasks(id), { totalHits: 0, tasks: [] });
        assert.deepEqual(await store.listLogs(id), []);
        assert.equal((await store.loadClaims([id])).size, 0);
      }
    },
  );

  storeTest(
    "a stale group is a conflict and changes nothing, the others are committed",
    async ({ store }) => {
      const [stale, fresh] = [aWorkflow(), aWorkflow()];
      await commit(store, stale);
      await commit(store, stale, { baseVersion: 1 });
      const task = aTask();
      const outcomes = await store.commit([
        aGroup({ ...stale, priority: 5 }, { baseVersion: 1, tasks: [isNew(task)] }),
        aGroup(fresh),
        aGroup(stale),
        aGroup(aWorkflow(), { baseVersion: 3 }),
      ]);
      assert.deepEqual(
        outcomes.map((outcome) => outcome.type),
        ["conflict", "committed", "conflict", "conflict"],
      );
      const [loaded] = await store.loadExecutions([stale.workflowId]);
      assert.equal(loaded?.version, 2);
      assert.equal(loaded.workflow.priority, 0);
      assert.equal(await store.findTask(task.taskId), undefined);
    },
  );

  storeTest("a group that the database will not have sinks nobody else", async ({ store }) => {
    const workflows = Array.from({ length: 7 }, () => aWorkflow());
    const [a, b, c, d, e, f, g] = workflows as [
      Workflow,
      Workflow,
      Workflow,
      Workflow,
      Workflow,
      Workflow,
      Workflow,
    ];
    const twin = aTask();
    const outcomes = await store.commit([
      aGroup(a, { tasks: [isNew(twin)] }),
      aGroup(b, { tasks: [isNew(aTask({ startTime: 1.5 }))] }),
      aGroup(c, { tasks: [isNew(twin)] }),
      aGroup({ ...d, definitionHash: "nowhere" }, { definitions: [] }),
      aGroup(e, { tasks: [changed(aTask())] }),
      aGroup({ ...f, reasonForIncompletion: "nul \0" }),
      aGroup(g),
    ]);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.type),
      ["committed", "refused", "refused", "refused", "refused", "refused", "committed"],
    );
    const loaded = await store.loadExecutions(workflows.map((workflow) => workflow.workflowId));
    assert.deepEqual(
      loaded.map((each) => each?.version),
      [1, undefined, undefined, undefined, undefined, undefined, 1],
    );
    assert.equal((await store.findTask(twin.taskId))?.workflowId, a.workflowId);
  });

  storeTest("a decision about another execution's attempt is refused", async ({ store }) => {
    const task = aTask();
    await startWith(store, [task]);
    const [outcome] = await store.commit([aGroup(aWorkflow(), { tasks: [changed(task)] })]);
    assert.equal(outcome?.type, "refused");
  });

  storeTest("attempts can be deleted, and leave the queue with it", async ({ store, clock }) => {
    const [task, other] = [aTask(), aTask({ seq: 2, referenceTaskName: "other" })];
    const workflow = await startWith(store, [task, other]);
    await commit(store, workflow, { baseVersion: 1, deletedTaskIds: [task.taskId] });
    assert.equal(await store.findTask(task.taskId), undefined);
    const claimed = await store.claim({ queue: "pack", count: 5, now: clock.now() });
    assert.deepEqual(
      claimed.map((each) => each.task.task.taskId),
      [other.taskId],
    );
  });

  storeTest("executions with many attempts are loaded in parts", async ({ store }) => {
    const count = LOAD_ALL_TASKS_MAX + 1;
    const joinId = randomUUID();
    const tasks = Array.from({ length: count }, (_, i) => {
      const status = i % 3 === 0 ? ("COMPLETED" as const) : ("SCHEDULED" as const);
      const base = { seq: i + 1, status, referenceTaskName: `ref_${Math.floor(i / 2)}` };
      return aTask({ ...base, agenda: i < 2 ? 10 - i : 0, ...(i > 198 ? { joinId } : {}) });
    });
    const workflow = aWorkflow({ taskCount: count });
    await commit(store, workflow, { tasks: tasks.map(isNew) });
    const id = workflow.workflowId;
    const [loaded] = await store.loadExecutions([id]);
    assert.equal(loaded?.complete, false);
    assert.equal(loaded.tasks.size, 0);
    const seqs = async (
      lookup: Parameters<Store["loadTasks"]>[1],
      workflowId = id,
    ): Promise<number[]> => (await store.loadTasks(workflowId, lookup)).map((task) => task.seq);
    const taskIdAt = (i: number): string => tasks[i]?.taskId ?? "";
    assert.deepEqual(await seqs({ type: "refs", refs: ["ref_0", "none", "ref_5"] }), [2, 12]);
    assert.deepEqual(
      await seqs({ type: "tasks", taskIds: [taskIdAt(4), randomUUID(), taskIdAt(0)] }),
      [5, 1],
    );
    assert.deepEqual(await seqs({ type: "tasks", taskIds: [taskIdAt(4)] }, randomUUID()), []);
    assert.deepEqual(await seqs({ type: "agenda" }), [2, 1]);
    assert.deepEqual(await seqs({ type: "branches", joinId }), [200, 201]);
    assert.equal((await seqs({ type: "all-tasks" })).length, count);
    assert.equal((await seqs({ type: "open-tasks" })).length, 134);
  });

  storeTest("removing an execution sends what it has to say to others", async ({ store }) => {
    const workflow = aWorkflow();
    await commit(store, workflow);
    const outbox = [
      { targetWorkflowId: "w-parent", command: { type: "report-to-parent" as const } },
    ];
    const [outcome] = await store.commit([
      aGroup(workflow, { baseVersion: 1, removed: { archive: false }, outbox }),
    ]);
    assert.equal(outcome?.type === "committed" && outcome.outboxIds.length, 1);
    assert.equal((await store.listOutbox(0, 10)).at(-1)?.targetWorkflowId, "w-parent");
  });

  storeTest("removing an execution takes all that belongs to it", async ({ store, clock }) => {
    const task = aTask();
    const workflow = aWorkflow({ status: "COMPLETED", taskCount: 1, correlationId: "c" });
    const logs = [{ taskId: task.taskId, log: "l", createdTime: START }];
    const idempotency = { key: "k", strategy: "FAIL" } as const;
    await commit(store, workflow, {
      tasks: [isNew(task)],
      queue: [enqueue(task, workflow)],
      logs,
      idempotency,
    });
    await commit(store, workflow, { baseVersion: 1, removed: { archive: false } });
    assert.deepEqual(await store.loadExecutions([workflow.workflowId]), [undefined]);
    assert.equal(await store.findTask(task.taskId), undefined);
    assert.deepEqual(await store.listLogs(task.taskId), []);
    assert.deepEqual(await store.claim({ queue: "pack", count: 1, now: clock.now() }), []);
    assert.equal(await store.findIdempotencyHolder("order", "k"), undefined);
    await commit(store, aWorkflow(), { idempotency });
    await commit(store, { ...workflow, status: "RUNNING" });
  });
}

function keyTests(storeTest: StoreTest): void {
  const idempotency = { key: "k", strategy: "FAIL" } as const;

  storeTest("a key is taken once per workflow name, within one commit too", async ({ store }) => {
    const [first, second, other] = [aWorkflow(), aWorkflow(), aWorkflow({ workflowName: "other" })];
    const outcomes = await store.commit(
      [first, second, other].map((each) => aGroup(each, { idempotency })),
    );
    assert.deepEqual(
      outcomes.map((outcome) => outcome.type),
      ["committed", "duplicate-key", "committed"],
    );
    assert.deepEqual(outcomes[1], { type: "duplicate-key", holder: first.workflowId });
    assert.deepEqual(await store.loadExecutions([second.workflowId]), [undefined]);
    assert.equal(await store.findIdempotencyHolder("order", "k"), first.workflowId);
    assert.equal(await store.findIdempotencyHolder("order", "x"), undefined);
  });

  storeTest(
    "a key is taken over from the ended execution that is named, and from no other",
    async ({ store }) => {
      const [first, second, third] = [aWorkflow(), aWorkflow(), aWorkflow()];
      const takeOver = {
        key: "k",
        strategy: "FAIL_ON_RUNNING",
        replaces: first.workflowId,
      } as const;
      await commit(store, first, { idempotency });
      const [running] = await store.commit([aGroup(second, { idempotency: takeOver })]);
      assert.deepEqual(running, { type: "duplicate-key", holder: first.workflowId });
      await commit(store, { ...first, status: "FAILED" }, { baseVersion: 1 });
      await commit(store, second, { idempotency: takeOver });
      const [late] = await store.commit([aGroup(third, { idempotency: takeOver })]);
      assert.deepEqual(late, { type: "duplicate-key", holder: second.workflowId });
      assert.equal(await store.findIdempotencyHolder("order", "k"), second.workflowId);
    },
  );
}

function outboxTests(storeTest: StoreTest): void {
  const command = { type: "report-to-parent" } as const;

  storeTest("outbox rows are listed in pages and consumed exactly once", async ({ store }) => {
    const [parent, child] = [aWorkflow(), aWorkflow()];
    const outbox = [1, 2, 3].map(() => ({ targetWorkflowId: child.workflowId, command }));
    const { outboxIds } = await commit(store, parent, { outbox });
    const [firstId = 0, secondId = 0, thirdId = 0] = outboxIds;
    assert.ok(firstId < secondId && secondId < thirdId);
    const page = await store.listOutbox(firstId, 1);
    const ids = { sourceWorkflowId: parent.workflowId, targetWorkflowId: child.workflowId };
    assert.deepEqual(page, [{ id: secondId, ...ids, command }]);

    const consuming = { ...aGroup(child), consumes: [firstId, secondId] };
    const again = { ...aGroup(aWorkflow()), consumes: [firstId] };
    const outcomes = await store.commit([consuming, again]);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.type),
      ["committed", "conflict"],
    );
    const left = await store.listOutbox(0, 10);
    assert.deepEqual(
      left.map((row) => row.id),
      [thirdId],
    );
  });

  storeTest("a group without changes checks the version, consumes and sends", async ({ store }) => {
    const [parent, gone] = [aWorkflow(), randomUUID()];
    const message = { targetWorkflowId: gone, command };
    const { outboxIds } = await commit(store, parent, { outbox: [message, message] });
    const [first = 0, second = 0] = outboxIds;
    const answer = { targetWorkflowId: parent.workflowId, command };
    const outcomes = await store.commit([
      { workflowId: parent.workflowId, baseVersion: 9, consumes: [first], outbox: [] },
      { workflowId: gone, baseVersion: 0, consumes: [second], outbox: [answer] },
      { workflowId: parent.workflowId, baseVersion: 1, consumes: [], outbox: [] },
    ]);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.type),
      ["conflict", "committed", "committed"],
    );
    const rows = await store.listOutbox(0, 10);
    assert.deepEqual(
      rows.map((row) => [row.sourceWorkflowId, row.targetWorkflowId]),
      [
        [parent.workflowId, gone],
        [gone, parent.workflowId],
      ],
    );
    assert.equal((await store.loadExecutions([parent.workflowId]))[0]?.version, 1);
  });

  storeTest(
    "agendas and endings are listed in pages, PAUSED executions are not",
    async ({ store }) => {
      const agenda = { agendaCount: 1 };
      const workflows = [
        aWorkflow(agenda),
        aWorkflow({ ...agenda, status: "PAUSED" }),
        aWorkflow(),
        aWorkflow({ status: "FAILED", ending: { failureWorkflow: false } }),
      ];
      await store.commit(workflows.map((workflow) => aGroup(workflow)));
      const [first, ...none] = await store.listAgendas(0, 1);
      assert.equal(none.length, 0);
      const rest = await store.listAgendas(first?.key ?? 0, 10);
      assert.deepEqual(
        [first, ...rest].map((each) => each?.workflowId),
        [workflows[0]?.workflowId, workflows[3]?.workflowId],
      );
    },
  );
}

function restTests(storeTest: StoreTest): void {
  storeTest(
    "definitions are stored, replaced and deleted, their numbers as written",
    async ({ store }) => {
      const raw = (JSON as unknown as { rawJSON(text: string): { rawJSON: string } }).rawJSON(
        "3.0",
      );
      const taskDef = {
        name: "pack",
        retryCount: 1,
        inputTemplate: { n: raw },
      } as never as Parameters<Store["putTaskDefs"]>[0][0];
      const workflowDef = { name: "order", version: 1, tasks: [] } as never as Parameters<
        Store["putWorkflowDefs"]
      >[0][0];
      await store.putTaskDefs([
        { ...taskDef, retryCount: 9 },
        { ...taskDef, name: "other" },
      ]);
      await store.putTaskDefs([taskDef]);
      await store.putWorkflowDefs([workflowDef, { ...workflowDef, version: 2 }]);
      await store.deleteTaskDef("other");
      await store.deleteTaskDef("never was");
      await store.deleteWorkflowDef("order", 2);
      const loaded = await store.loadDefinitions();
      assert.equal(
        JSON.stringify(loaded.taskDefs),
        '[{"name":"pack","retryCount":1,"inputTemplate":{"n":3.0}}]',
      );
      assert.deepEqual(loaded.workflowDefs, [workflowDef]);
    },
  );

  storeTest("logs are kept per attempt, by time, whoever wrote them", async ({ store }) => {
    const task = aTask();
    const workflow = await startWith(store, [task]);
    const { taskId } = task;
    await store.appendLogs([{ taskId, log: "later", createdTime: START + 5 }]);
    await commit(store, workflow, {
      baseVersion: 1,
      logs: [{ taskId, log: "first", createdTime: START }],
    });
    await store.appendLogs([{ taskId: "no such task", log: "x", createdTime: START }]);
    assert.deepEqual(await store.listLogs(taskId), [
      { log: "first", createdTime: START },
      { log: "later", createdTime: START + 5 },
    ]);
    assert.deepEqual(await store.listLogs("no such task"), [{ log: "x", createdTime: START }]);
  });

  storeTest("the last poll of a type and domain stays", async ({ store }) => {
    const blue = { taskType: "pack", domain: "blue", workerId: "w", lastPollTime: START };
    await store.putPollData([
      { ...blue, lastPollTime: 1 },
      { taskType: "pack", lastPollTime: 2 },
    ]);
    await store.putPollData([blue]);
    assert.deepEqual(await store.listPollData(), [{ taskType: "pack", lastPollTime: 2 }, blue]);
  });

  storeTest(
    "the store says that it is healthy, and nothing once it is closed",
    async ({ store }) => {
      await store.checkHealth();
      const lastCommit = store.commit([aGroup(aWorkflow())]);
      await store.close();
      assert.equal((await lastCommit)[0]?.type, "committed");
      await store.close();
      await assert.rejects(store.checkHealth(), { code: "STORE_UNAVAILABLE" });
      await assert.rejects(store.loadExecutions([]), { code: "STORE_UNAVAILABLE" });
      await assert.rejects(store.commit([]), { code: "STORE_UNAVAILABLE" });
    },
  );
}

function restartTests(storeTest: StoreTest, reopen: SuiteAdapter["reopen"] & {}): void {
  storeTest("everything is there after a restart", async ({ store, clock, t }) => {
    const workflow = { ...FULL_WORKFLOW, workflowId: randomUUID(), status: "RUNNING" as const };
    const changeSet = aChangeSet(workflow, {
      data: FULL_DATA,
      tasks: [isNew(fullTask())],
      outbox: [{ targetWorkflowId: randomUUID(), command: { type: "report-to-parent" } }],
    });
    await store.commit([{ changeSet, consumes: [] }]);
    const outbox = await store.listOutbox(0, 10);
    await store.close();
    const again = await reopen(store, clock, t);
    assert.deepEqual(await again.loadExecutions([workflow.workflowId]), [executionFrom(changeSet)]);
    assert.deepEqual(await again.listOutbox(0, 10), outbox);
    const due: unknown[] = [];
    again.onDeadlines((each) => due.push(...each));
    await clock.advance(1_000_000);
    assert.deepEqual(due, [{ workflowId: workflow.workflowId }]);
  });

  storeTest(
    "queues, delays, deadlines and claims are there after a restart",
    async ({ store, clock, t }) => {
      const tasks = [1, 2, 3, 4].map((seq) => aTask({ seq, referenceTaskName: `r${seq}` }));
      const [held, ready, delayed, ended] = tasks as [Task, Task, Task, Task];
      await startWith(store, [held], { priority: 9, timeouts: { responseMs: 60_000 } });
      await startWith(store, [ready], { timeouts: { pollAt: START + 500 } });
      await startWith(store, [delayed], { readyAt: START + 1_000, priority: 3 });
      const over = await startWith(store, [ended], { priority: 99 });
      await commit(store, { ...over, status: "TERMINATED", openCount: 1 }, { baseVersion: 1 });
      const [claim] = await store.claim({
        queue: "pack",
        count: 1,
        workerId: "w",
        now: clock.now(),
      });
      assert.equal(claim?.task.task.taskId, held.taskId);
      store.markDelivered([{ taskId: held.taskId, claimVersion: claim.claimVersion }]);
      await store.close();

      const again = await reopen(store, clock, t);
      assert.deepEqual([...again.queueSizes()], [["pack", { waiting: 2, claimed: 1 }]]);
      const due: (string | undefined)[] = [];
      again.onDeadlines((each) => due.push(...each.map(({ taskId }) => taskId)));
      await clock.advance(500);
      assert.deepEqual(due, [ready.taskId]);
      await clock.advance(500);
      const rest = await again.claim({ queue: "pack", count: 5, now: clock.now() });
      assert.deepEqual(
        rest.map((each) => each.task.task.taskId),
        [delayed.taskId, ready.taskId],
      );
      assert.ok(rest.every((each) => each.claimVersion !== claim.claimVersion));
      await clock.advance(58_000);
      assert.ok(!due.includes(held.taskId));
      await clock.advance(1_000);
      assert.ok(due.includes(held.taskId));
    },
  );

  storeTest(
    "claims that were not delivered come back 30 s after they were made",
    async ({ store, clock, t }) => {
      const [lost, delivered] = [aTask(), aTask({ referenceTaskName: "b" })];
      await startWith(store, [lost], { pollCount: 2, priority: 1 });
      await startWith(store, [delivered]);
      const claims = await store.claim({
        queue: "pack",
        count: 2,
        workerId: "w",
        now: clock.now(),
      });
      assert.equal(claims[0]?.task.task.pollCount, 3);
      store.markDelivered([
        { taskId: delivered.taskId, claimVersion: claims[1]?.claimVersion ?? 0 },
      ]);
      await store.close();
      await clock.advance(10_000);

      const again = await reopen(store, clock, t);
      const available: string[] = [];
      again.onAvailable((queues) => available.push(...queues));
      await clock.advance(19_999);
      await again.checkHealth();
      assert.deepEqual(await again.claim({ queue: "pack", count: 2, now: clock.now() }), []);
      assert.deepEqual(available, []);
      await clock.advance(1);
      await again.checkHealth();
      assert.deepEqual(available, ["pack"]);
      const [back] = await again.claim({
        queue: "pack",
        count: 2,
        workerId: "x",
        now: clock.now(),
      });
      assert.equal(back?.task.task.taskId, lost.taskId);
      assert.equal(back.task.task.pollCount, 3);
      assert.equal(back.task.task.startTime, clock.now());
    },
  );
}
