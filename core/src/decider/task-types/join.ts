import type { SnapshotTask } from "../../definition/snapshot.ts";
import { isOpen, isSuccessful } from "../../model/status.ts";
import { writeJson } from "../../model/json.ts";
import type { JoinState, Task } from "../../model/task.ts";
import { createTask, watchTask } from "../create-task.ts";
import type { Draft } from "../draft.ts";
import { endTask, type TaskEnd } from "../end-task.ts";
import { outputOfTask } from "../join-output.ts";
import { placeOf, withSuffix } from "../../model/loop-place.ts";
import { refsOfJoin } from "../../model/task-output.ts";
import type { TaskType } from "./task-type.ts";

/**
 * JOIN: IN_PROGRESS until every ref that it names is finished. It counts down as they finish, so that its cost does not
 * grow with their number; only one that meets failures looks at them all, once.
 */
export const join: TaskType = {
  map(draft, entry, place) {
    const { joinOn } = entry.workflowTask;
    const task = createTask(draft, entry, place, joinParticulars(writeJson({ joinOn })));
    const refs = refsOfJoin(task);
    draft.needRefs(refs);
    startCounting(draft, task, countRefs(draft, refs), entry);
  },
  run(draft, task) {
    const { pending, failed, errors } = task.join ?? NOTHING;
    if (pending > 0) {
      draft.patchTask(task, { agenda: 0 });
    } else if (failed > 0) {
      endTask(draft, task, failedEnd(draft, task));
    } else if (errors > 0) {
      endTask(draft, task, {
        status: "COMPLETED_WITH_ERRORS",
        reasonForIncompletion: errorReasons(draft, task),
      });
    } else {
      endTask(draft, task, { status: "COMPLETED" });
    }
  },
};

const NOTHING: JoinState = { pending: 0, failed: 0, errors: 0 };

/** What every record of a JOIN starts with. */
export function joinParticulars(
  inputData: string,
): Pick<Task, "taskType" | "taskDefName" | "status" | "inputData"> {
  return { taskType: "JOIN", taskDefName: "JOIN", status: "IN_PROGRESS", inputData };
}

/** Begins to wait; a JOIN that waits for nothing is due at once. */
export function startCounting(
  draft: Draft,
  join: Task,
  state: JoinState,
  entry: SnapshotTask,
): void {
  const counting = draft.patchTask(join, { join: state });
  if (state.pending === 0) draft.putOnAgenda(counting);
  watchTask(draft, counting, entry);
}

/** How things stand with these refs now. */
export function countRefs(draft: Draft, refs: readonly string[]): JoinState {
  let { pending, failed, errors } = NOTHING;
  for (const ref of refs) {
    const task = draft.findLive(ref);
    if (task === undefined || !isFinished(task)) pending++;
    else if (!isSuccessful(task.status)) failed++;
    else if (task.status === "COMPLETED_WITH_ERRORS") errors++;
  }
  return { pending, failed, errors };
}

/**
 * A ref is finished when the end of its attempt has been followed up: no retry comes after it. One that was revived
 * is `executed` from before until its new end is followed up.
 */
function isFinished(task: Task): boolean {
  return !isOpen(task.status) && task.executed && task.agenda === 0;
}

/** Tells the JOINs that wait for this attempt's ref that it is finished. */
export function tellJoins(draft: Draft, task: Task, entry: SnapshotTask): void {
  if (task.joinId !== undefined) {
    const waiting = draft.findTask(task.joinId);
    if (waiting !== undefined) countDown(draft, waiting, task);
    return;
  }
  for (const joinEntry of entry.joins) {
    const waiting = draft.findLive(withSuffix(joinEntry.ref, placeOf(task)));
    if (waiting === undefined || !isOpen(waiting.status)) continue;
    if (waiting.taskType === "JOIN") countDown(draft, waiting, task);
    else draft.putOnAgenda(waiting);
  }
}

function countDown(draft: Draft, join: Task, finished: Task): void {
  if (!isOpen(join.status) || join.join === undefined) return;
  const { pending, failed, errors } = join.join;
  const state: JoinState = {
    pending: pending - 1,
    failed: failed + Number(!isSuccessful(finished.status)),
    errors: errors + Number(finished.status === "COMPLETED_WITH_ERRORS"),
  };
  const counted = draft.patchTask(join, { join: state });
  if (state.pending === 0) draft.putOnAgenda(counted);
}

/**
 * How a JOIN ends whose permissive branches have failed: CANCELED if all of them were. As in the
 * reference, it has not looked any more at the branch that ended last if that comes behind one that
 * failed.
 */
function failedEnd(draft: Draft, join: Task): TaskEnd {
  const tasks = branches(draft, join);
  const failed = tasks.filter((task) => !isSuccessful(task.status));
  const lastEnd = tasks.reduce((latest, { endTime }) => Math.max(latest, endTime), 0);
  const last = tasks.findLastIndex((task) => task.endTime === lastEnd);
  const isUnseen = last > tasks.findIndex((task) => !isSuccessful(task.status));
  const seen = isUnseen ? tasks.filter((_, index) => index !== last) : tasks;
  const outputs = seen.map((task) => ({ task, text: outputOfTask(draft, task) }));
  const members = outputs
    .filter(({ text }) => text !== "{}")
    .map(({ task, text }) => `${JSON.stringify(task.referenceTaskName)}:${text}`);
  return {
    status: failed.every((task) => task.status === "CANCELED") ? "CANCELED" : "FAILED",
    reasonForIncompletion: failed.map((task) => task.reasonForIncompletion ?? "null").join(" "),
    outputData: `{${members.join(",")}}`,
  };
}

function errorReasons(draft: Draft, join: Task): string {
  const names = branches(draft, join)
    .filter((task) => task.status === "COMPLETED_WITH_ERRORS")
    .map((task) => `${task.taskDefName}/${task.taskId}`);
  return `${names.join(" ")} completed with errors`;
}

function branches(draft: Draft, join: Task): Task[] {
  const refs = refsOfJoin(join);
  draft.needRefs(refs);
  return refs.flatMap((ref) => draft.findLive(ref) ?? []);
}
