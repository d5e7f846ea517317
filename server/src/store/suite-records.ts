import { randomUUID } from "node:crypto";

import {
  type ChangeSet,
  NO_DATA,
  type QueueChange,
  type QueueEntry,
  type Task,
  type TaskChange,
  type Workflow,
} from "@ostinato/core";

import type { ChangeGroup, CommitOutcome, Store } from "./store.ts";

/** Records for the suite's tests: plausible in everything that a test does not name. */
export const START = 1_700_000_000_000;

export function aWorkflow(changes: Partial<Workflow> = {}): Workflow {
  return {
    workflowId: randomUUID(),
    definitionHash: "hash-1",
    workflowName: "order",
    workflowVersion: 1,
    status: "RUNNING",
    createTime: START,
    updateTime: START,
    endTime: 0,
    lastRetriedTime: 0,
    priority: 0,
    seqMax: 0,
    taskCount: 0,
    openCount: 0,
    agendaNext: 1,
    agendaCount: 0,
    failedCount: 0,
    permissiveFailureCount: 0,
    dynamicForkCount: 0,
    ...changes,
  };
}

export function aTask(changes: Partial<Task> = {}): Task {
  return {
    taskId: randomUUID(),
    taskType: "pack",
    taskDefName: "pack",
    referenceTaskName: "pack_ref",
    status: "SCHEDULED",
    seq: 1,
    retryCount: 0,
    iteration: 0,
    retried: false,
    executed: false,
    scheduledTime: START,
    startTime: 0,
    endTime: 0,
    updateTime: 0,
    firstScheduledTime: START,
    pollCount: 0,
    callbackAfterSeconds: 0,
    startDelayInSeconds: 0,
    responseTimeoutSeconds: 0,
    rateLimitPerFrequency: 0,
    rateLimitFrequencyInSeconds: 1,
    workflowPriority: 0,
    subworkflowChanged: false,
    inputData: "{}",
    agenda: 0,
    ...changes,
  };
}

export function anEntry(
  task: Task,
  workflow: Workflow,
  changes: Partial<QueueEntry> = {},
): QueueEntry {
  return {
    taskId: task.taskId,
    workflowId: workflow.workflowId,
    queue: task.taskType,
    priority: 0,
    readyAt: START,
    pollCount: task.pollCount,
    startTime: task.startTime,
    timeouts: {},
    ...changes,
  };
}

export function enqueue(
  task: Task,
  workflow: Workflow,
  changes: Partial<QueueEntry> = {},
): QueueChange {
  return { type: "enqueue", entry: anEntry(task, workflow, changes) };
}

export function aChangeSet(workflow: Workflow, changes: Partial<ChangeSet> = {}): ChangeSet {
  const isNew = (changes.baseVersion ?? 0) === 0;
  return {
    workflowId: workflow.workflowId,
    baseVersion: 0,
    workflow,
    data: isNew ? NO_DATA : {},
    tasks: [],
    deletedTaskIds: [],
    queue: [],
    outbox: [],
    logs: [],
    claimsSeen: [],
    definitions: isNew ? [{ hash: workflow.definitionHash, text: '{"name":"order"}' }] : [],
    ...changes,
  };
}

export function aGroup(workflow: Workflow, changes: Partial<ChangeSet> = {}): ChangeGroup {
  return { changeSet: aChangeSet(workflow, changes), consumes: [] };
}

export function isNew(task: Task): TaskChange {
  return { task, isNew: true };
}

export function changed(task: Task): TaskChange {
  return { task, isNew: false };
}

/** Commits one group, which is expected to hold. */
export async function commit(
  store: Store,
  workflow: Workflow,
  changes: Partial<ChangeSet> = {},
): Promise<CommitOutcome & { readonly type: "committed" }> {
  const [outcome] = await store.commit([aGroup(workflow, changes)]);
  if (outcome?.type !== "committed") throw new Error(`not committed: ${JSON.stringify(outcome)}`);
  return outcome;
}

/** Stores an execution with these attempts, each in its queue as `entries` say. */
export async function startWith(
  store: Store,
  tasks: readonly Task[],
  entries: Partial<QueueEntry> | ((task: Task) => Partial<QueueEntry>) = {},
): Promise<Workflow> {
  const workflow = aWorkflow({
    taskCount: tasks.length,
    openCount: tasks.length,
    seqMax: tasks.length,
  });
  const entryOf = typeof entries === "function" ? entries : () => entries;
  await commit(store, workflow, {
    tasks: tasks.map(isNew),
    queue: tasks.map((task) => enqueue(task, workflow, entryOf(task))),
  });
  return workflow;
}

/** A small seeded source of random numbers (mulberry32): the same seed, the same run. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
