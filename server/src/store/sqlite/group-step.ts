import {
  type ChangeSet,
  isOpen,
  isTerminalWorkflow,
  type QueueChange,
  type TaskChange,
} from "@ostinato/core";

import type { CommitGroup } from "../store.ts";
import { encodeInt, encodeRecord, encodeText, type Value } from "./codec.ts";
import {
  encodeData,
  encodeEntry,
  encodeTimeouts,
  TASK_COLUMNS,
  WORKFLOW_INDEXED,
  WORKFLOW_REST,
} from "./rows.ts";
import type { EnqueueStep, GroupChange, GroupStep, TaskStep, TouchStep } from "./steps.ts";

const WORKFLOW_COLUMNS = [...WORKFLOW_INDEXED, ...WORKFLOW_REST];

/**
 * A group as the writer gets it.
 * @param nextVersion - gives claim versions, each once.
 * @throws UnstorableError when a value cannot be stored.
 */
export function groupStep(group: CommitGroup, nextVersion: () => number): GroupStep {
  const isCheck = group.changeSet === undefined;
  const { workflowId, baseVersion, outbox } = isCheck ? group : group.changeSet;
  return {
    type: "group",
    workflowId,
    baseVersion,
    consumes: group.consumes,
    outbox: outbox.flatMap((each) => [each.targetWorkflowId, JSON.stringify(each.command)]),
    ...(isCheck ? {} : { change: groupChange(group.changeSet, nextVersion) }),
  };
}

function groupChange(changeSet: ChangeSet, nextVersion: () => number): GroupChange {
  if (changeSet.removed !== undefined) return REMOVED;
  const { workflow, queue, idempotency } = changeSet;
  const claimsSeen = changeSet.claimsSeen.flatMap((each) => [each.taskId, each.claimVersion]);
  const { enqueued, touched, dequeued } = queueSteps(queue, nextVersion);
  return {
    removed: false,
    isEnded: isTerminalWorkflow(workflow.status),
    definitionHash: workflow.definitionHash,
    workflow: encodeRecord(WORKFLOW_COLUMNS, workflow),
    data: encodeData(changeSet.data),
    tasks: changeSet.tasks.map(taskStep),
    deletedTaskIds: changeSet.deletedTaskIds,
    enqueued,
    touched,
    dequeued,
    logs: logRows(changeSet.logs),
    claimsSeen,
    ...(idempotency === undefined ? {} : { idempotency: keyOf(idempotency) }),
    definitions: changeSet.definitions.flatMap(({ hash, text }) => [hash, text]),
  };
}

const REMOVED: GroupChange = {
  removed: true,
  isEnded: true,
  definitionHash: "",
  workflow: [],
  data: [],
  tasks: [],
  deletedTaskIds: [],
  enqueued: [],
  touched: [],
  dequeued: [],
  logs: [],
  claimsSeen: [],
  definitions: [],
};

function taskStep({ task, isNew, setsWorkerId = false }: TaskChange): TaskStep {
  return {
    isNew,
    isEnded: !isOpen(task.status),
    setsWorkerId,
    values: encodeRecord(TASK_COLUMNS, task),
  };
}

interface QueueSteps {
  readonly enqueued: EnqueueStep[];
  readonly touched: TouchStep[];
  readonly dequeued: string[];
}

function queueSteps(changes: readonly QueueChange[], nextVersion: () => number): QueueSteps {
  const steps: QueueSteps = { enqueued: [], touched: [], dequeued: [] };
  for (const change of changes) {
    switch (change.type) {
      case "enqueue": {
        const { entry } = change;
        steps.enqueued.push({
          taskId: entry.taskId,
          claimVersion: nextVersion(),
          values: encodeEntry(entry),
        });
        break;
      }
      case "heartbeat": {
        const { taskId, updateTime } = change;
        encodeInt("update_time", updateTime);
        steps.touched.push({ taskId, claimVersion: nextVersion(), updateTime });
        break;
      }
      case "set-timeouts":
        steps.touched.push({ taskId: change.taskId, timeouts: encodeTimeouts(change.timeouts) });
        break;
      case "dequeue":
        steps.dequeued.push(change.taskId);
    }
  }
  return steps;
}

function keyOf(idempotency: {
  readonly key: string;
  readonly replaces?: string;
}): GroupChange["idempotency"] & {} {
  const { key, replaces } = idempotency;
  encodeText("idempotency key", key);
  return replaces === undefined ? { key } : { key, replaces };
}

export function logRows(logs: ChangeSet["logs"]): Value[] {
  return logs.flatMap(({ taskId, createdTime, log }) => [
    encodeText("task_id", taskId),
    encodeInt("created_time", createdTime),
    encodeText("log", log),
  ]);
}
