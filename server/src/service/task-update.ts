import type { Decision, ExternalCommand, UpdateTask, UpdateTaskByRef } from "@ostinato/core";
import type { Engine } from "../engine/engine.ts";
import { AppError } from "../errors.ts";
import type { Store } from "../store/store.ts";
import { accepted } from "./decided.ts";

/** A worker's report about one attempt; `workflowId` is what the worker says, and may be wrong. */
export interface TaskReport {
  readonly workflowId: string;
  readonly taskId: string;
  /** `extend-lease`: only a sign of life. */
  readonly command: UpdateTask | { readonly type: "extend-lease"; readonly taskId: string };
}

/** A queue that attempts wait in. */
export interface QueueName {
  readonly taskType: string;
  readonly domain?: string;
}

/** How one report of several was answered. */
export type ReportAnswer =
  | { readonly taskId: string; readonly accepted: true }
  | { readonly taskId: string; readonly accepted: false; readonly error: AppError };

export interface UpdateService {
  /** @throws AppError when the execution or the attempt is not there */
  update(report: TaskReport): Promise<void>;
  /** The same, then tells the attempt's queue. */
  updateAndFindQueue(report: TaskReport): Promise<QueueName | undefined>;
  /** Each report on its own, all in one commit if it can be; answers in order. */
  updateAll(reports: readonly TaskReport[]): Promise<ReportAnswer[]>;
  /** @returns the id of the attempt, `undefined` when none of that ref is open or there is no such execution */
  updateByRef(workflowId: string, result: ResultByRef): Promise<string | undefined>;
}

export type ResultByRef = Omit<UpdateTaskByRef, "type" | "logs">;

export function createUpdateService(deps: {
  readonly engine: Engine;
  readonly store: Store;
  readonly taskLogsMax: number;
}): UpdateService {
  const { engine, store, taskLogsMax } = deps;

  async function decide(report: TaskReport): Promise<Decision> {
    const { workflowId, taskId } = report;
    const command = withLogsCut(report.command, taskLogsMax);
    const decision = await engine.submit(workflowId, command, "consequences");
    if (decision.type !== "reject" || decision.code !== "TASK_NOT_FOUND") return decision;
    // A report under another execution's id counts for the one that the attempt belongs to.
    const found = await store.findTask(taskId);
    if (found === undefined || found.workflowId === workflowId) return decision;
    return engine.submit(found.workflowId, command, "consequences");
  }

  async function answerOne(report: TaskReport): Promise<ReportAnswer> {
    const { taskId } = report;
    try {
      accepted(await decide(report));
      return { taskId, accepted: true };
    } catch (error) {
      if (error instanceof AppError) return { taskId, accepted: false, error };
      throw error;
    }
  }

  return {
    async update(report) {
      accepted(await decide(report));
    },

    async updateAndFindQueue(report) {
      const decision = accepted(await decide(report));
      if (decision.queue !== undefined) return decision.queue;
      const found = await store.findTask(report.taskId);
      if (found === undefined) return undefined;
      const { taskType, domain } = found.task;
      return domain === undefined ? { taskType } : { taskType, domain };
    },

    // Submitted in one turn of the event loop, they are decided in one batch.
    updateAll: (reports) => Promise.all(reports.map(answerOne)),

    async updateByRef(workflowId, result) {
      const command: ExternalCommand = { type: "update-task-by-ref", logs: [], ...result };
      const decision = await engine.submit(workflowId, command, "consequences");
      const isAbsent =
        decision.type === "reject" &&
        (decision.code === "TASK_NOT_FOUND" || decision.code === "WORKFLOW_NOT_FOUND");
      return isAbsent ? undefined : accepted(decision).taskId;
    },
  };
}

function withLogsCut(command: TaskReport["command"], logsMax: number): TaskReport["command"] {
  if (command.type !== "update-task" || command.logs.length <= logsMax) return command;
  return { ...command, logs: command.logs.slice(0, logsMax) };
}
