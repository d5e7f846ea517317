import type { Task } from "../model/task.ts";
import type { Workflow } from "../model/workflow.ts";

/** The members of the header that follow from its attempts; kept apart while they change often. */
export interface Counters {
  readonly seqMax: number;
  readonly taskCount: number;
  readonly openCount: number;
  readonly agendaNext: number;
  readonly agendaCount: number;
  readonly failedCount: number;
  readonly permissiveFailureCount: number;
  readonly dynamicForkCount: number;
}

export const NO_COUNTERS: Counters = {
  seqMax: 0,
  taskCount: 0,
  openCount: 0,
  agendaNext: 1,
  agendaCount: 0,
  failedCount: 0,
  permissiveFailureCount: 0,
  dynamicForkCount: 0,
};

export function countersOf(workflow: Workflow): Counters {
  const { seqMax, taskCount, openCount, agendaNext, agendaCount } = workflow;
  const { failedCount, permissiveFailureCount, dynamicForkCount } = workflow;
  return {
    seqMax,
    taskCount,
    openCount,
    agendaNext,
    agendaCount,
    failedCount,
    permissiveFailureCount,
    dynamicForkCount,
  };
}

/** Whether the attempt counts for `failedReferenceTaskNames`: TIMED_OUT and CANCELED ones do not. */
export function isNamedFailure(task: Task): boolean {
  return task.status === "FAILED" || task.status === "FAILED_WITH_TERMINAL_ERROR";
}

export function bySeq(a: Task, b: Task): number {
  return a.seq - b.seq;
}
