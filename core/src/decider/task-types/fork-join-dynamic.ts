import { snapshotTaskOf } from "../../definition/build-flow.ts";
import type { SnapshotTask } from "../../definition/snapshot.ts";
import { unsupportedReason } from "../../definition/unsupported-types.ts";
import { writeJson } from "../../model/json.ts";
import type { Json, JsonObject, JsonText } from "../../model/json.ts";
import { isSystemType } from "../../model/system-types.ts";
import type { Task } from "../../model/task.ts";
import type { WorkflowTask } from "../../model/workflow-def.ts";
import { createTask, resolveInput } from "../create-task.ts";
import type { Draft } from "../draft.ts";
import { baseRefOf, placeOf, withSuffix } from "../../model/loop-place.ts";
import { objectOf } from "../scope.ts";
import { WorkflowFailure } from "../signals.ts";
import { forkParticulars, joinAfter } from "./fork-join.ts";
import { forkedTasks } from "./forked-tasks.ts";
import { joinParticulars, startCounting } from "./join.ts";
import type { Place, Reached, TaskType } from "./task-type.ts";

/** A fork of more branches than this is expanded in slices. */
const BRANCHES_AT_ONCE_MAX = 500;
const FORK_SLICE_BRANCHES = 100;

/**
 * FORK_JOIN_DYNAMIC: its branches are worked out when it is reached. Few are made at once. Of many,
 * the JOIN is made first, with the number of them all, and the places of all in the order are
 * reserved; then they are made slice by slice (`run`, as long as `fork` says that some are missing).
 */
export const forkJoinDynamic: TaskType = {
  *map(draft, entry, place) {
    const input = resolveInput(draft, entry, {});
    const isRepeated = draft.counters.dynamicForkCount > 0;
    const tasks = branchesOf(draft, { entry, input, isRepeated });
    const joinEntry = joinAfter(
      entry,
      "Dynamic join definition is not followed by a join task.  Check the workflow definition.",
    );
    checkTypes(tasks);
    draft.countDynamicFork();
    const expansion = { entry, joinEntry, place, input, tasks, refs: tasks.map(refOf) };
    if (tasks.length > BRANCHES_AT_ONCE_MAX && !tasks.some(bringsMore)) {
      prepareSlices(draft, expansion, isRepeated);
    } else {
      yield* expandAtOnce(draft, expansion);
    }
  },
  *run(draft, fork, entry) {
    yield* expandSlice(draft, fork, entry);
  },
};

interface Expansion {
  readonly entry: SnapshotTask;
  readonly joinEntry: SnapshotTask;
  readonly place: Place;
  readonly input: JsonObject;
  readonly tasks: readonly WorkflowTask[];
  readonly refs: readonly string[];
}

function branchesOf(
  draft: Draft,
  fork: { readonly entry: SnapshotTask; readonly input: JsonObject; readonly isRepeated: boolean },
): WorkflowTask[] {
  return forkedTasks({
    fork: fork.entry.workflowTask,
    ref: fork.entry.ref,
    input: fork.input,
    isRepeated: fork.isRepeated,
    definitions: draft.context.definitions,
  });
}

/** Branches first, then the JOIN: one that brings several records is waited for at the last of them. */
function* expandAtOnce(draft: Draft, expansion: Expansion): Iterable<Reached> {
  const { joinEntry, place, input, tasks, refs } = expansion;
  const forkedTaskDefs = tasks as unknown as Json;
  createFork(draft, expansion, writeJson({ ...input, forkedTaskDefs, forkedTasks: refs }));
  const joinId = draft.context.newId();
  const lastOfRef = new Map(refs.map((ref, index) => [ref, index]));
  const joinOn: string[] = [];
  for (const [index, task] of tasks.entries()) {
    const ref = refOf(task);
    // Of two branches with one ref only the last is scheduled; the lists name the ref twice.
    const isScheduled = lastOfRef.get(ref) === index;
    joinOn.push(isScheduled ? yield* mapBranch(draft, task, { ...place, joinId }) : ref);
  }
  const join = createJoin(draft, expansion, { refs: joinOn, taskId: joinId });
  startCounting(draft, join, { pending: new Set(joinOn).size, failed: 0, errors: 0 }, joinEntry);
}

/** What the record of a large fork shows of its branches is read off them, so that it stays small. */
function prepareSlices(draft: Draft, expansion: Expansion, isRepeated: boolean): void {
  const { joinEntry, input, tasks, refs } = expansion;
  const fork = createFork(draft, expansion, writeJson(input));
  const firstSeq = draft.reserveSeq(tasks.length + 1);
  const join = createJoin(draft, expansion, { refs, seq: firstSeq + tasks.length });
  const total = tasks.length;
  draft.putOnAgenda(
    draft.patchTask(fork, {
      fork: { expanded: 0, total, joinId: join.taskId, isRepeated, firstSeq },
    }),
  );
  startCounting(draft, join, { pending: new Set(refs).size, failed: 0, errors: 0 }, joinEntry);
}

function createFork(draft: Draft, { entry, place }: Expansion, inputData: JsonText): Task {
  const endTime = draft.context.now;
  return createTask(draft, entry, place, {
    ...forkParticulars(inputData),
    executed: true,
    endTime,
  });
}

interface JoinOfFork {
  readonly refs: readonly string[];
  readonly seq?: number;
  readonly taskId?: string;
}

function createJoin(
  draft: Draft,
  { joinEntry, place }: Expansion,
  { refs, seq, taskId }: JoinOfFork,
): Task {
  const inputData = writeJson({ ...joinEntry.workflowTask.inputParameters, joinOn: refs });
  return createTask(draft, joinEntry, seq === undefined ? place : { ...place, seq }, {
    ...joinParticulars(inputData),
    ...(taskId === undefined ? {} : { taskId }),
  });
}

function* expandSlice(draft: Draft, fork: Task, entry: SnapshotTask): Iterable<Reached> {
  const { fork: state } = fork;
  if (state === undefined) return;
  const { tasks, lastOfRef } = readBranches(draft, fork, entry);
  const end = Math.min(state.expanded + FORK_SLICE_BRANCHES, state.total);
  for (let index = state.expanded; index < end; index++) {
    const task = tasks[index];
    if (task === undefined || lastOfRef.get(refOf(task)) !== index) continue;
    const seq = state.firstSeq + index;
    yield* mapBranch(draft, task, { ...placeOf(fork), joinId: state.joinId, seq });
  }
  draft.patchTask(fork, {
    fork: { ...state, expanded: end },
    ...(end === state.total ? { agenda: 0 } : {}),
  });
}

interface Branches {
  readonly tasks: readonly WorkflowTask[];
  readonly lastOfRef: ReadonlyMap<string, number>;
}

/** The branches of a fork; those that were read last are kept, since its slices follow one another. */
function readBranches(draft: Draft, fork: Task, entry: SnapshotTask): Branches {
  if (lastRead?.inputData !== fork.inputData) {
    const isRepeated = fork.fork?.isRepeated === true;
    const tasks = branchesOf(draft, { entry, input: objectOf(fork.inputData), isRepeated });
    const lastOfRef = new Map(tasks.map((task, index) => [refOf(task), index]));
    lastRead = { inputData: fork.inputData, branches: { tasks, lastOfRef } };
  }
  return lastRead.branches;
}

let lastRead: { readonly inputData: JsonText; readonly branches: Branches } | undefined;

/** Makes a branch's records; answers the ref that the JOIN waits for. */
function* mapBranch(draft: Draft, task: WorkflowTask, place: Place): Generator<Reached, string> {
  const entry = snapshotTaskOf(task);
  const { taskCount, seqMax } = draft.counters;
  yield { entry, place };
  if (draft.counters.taskCount === taskCount) {
    const { workflow } = draft;
    throw new WorkflowFailure(
      "FAILED",
      `No dynamic tasks could be created for the Workflow: ` +
        `${workflow.workflowName}.${workflow.workflowVersion}/${workflow.workflowId}, ` +
        `Dynamic Fork Task: ${task.name ?? ""}/${entry.ref} ` +
        `attempted to create a duplicate task reference name: ${withSuffix(entry.ref, place)}`,
    );
  }
  return bringsMore(task) ? lastOfBranch(draft, seqMax) : entry.ref;
}

/** Of the records of one branch only the last reports to the JOIN. */
function lastOfBranch(draft: Draft, seqBefore: number): string {
  const tasks = draft.addedSince(seqBefore);
  const last = draft.getTask(draft.lastTaskId ?? "");
  for (const { joinId: _silent, ...task } of tasks) {
    if (task.taskId !== last.taskId) draft.replaceTask(task);
  }
  return baseRefOf(last);
}

function refOf({ taskReferenceName = "" }: WorkflowTask): string {
  return taskReferenceName;
}

/** Types whose mapping makes more than one record. */
function bringsMore({ type }: WorkflowTask): boolean {
  return type === "FORK_JOIN" || type === "FORK_JOIN_DYNAMIC" || type === "SWITCH";
}

/** A branch of a type that nobody knows needs a task definition, or nobody would ever end it. */
function checkTypes(tasks: readonly WorkflowTask[]): void {
  for (const task of tasks) {
    const { name = "", type = "SIMPLE", taskDefinition } = task;
    const unsupported = unsupportedReason(task);
    if (unsupported !== undefined) throw new WorkflowFailure("FAILED", unsupported);
    if (type === "SIMPLE" || isSystemType(type) || taskDefinition !== undefined) continue;
    throw new WorkflowFailure(
      "FAILED",
      `Invalid task specified. Cannot find task by name ${name} in the task definitions`,
    );
  }
}
