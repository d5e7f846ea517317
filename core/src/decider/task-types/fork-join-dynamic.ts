import { snapshotTaskOf } from "../../definition/build-flow.ts";
import { decodeWorkflowTask } from "../../definition/decode-workflow-def.ts";
import type { SnapshotTask } from "../../definition/snapshot.ts";
import { unsupportedReason } from "../../definition/unsupported-types.ts";
import { parseJson, writeJson } from "../../model/json.ts";
import type { Json, JsonObject, JsonText } from "../../model/json.ts";
import { isSystemType } from "../../model/system-types.ts";
import type { Task } from "../../model/task.ts";
import type { WorkflowTask } from "../../model/workflow-def.ts";
import { createTask, resolveInput } from "../create-task.ts";
import type { Draft } from "../draft.ts";
import { withSuffix } from "../../model/task-output.ts";
import { WorkflowFailure } from "../signals.ts";
import { forkParticulars, joinAfter } from "./fork-join.ts";
import { forkedTasks } from "./forked-tasks.ts";
import { joinParticulars, startCounting } from "./join.ts";
import type { Place, Reached, TaskType } from "./task-type.ts";

/** A fork of more branches than this is expanded in several slices. */
const FORK_SLICE_BRANCHES = 1000;

/**
 * FORK_JOIN_DYNAMIC: its branches are worked out when it is reached. The JOIN is there before the first branch, with
 * the number of them all; the places of all in the order are reserved, so that a large fork can be expanded slice by
 * slice (`run`, as long as `fork` says that some are missing).
 */
export const forkJoinDynamic: TaskType = {
  *map(draft, entry, place) {
    const input = resolveInput(draft, entry, {});
    const tasks = forkedTasks({
      fork: entry.workflowTask,
      ref: entry.ref,
      input,
      isRepeated: draft.counters.dynamicForkCount > 0,
      definitions: draft.context.definitions,
    });
    const joinEntry = joinAfter(
      entry,
      "Dynamic join definition is not followed by a join task.  Check the workflow definition.",
    );
    checkTypes(tasks);
    const refs = tasks.map((task) => task.taskReferenceName ?? "");
    const fork = createTask(draft, entry, place, {
      ...forkParticulars(
        writeJson({ ...input, forkedTaskDefs: tasks as unknown as Json, forkedTasks: refs }),
      ),
      executed: true,
      endTime: draft.context.now,
    });
    draft.countDynamicFork();
    yield* expand(draft, { fork, joinEntry, place, tasks, refs });
  },
  *run(draft, fork) {
    const { tasks } = branchesOf(fork.inputData);
    yield* expandSlice(draft, fork, tasks);
  },
};

interface Expansion {
  readonly fork: Task;
  readonly joinEntry: SnapshotTask;
  readonly place: Place;
  readonly tasks: readonly WorkflowTask[];
  readonly refs: readonly string[];
}

function* expand(draft: Draft, expansion: Expansion): Iterable<Reached> {
  const { fork, joinEntry, tasks } = expansion;
  if (tasks.length <= FORK_SLICE_BRANCHES || tasks.some(bringsMore)) {
    yield* expandAtOnce(draft, expansion);
    return;
  }
  const first = draft.reserveSeq(tasks.length + 1);
  const join = createJoin(draft, expansion, { refs: expansion.refs, seq: first + tasks.length });
  draft.putOnAgenda(
    draft.patchTask(fork, {
      fork: { expanded: 0, total: tasks.length, joinId: join.taskId, firstSeq: first },
    }),
  );
  startCounting(
    draft,
    join,
    { pending: new Set(expansion.refs).size, failed: 0, errors: 0 },
    joinEntry,
  );
}

/** Branches first, then the JOIN: one that brings several records is waited for at the last of them. */
function* expandAtOnce(draft: Draft, expansion: Expansion): Iterable<Reached> {
  const { joinEntry, place, tasks } = expansion;
  const joinId = draft.context.newId();
  const lastOfRef = new Map(tasks.map((task, index) => [task.taskReferenceName, index]));
  const joinOn: string[] = [];
  for (const [index, task] of tasks.entries()) {
    const ref = task.taskReferenceName ?? "";
    // Of two branches with one ref only the last is scheduled; the lists name the ref twice.
    const isScheduled = lastOfRef.get(ref) === index;
    joinOn.push(isScheduled ? yield* mapBranch(draft, task, { ...place, joinId }) : ref);
  }
  const join = createJoin(draft, expansion, { refs: joinOn, taskId: joinId });
  startCounting(draft, join, { pending: new Set(joinOn).size, failed: 0, errors: 0 }, joinEntry);
}

function createJoin(
  draft: Draft,
  { joinEntry, place }: Expansion,
  {
    refs,
    seq,
    taskId,
  }: { readonly refs: readonly string[]; readonly seq?: number; readonly taskId?: string },
): Task {
  const inputData = writeJson({ ...joinEntry.workflowTask.inputParameters, joinOn: refs });
  return createTask(draft, joinEntry, seq === undefined ? place : { ...place, seq }, {
    ...joinParticulars(inputData),
    ...(taskId === undefined ? {} : { taskId }),
  });
}

function* expandSlice(draft: Draft, fork: Task, tasks: readonly WorkflowTask[]): Iterable<Reached> {
  const { fork: state } = fork;
  if (state === undefined) return;
  const end = Math.min(state.expanded + FORK_SLICE_BRANCHES, state.total);
  const lastOfRef = new Map(tasks.map((task, index) => [task.taskReferenceName, index]));
  for (let index = state.expanded; index < end; index++) {
    const task = tasks[index];
    if (task === undefined || lastOfRef.get(task.taskReferenceName) !== index) continue;
    yield* mapBranch(draft, task, {
      iteration: fork.iteration,
      joinId: state.joinId,
      seq: state.firstSeq + index,
    });
  }
  if (end < state.total) draft.patchTask(fork, { fork: { ...state, expanded: end } });
  else {
    const { fork: _expanded, ...rest } = draft.getTask(fork.taskId);
    draft.replaceTask({ ...rest, agenda: 0 });
  }
}

/** Makes a branch's records; answers the ref that the JOIN waits for. */
function* mapBranch(draft: Draft, task: WorkflowTask, place: Place): Generator<Reached, string> {
  const entry = snapshotTaskOf(task);
  const { taskCount } = draft.counters;
  yield { entry, place };
  if (draft.counters.taskCount === taskCount) {
    const { workflow } = draft;
    throw new WorkflowFailure(
      "FAILED",
      `No dynamic tasks could be created for the Workflow: ` +
        `${workflow.workflowName}.${workflow.workflowVersion}/${workflow.workflowId}, ` +
        `Dynamic Fork Task: ${task.name ?? ""}/${entry.ref} ` +
        `attempted to create a duplicate task reference name: ${withSuffix(entry.ref, place.iteration)}`,
    );
  }
  if (place.seq !== undefined || !bringsMore(task)) return entry.ref;
  return draft.getTask(draft.lastTaskId ?? "").referenceTaskName;
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

/** The branches that a fork's record lists; the last list read is kept, since slices come one after the other. */
function branchesOf(inputData: JsonText): { readonly tasks: readonly WorkflowTask[] } {
  if (lastRead?.inputData !== inputData) {
    const { forkedTaskDefs } = parseJson(inputData) as JsonObject;
    const tasks = (forkedTaskDefs as readonly Json[]).map((item) => decodeWorkflowTask(item));
    lastRead = { inputData, tasks };
  }
  return lastRead;
}

let lastRead: { readonly inputData: JsonText; readonly tasks: readonly WorkflowTask[] } | undefined;
