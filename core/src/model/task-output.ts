import type { JsonText } from "./json.ts";
import { isOpen } from "./status.ts";
import type { Task } from "./task.ts";

/** Finds the live attempt of a ref of the same execution. */
export type FindLive = (ref: string) => Task | undefined;

/** Whether the attempt's output is that of the refs it waits for. */
export function hasDerivedOutput(task: Task): boolean {
  return task.outputData === undefined && task.taskType === "JOIN";
}

/** The refs that a JOIN waits for, each once, as attempts are called: inside a loop with the iteration. */
export function refsOfJoin(join: Task): string[] {
  const { joinOn } = JSON.parse(join.inputData) as { joinOn?: unknown };
  if (!Array.isArray(joinOn)) return [];
  return [...new Set(joinOn.map((ref) => withSuffix(String(ref), join.iteration)))];
}

/** The ref of an attempt without the suffix that its loop gave it. */
export function baseRefOf({ referenceTaskName, iteration }: Task): string {
  const suffix = `__${iteration}`;
  const isSuffixed = iteration > 0 && referenceTaskName.endsWith(suffix);
  return isSuffixed ? referenceTaskName.slice(0, -suffix.length) : referenceTaskName;
}

/** A ref as attempts of it are called inside a loop. */
export function withSuffix(ref: string, iteration: number): string {
  return iteration === 0 ? ref : `${ref}__${iteration}`;
}

/**
 * The output that the attempt shows: what was stored; of a JOIN that nobody gave one, the outputs of
 * the refs it waits for so far, without empty ones (tasks.md 4.5); else `{}`.
 */
export function outputText(task: Task, findLive: FindLive): JsonText {
  return outputWithin(task, { findLive, above: new Set() });
}

interface Search {
  readonly findLive: FindLive;
  /** The JOINs whose output is being put together: one that waits for itself adds nothing. */
  readonly above: Set<string>;
}

function outputWithin(task: Task, search: Search): JsonText {
  if (!hasDerivedOutput(task)) return task.outputData ?? "{}";
  search.above.add(task.taskId);
  const members: string[] = [];
  for (const ref of refsOfJoin(task)) {
    const branch = search.findLive(ref);
    if (branch === undefined || !isSeen(branch) || search.above.has(branch.taskId)) continue;
    const output = outputWithin(branch, search);
    if (!isEmptyObject(output)) members.push(`${JSON.stringify(ref)}:${output}`);
  }
  search.above.delete(task.taskId);
  return `{${members.join(",")}}`;
}

/** A branch whose end has not been followed up, because the workflow ended with it, was never looked at. */
function isSeen(branch: Task): boolean {
  return isOpen(branch.status) || branch.executed;
}

function isEmptyObject(text: JsonText): boolean {
  return text.length < 32 && /^\s*\{\s*\}\s*$/.test(text);
}

/** Finds the attempts that report to this JOIN. */
export type FindBranches = (joinId: string) => Iterable<Task>;

/**
 * The input that the attempt shows. A large dynamic fork does not keep the list of its branches:
 * it is read off them.
 */
export function inputText(task: Task, findBranches: FindBranches): JsonText {
  if (task.fork === undefined) return task.inputData;
  const branches = [...findBranches(task.fork.joinId)]
    .filter((branch) => branch.retriedTaskId === undefined)
    .sort((a, b) => a.seq - b.seq);
  const refs = branches.map((branch) => JSON.stringify(baseRefOf(branch)));
  const entries = branches.map(branchEntryText);
  const members = `"forkedTaskDefs":[${entries.join(",")}],"forkedTasks":[${refs.join(",")}]}`;
  return isEmptyObject(task.inputData)
    ? `{${members}`
    : `${task.inputData.slice(0, -1)},${members}`;
}

/** The `WorkflowTask` of a branch of a dynamic fork, whole. */
export function branchEntryText(task: Task): JsonText {
  const { workflowTask = "{}", inputParameters = task.inputData } = task;
  const rest = isEmptyObject(workflowTask) ? "}" : `,${workflowTask.slice(1)}`;
  const ref = JSON.stringify(baseRefOf(task));
  return `{"taskReferenceName":${ref},"inputParameters":${inputParameters}${rest}`;
}

/** The live attempt of each ref, which is the one with the highest `seq`. */
export function liveAmong(tasks: Iterable<Task>): FindLive {
  const live = new Map<string, Task>();
  for (const task of tasks) {
    const known = live.get(task.referenceTaskName);
    if (known === undefined || known.seq <= task.seq) live.set(task.referenceTaskName, task);
  }
  return (ref) => live.get(ref);
}
