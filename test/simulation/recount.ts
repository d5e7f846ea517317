import { isOpen, isSuccessful, isTerminalWorkflow, type Execution, type Task } from "@ostinato/core";

/*
 * What the counters of an execution have to say, counted anew from its attempts: the oracle that the counters, which
 * are kept up step by step, are held against. Written from what the counters mean, not from how they are kept.
 */

/** What is wrong with the header or a JOIN of an execution whose attempts are all known. */
export function findMiscounts(execution: Execution): string[] {
  const { workflow } = execution;
  const wrong: string[] = [];
  for (const [name, counted] of Object.entries(countTasks(execution))) {
    const kept = workflow[name as keyof Counts];
    if (kept !== counted) wrong.push(`${name} is ${String(kept)}, but it should be ${counted}`);
  }
  const { last, seqMax } = lastOf(execution);
  if (seqMax > workflow.seqMax) wrong.push(`seqMax is ${workflow.seqMax}, but there is ${seqMax}`);
  if (last !== undefined && workflow.lastTaskId !== last.taskId && !isExpanding(execution)) {
    wrong.push(`lastTaskId is ${String(workflow.lastTaskId)}, but ${last.taskId} is the last`);
  }
  if (isTerminalWorkflow(workflow.status)) {
    if (workflow.ending === undefined && workflow.openCount > 0) {
      wrong.push(`it has ended, but ${workflow.openCount} attempts are open`);
    }
    if (workflow.endTime === 0) wrong.push("it has ended, but at no time");
    return wrong;
  }
  const joins = [...execution.tasks.values()].filter(
    ({ taskType, status }) => taskType === "JOIN" && isOpen(status),
  );
  if (joins.length === 0) return wrong;
  const live = liveAttempts(execution);
  return [...wrong, ...joins.flatMap((join) => joinMiscounts(live, join))];
}

interface Counts {
  readonly taskCount: number;
  readonly openCount: number;
  readonly agendaCount: number;
  readonly failedCount: number;
}

function countTasks({ tasks }: Execution): Counts {
  let openCount = 0;
  let agendaCount = 0;
  let failedCount = 0;
  for (const { status, agenda } of tasks.values()) {
    if (isOpen(status)) openCount++;
    if (agenda > 0) agendaCount++;
    if (status === "FAILED" || status === "FAILED_WITH_TERMINAL_ERROR") failedCount++;
  }
  return { taskCount: tasks.size, openCount, agendaCount, failedCount };
}

function lastOf({ tasks }: Execution): { last: Task | undefined; seqMax: number } {
  let last: Task | undefined;
  for (const task of tasks.values()) {
    if (last === undefined || task.seq > last.seq) last = task;
  }
  return { last, seqMax: last?.seq ?? 0 };
}

function isExpanding({ tasks }: Execution): boolean {
  return [...tasks.values()].some((task) => task.fork !== undefined);
}

/** A ref is finished when the end of its last attempt has been followed up. */
function joinMiscounts(live: ReadonlyMap<string, Task>, join: Task): string[] {
  const { joinOn = [] } = JSON.parse(join.inputData) as { readonly joinOn?: readonly string[] };
  let pending = 0;
  let failed = 0;
  let errors = 0;
  for (const ref of new Set(joinOn)) {
    const task = live.get(ref);
    if (task === undefined || isOpen(task.status) || !task.executed) pending++;
    else if (!isSuccessful(task.status)) failed++;
    else if (task.status === "COMPLETED_WITH_ERRORS") errors++;
  }
  const kept = JSON.stringify(join.join);
  const counted = JSON.stringify({ pending, failed, errors });
  if (kept === counted) return [];
  return [`${join.referenceTaskName} waits for ${kept}, but it should be ${counted}`];
}

/** The attempt of each ref that has the highest `seq`. */
function liveAttempts({ tasks }: Execution): Map<string, Task> {
  const live = new Map<string, Task>();
  for (const task of tasks.values()) {
    const other = live.get(task.referenceTaskName);
    if (other === undefined || task.seq >= other.seq) live.set(task.referenceTaskName, task);
  }
  return live;
}
