import type { SnapshotTask } from "../definition/snapshot.ts";
import type { Evaluation } from "../model/evaluation.ts";
import { isOpen, isSuccessful, isTerminalWorkflow } from "../model/status.ts";
import type { Task } from "../model/task.ts";
import type { Lookup } from "./decision.ts";
import type { Draft } from "./draft.ts";
import { carryEnding, endWorkflow } from "./end-workflow.ts";
import { entryOf } from "./entries.ts";
import { judge, retryTask } from "./retry-rule.ts";
import type { Verdict } from "./retry-rule.ts";
import { placeOf, withSuffix } from "../model/loop-place.ts";
import { objectOf } from "./scope.ts";
import { LookupSignal, WorkflowFailure } from "./signals.ts";
import { tellLoop } from "./task-types/do-while.ts";
import { tellJoins } from "./task-types/join.ts";
import { mapEntry, mapReached } from "./task-types/map-entry.ts";
import { terminationOf } from "./task-types/simple-operators.ts";
import { typeNamed } from "./task-types/task-types.ts";

/*
 * Goes as far as an execution can go by itself, round by round (engine.md 7.3): first all attempts that have ended, by
 * `seq`, then what the server runs itself. What is left to do is on the agenda, so a round may stop anywhere and be
 * taken up again: by the next batch, after a crash, on another server.
 *
 *      agenda: ended attempts ──judge──► fail: end the workflow      go on / retry ──► new attempts ─┐
 *              open system tasks ──run──► COMPLETED, FAILED, …  ──► ended attempts of the next round ◄┘
 */

/**
 * How many records one execution may write in one batch; the rest waits for a `continue`. Whoever asks something of
 * another execution waits for the batch, so that a slice is to take about as long as a commit.
 */
export const CHANGES_PER_SLICE_MAX = 400;

export type Advance =
  | { readonly type: "settled" }
  | { readonly type: "more" }
  | { readonly type: "lookup"; readonly lookup: Lookup };

export function advance(draft: Draft): Advance {
  for (;;) {
    if (draft.writes >= CHANGES_PER_SLICE_MAX && hasWork(draft)) return { type: "more" };
    const mark = draft.mark();
    try {
      if (!step(draft)) return { type: "settled" };
    } catch (signal) {
      draft.rollbackTo(mark);
      if (signal instanceof LookupSignal) return { type: "lookup", lookup: signal.lookup };
      throw signal;
    }
  }
}

function hasWork(draft: Draft): boolean {
  const { status, ending } = draft.workflow;
  return ending !== undefined || (status === "RUNNING" && draft.counters.agendaCount > 0);
}

/** One step; answers whether there may be another. */
function step(draft: Draft): boolean {
  const { status, ending } = draft.workflow;
  if (ending !== undefined) {
    carryEnding(draft);
    return true;
  }
  if (isTerminalWorkflow(status) || status === "PAUSED") return false;
  if (draft.counters.agendaCount > 0) {
    round(draft);
    return true;
  }
  if (draft.counters.openCount > 0) return false;
  complete(draft, []);
  return true;
}

/** A failure of the flow itself undoes what the round has scheduled, and ends the workflow. */
function round(draft: Draft): void {
  const mark = draft.mark();
  try {
    followEnds(draft);
    if (isTerminalWorkflow(draft.workflow.status)) return;
    const evaluations = runSystemTasks(draft);
    if (evaluations.length > 0 && draft.mark() === mark)
      throw new LookupSignal({ type: "evaluations", evaluations });
  } catch (signal) {
    if (!(signal instanceof WorkflowFailure)) throw signal;
    draft.rollbackTo(mark);
    endWorkflow(draft, {
      status: signal.status,
      reason: signal.message,
      taskId: signal.taskId,
      failureWorkflow: true,
    });
  }
}

interface Ended {
  readonly task: Task;
  readonly entry: SnapshotTask;
  readonly verdict: Verdict;
}

function followEnds(draft: Draft): void {
  const ended = draft
    .agendaTasks()
    .filter((task) => !isOpen(task.status) && !isExpanding(task))
    .map((task) => withVerdict(draft, task));
  if (ended.length === 0) return;
  for (const { task, verdict } of ended) {
    if (verdict.type !== "fail") continue;
    endWorkflow(draft, { ...verdict, taskId: task.taskId, failureWorkflow: true });
    return;
  }
  const terminated = ended.find(
    ({ task }) => task.taskType === "TERMINATE" && task.status === "COMPLETED",
  );
  if (terminated !== undefined) {
    terminateByTask(draft, terminated.task);
    return;
  }
  const { taskCount } = draft.counters;
  draft.together(() => {
    for (const end of ended) followUp(draft, end);
  });
  const { counters } = draft;
  if (counters.agendaCount === 0 && counters.openCount === 0 && counters.taskCount === taskCount) {
    complete(draft, ended);
  }
}

function withVerdict(draft: Draft, task: Task): Ended {
  const entry = entryOf(draft, task);
  return { task, entry, verdict: judge(draft, task, entry) };
}

function followUp(draft: Draft, { task, entry, verdict }: Ended): void {
  if (verdict.type === "retry") {
    retryTask(draft, task, entry, verdict.taskDef);
    return;
  }
  const finished = finish(draft, task, entry);
  tellJoins(draft, finished, entry);
  const isAtEnd = mapNext(draft, finished, entry) === "end-of-loop";
  tellLoop(draft, { task: finished, entry }, isAtEnd);
}

/** The end of an attempt has been followed up; an optional one that failed counts as done, with errors. */
function finish(draft: Draft, task: Task, entry: SnapshotTask): Task {
  const { optional, permissive } = entry.workflowTask;
  const failed = !isSuccessful(task.status);
  if (failed && permissive && !optional) draft.countPermissiveFailure();
  return draft.patchTask(task, {
    executed: true,
    agenda: 0,
    ...(failed && optional ? { status: "COMPLETED_WITH_ERRORS" as const } : {}),
  });
}

/**
 * Makes the records of what comes next. The case that a SWITCH has chosen carries the flow on from it; behind the last
 * entry in the body of a loop, and behind a TERMINATE in it that has failed, the loop decides.
 */
function mapNext(draft: Draft, task: Task, entry: SnapshotTask): "end-of-loop" | undefined {
  const isCase = task.taskType === "SWITCH" || task.taskType === "DECISION";
  if (isCase && Object.hasOwn(objectOf(task.inputData), "hasChildren")) return undefined;
  if (task.taskType === "TERMINATE" && task.status === "COMPLETED") return undefined;
  const place = placeOf(task);
  const { loop } = entry;
  const isEnd = (next: SnapshotTask | undefined): boolean =>
    loop !== undefined && (next === undefined || next.ref === loop.ref);
  let { next } = entry;
  while (
    next !== undefined &&
    !isEnd(next) &&
    draft.findLive(withSuffix(next.ref, place))?.status === "SKIPPED"
  ) {
    next = next.next;
  }
  if (isEnd(next)) return "end-of-loop";
  if (next !== undefined) mapEntry(draft, next, place);
  return undefined;
}

/** A dynamic fork is COMPLETED from the start, even while some of its branches are still to be made. */
function isExpanding({ fork }: Task): boolean {
  return fork !== undefined && fork.expanded < fork.total;
}

/**
 * Works on what the server runs itself and is due.
 * @returns the scripts and queries whose results are missing; the tasks that need them are as they were
 */
export function runSystemTasks(draft: Draft): Evaluation[] {
  const due = draft.agendaTasks().filter((task) => isOpen(task.status) || isExpanding(task));
  const missing: Evaluation[] = [];
  for (const task of due) {
    if (draft.writes >= CHANGES_PER_SLICE_MAX) break;
    const mark = draft.mark();
    const current = draft.getTask(task.taskId);
    try {
      mapReached(draft, typeNamed(task.taskType).run?.(draft, current, entryOf(draft, task)));
    } catch (signal) {
      if (!(signal instanceof LookupSignal) || signal.lookup.type !== "evaluations") throw signal;
      draft.rollbackTo(mark);
      missing.push(...signal.lookup.evaluations);
    }
  }
  return missing;
}

function terminateByTask(draft: Draft, task: Task): void {
  const { status, reason } = terminationOf(task);
  draft.patchWorkflow({ terminateTaskId: task.taskId });
  if (failForPermissive(draft)) return;
  if (status === "COMPLETED") {
    endWorkflow(draft, { status, reason, failureWorkflow: false });
  } else {
    draft.patchTask(task, { executed: true });
    endWorkflow(draft, { status, reason, taskId: task.taskId, failureWorkflow: true });
  }
}

/**
 * Nothing is open and nothing is left to do.
 * @param ended - the attempts whose ends brought it about: as in the reference, they stay not `executed`.
 */
function complete(draft: Draft, ended: readonly Ended[]): void {
  for (const { task } of ended) {
    const current = draft.getTask(task.taskId);
    if (!current.retried) draft.patchTask(current, { executed: task.executed });
  }
  if (failForPermissive(draft)) return;
  const reason = draft.counters.taskCount === 0 ? "No tasks found to be executed" : undefined;
  endWorkflow(draft, { status: "COMPLETED", reason, failureWorkflow: false });
}

/** Permissive tasks that have failed fail the workflow at its end, whatever else would have ended it. */
function failForPermissive(draft: Draft): boolean {
  const failures = permissiveFailures(draft);
  if (failures.length === 0) return false;
  endWorkflow(draft, { status: "FAILED", reason: failures.join(". "), failureWorkflow: true });
  return true;
}

/** What is said of permissive tasks whose last attempt has failed. */
function permissiveFailures(draft: Draft): string[] {
  if (draft.counters.permissiveFailureCount === 0) return [];
  const latest = new Map<string, Task>();
  for (const task of draft.allTasks()) {
    const known = latest.get(task.referenceTaskName);
    if (known === undefined || known.retryCount <= task.retryCount)
      latest.set(task.referenceTaskName, task);
  }
  return [...latest.values()]
    .filter((task) => !isOpen(task.status) && !isSuccessful(task.status))
    .filter((task) => isPermissive(entryOf(draft, task)))
    .map((task) => {
      const reason = task.reasonForIncompletion ?? "null";
      return `Task ${task.taskId} failed with status: ${task.status} and reason: '${reason}'`;
    });
}

function isPermissive({ workflowTask }: SnapshotTask): boolean {
  return workflowTask.permissive && !workflowTask.optional;
}
