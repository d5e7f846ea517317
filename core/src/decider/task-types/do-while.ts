import type { SnapshotTask } from "../../definition/snapshot.ts";
import { writeJson } from "../../model/json.ts";
import type { Json } from "../../model/json.ts";
import { bodyPlace, placeOf, withSuffix } from "../../model/loop-place.ts";
import { isOpen, isSuccessful } from "../../model/status.ts";
import type { LoopState, Task } from "../../model/task.ts";
import { createTask, inputText, watchTask } from "../create-task.ts";
import type { Draft } from "../draft.ts";
import { endTask } from "../end-task.ts";
import { WorkflowFailure } from "../signals.ts";
import { forgetIteration } from "./forget-iteration.ts";
import { type Answer, askCondition } from "./loop-condition.ts";
import { itemsOf } from "./loop-items.ts";
import type { Reached, TaskType } from "./task-type.ts";

/*
 * DO_WHILE: IN_PROGRESS while its body runs again and again.
 *
 *     run ──► iteration n begins: the body's first entry is reached ──► … ──► the flow comes back (`tellLoop`)
 *      ▲                                                                            │
 *      └──────── the condition holds ◄── nothing in the body is left unfinished ◄───┘
 *
 * It looks at its body only when the flow has come to the end of it, so that an iteration costs as much as what runs in
 * it, however many there were before. Its output is put together from the attempts in its body when it is read.
 * Source: tasks.md 4.9.
 */

const BEFORE_FIRST: LoopState = { atEnd: false, firstKept: 1, lastRuns: {} };
/** In an execution that is not in memory, the refs of so many iterations are looked up at once. */
const ITERATIONS_PER_LOOKUP = 20;

export const doWhile: TaskType = {
  map(draft, entry, place) {
    if (place.joinId !== undefined) throw notInDynamicFork(entry);
    const { taskDefinition } = entry.workflowTask;
    const taskId = draft.context.newId();
    const task = createTask(draft, entry, place, {
      taskId,
      taskType: "DO_WHILE",
      status: "IN_PROGRESS",
      inputData: inputText(draft, entry, { taskId }),
      rateLimitPerFrequency: taskDefinition?.rateLimitPerFrequency ?? 0,
      rateLimitFrequencyInSeconds: taskDefinition?.rateLimitFrequencyInSeconds ?? 1,
      loop: BEFORE_FIRST,
    });
    if (isOpen(task.status)) watchTask(draft, draft.putOnAgenda(task), entry);
  },
  *run(draft, task, entry) {
    const problem = problemOf(entry);
    if (problem !== undefined) {
      endTask(draft, task, {
        status: "FAILED_WITH_TERMINAL_ERROR",
        reasonForIncompletion: problem,
      });
    } else if (task.iteration === 0) {
      yield* begin(draft, task, entry);
    } else {
      yield* goOn(draft, task, entry);
    }
  },
};

/** What is in the body of such a loop would be in no definition. */
function notInDynamicFork({ ref }: SnapshotTask): WorkflowFailure {
  const reason = `Task type DO_WHILE in a branch of a dynamic fork is not yet supported: ${ref}`;
  return new WorkflowFailure("FAILED", reason);
}

/** What a loop cannot run with. */
function problemOf({ body, workflowTask }: SnapshotTask): string | undefined {
  if (body === undefined) return "loopOver has no tasks";
  const { keepLastN } = workflowTask.inputParameters;
  if (keepLastN === undefined || keepLastN === null) return undefined;
  const isCount = typeof keepLastN === "number" && Number.isInteger(keepLastN) && keepLastN > 0;
  return isCount ? undefined : `keepLastN is not a whole number above 0: ${writeJson(keepLastN)}`;
}

/** The condition is not asked before the first iteration. */
function* begin(draft: Draft, task: Task, entry: SnapshotTask): Iterable<Reached> {
  const items = itemsOf(draft, task, entry);
  if (items?.length === 0) endTask(draft, task, { status: "COMPLETED" });
  else yield* iterate(draft, task, { entry, item: items?.[0] });
}

interface Next {
  readonly entry: SnapshotTask;
  /** Absent: the loop does not go over a list. */
  readonly item: Json | undefined;
}

/** Begins the iteration after the one that the record tells of. */
function* iterate(draft: Draft, task: Task, { entry, item }: Next): Iterable<Reached> {
  const iteration = task.iteration + 1;
  prefetch(draft, task, entry);
  const { item: _last, ...state } = task.loop ?? BEFORE_FIRST;
  const loop = { ...state, atEnd: false, ...(item === undefined ? {} : { item: writeJson(item) }) };
  const running = draft.patchTask(task, { iteration, agenda: 0, loop });
  const place = bodyPlace(running, iteration);
  let head = entry.body;
  while (head !== undefined && isSkipped(draft.findLive(withSuffix(head.ref, place)))) {
    head = head.next;
    if (head?.ref === entry.ref) {
      draft.putOnAgenda(draft.patchTask(running, { loop: { ...loop, atEnd: true } }));
      return;
    }
  }
  if (head !== undefined) yield { entry: head, place };
}

function isSkipped(task: Task | undefined): boolean {
  return task?.status === "SKIPPED";
}

function prefetch(draft: Draft, task: Task, { members }: SnapshotTask): void {
  const first = task.iteration + 1;
  const last = Math.ceil(first / ITERATIONS_PER_LOOKUP) * ITERATIONS_PER_LOOKUP;
  draft.needRefs(function* () {
    for (let i = first; i <= last; i++) yield* refsAt(task, members, i);
  });
}

function refsAt(loop: Task, members: readonly SnapshotTask[], iteration: number): string[] {
  const place = bodyPlace(loop, iteration);
  return members.map(({ ref }) => withSuffix(ref, place));
}

function* goOn(draft: Draft, task: Task, entry: SnapshotTask): Iterable<Reached> {
  const refs = refsAt(task, entry.members, task.iteration);
  draft.needRefs(() => refs);
  const found = refs.map((ref) => draft.findLive(ref));
  const failed = found.filter((member) => member !== undefined && isFailed(member));
  if (failed.length > 0) {
    const reasons = failed.map((member) => `${member?.reasonForIncompletion ?? "null"} `);
    endTask(draft, task, { status: "FAILED", reasonForIncompletion: reasons.join("") });
  } else if (task.loop?.atEnd === true && !found.some(isUnfinished)) {
    yield* ask(draft, { ...task, loop: afterIteration(draft, task, entry, found) }, entry);
  } else {
    draft.patchTask(task, { agenda: 0 });
  }
}

/** Only what is permissive: anything else that fails for good ends the workflow. */
function isFailed({ status, executed }: Task): boolean {
  return executed && !isSuccessful(status);
}

/** An attempt that is open, or whose end has not been followed up. */
function isUnfinished(task: Task | undefined): boolean {
  return task !== undefined && !isSkipped(task) && (isOpen(task.status) || !task.executed);
}

/** What the loop remembers once an iteration is complete. */
function afterIteration(
  draft: Draft,
  task: Task,
  { members, workflowTask }: SnapshotTask,
  found: readonly (Task | undefined)[],
): LoopState {
  const { iteration, loop = BEFORE_FIRST } = task;
  const place = bodyPlace(task, iteration - 1);
  const absent = members.filter((_, index) => found[index] === undefined).map(({ ref }) => ref);
  if (iteration > 1) draft.needRefs(() => absent.map((ref) => withSuffix(ref, place)));
  const lastRuns: Record<string, number> = {};
  for (const ref of absent) {
    const known = Object.hasOwn(loop.lastRuns, ref) ? loop.lastRuns[ref] : undefined;
    const ranBefore = iteration > 1 && draft.findLive(withSuffix(ref, place)) !== undefined;
    if (known !== undefined) lastRuns[ref] = known;
    else if (ranBefore) lastRuns[ref] = iteration - 1;
  }
  const { keepLastN } = workflowTask.inputParameters;
  const kept = typeof keepLastN === "number" ? keepLastN : Infinity;
  return { ...loop, lastRuns, firstKept: Math.max(loop.firstKept, iteration - kept + 1) };
}

/** Another iteration, or the end. */
function* ask(draft: Draft, task: Task, entry: SnapshotTask): Iterable<Reached> {
  const { loop = BEFORE_FIRST } = task;
  const items = itemsOf(draft, task, entry);
  const item = items?.[task.iteration];
  const answer = items === undefined || item !== undefined ? verdict(draft, task, entry) : OVER;
  const before = draft.getTask(task.taskId).loop ?? BEFORE_FIRST;
  for (let i = before.firstKept; i < loop.firstKept; i++) forgetIteration(draft, task, i);
  const complete = draft.patchTask(task, { loop });
  if (answer.type === "error") {
    const { reason: reasonForIncompletion } = answer;
    endTask(draft, complete, { status: "FAILED_WITH_TERMINAL_ERROR", reasonForIncompletion });
  } else if (answer.holds) {
    yield* iterate(draft, complete, { entry, item });
  } else {
    endTask(draft, complete, { status: "COMPLETED" });
  }
}

const OVER: Answer = { type: "value", holds: false };

/** A loop over a list needs no condition. */
function verdict(draft: Draft, task: Task, entry: SnapshotTask): Answer {
  const isBlank = (entry.workflowTask.loopCondition ?? "").trim() === "";
  if (isBlank) return { type: "value", holds: task.loop?.item !== undefined };
  return askCondition(draft, task, entry);
}

/**
 * Tells the loop around an attempt that this is finished.
 * @param isAtEnd - whether the flow has come back to the loop with it.
 */
export function tellLoop(
  draft: Draft,
  { task, entry }: { readonly task: Task; readonly entry: SnapshotTask },
  isAtEnd: boolean,
): void {
  if (entry.loop === undefined) return;
  const { iteration, outerSuffix = "" } = placeOf(task);
  const loop = draft.findLive(entry.loop.ref + outerSuffix);
  if (loop === undefined || !isOpen(loop.status) || loop.iteration !== iteration) return;
  const state = loop.loop ?? BEFORE_FIRST;
  if (isAtEnd || state.atEnd) {
    const told = state.atEnd ? loop : draft.patchTask(loop, { loop: { ...state, atEnd: true } });
    draft.putOnAgenda(told);
  } else if (!isSuccessful(task.status)) {
    draft.putOnAgenda(loop);
  }
}
