import type { JsonText } from "@ostinato/core";
import { isSystemType, pollDataListJson, taskLogListJson } from "@ostinato/core";
import type { Engine } from "../engine/engine.ts";
import { AppError } from "../errors.ts";
import type { QueueSize, Store } from "../store/store.ts";
import { accepted } from "./decided.ts";
import type { ExecutionReader } from "./execution-reader.ts";
import type { QueueName } from "./task-update.ts";

/** Single attempts, their logs, and their queues. */
export interface TaskReadService {
  /** @throws AppError TASK_NOT_FOUND */
  taskText(taskId: string): Promise<JsonText>;
  /** Open attempts of a type, oldest first. */
  openTasksText(taskType: string, page: { offset: number; count: number }): Promise<JsonText>;
  /** `undefined` when nothing was logged. */
  logText(taskId: string): Promise<JsonText | undefined>;
  appendLog(taskId: string, log: string): Promise<void>;
  /** How many attempts wait in a queue, delayed ones included. */
  queueSize(queue: QueueName): number;
  queueSizes(): ReadonlyMap<string, QueueSize>;
  /** Of one type, or of all. */
  pollDataText(taskType?: string): Promise<JsonText>;
  /** Offers every open attempt of a worker type again. @returns how many */
  requeue(taskType: string): Promise<number>;
}

/** How many attempts a requeue reads at a time. */
const REQUEUE_PAGE = 500;

export function createTaskReadService(deps: {
  readonly engine: Engine;
  readonly store: Store;
  readonly reader: ExecutionReader;
  readonly now: () => number;
}): TaskReadService {
  const { engine, store, reader, now } = deps;

  /** The open attempts of a type, by execution. They stay open while they are read, so pages do not shift. */
  async function openTasksByWorkflow(taskType: string): Promise<Map<string, string[]>> {
    const byWorkflow = new Map<string, string[]>();
    for (let offset = 0; ; offset += REQUEUE_PAGE) {
      const page = await store.listOpenTasks(taskType, offset, REQUEUE_PAGE);
      for (const { workflowId, task } of page) {
        const known = byWorkflow.get(workflowId);
        if (known === undefined) byWorkflow.set(workflowId, [task.taskId]);
        else known.push(task.taskId);
      }
      if (page.length < REQUEUE_PAGE) return byWorkflow;
    }
  }

  return {
    async taskText(taskId) {
      const found = await store.findTask(taskId);
      if (found === undefined) {
        throw new AppError("TASK_NOT_FOUND", `Task not found for taskId: ${taskId}`);
      }
      const [text = ""] = await reader.taskTexts([found]);
      return text;
    },

    async openTasksText(taskType, { offset, count }) {
      const tasks = count > 0 ? await store.listOpenTasks(taskType, offset, count) : [];
      return `[${(await reader.taskTexts(tasks)).join(",")}]`;
    },

    async logText(taskId) {
      const logs = await store.listLogs(taskId);
      return logs.length === 0 ? undefined : taskLogListJson(taskId, logs);
    },

    appendLog: (taskId, log) => store.appendLogs([{ taskId, log, createdTime: now() }]),

    queueSize: ({ taskType, domain }) =>
      store.queueSizes().get(domain === undefined ? taskType : `${domain}:${taskType}`)?.waiting ??
      0,

    queueSizes: () => store.queueSizes(),

    async pollDataText(taskType) {
      const polls = await engine.listPollData();
      const wanted = (type: string): boolean => taskType === undefined || type === taskType;
      return pollDataListJson(polls.filter((poll) => wanted(poll.taskType)));
    },

    async requeue(taskType) {
      if (isSystemType(taskType)) return 0;
      const byWorkflow = [...(await openTasksByWorkflow(taskType))];
      const counts = await Promise.all(
        byWorkflow.map(async ([workflowId, taskIds]) => {
          accepted(await engine.submit(workflowId, { type: "requeue-tasks", taskIds }));
          return taskIds.length;
        }),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    },
  };
}
