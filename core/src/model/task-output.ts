import type { JsonText } from "./json.ts";
import { baseRefOf, bodyPlace, placeOf, withSuffix } from "./loop-place.ts";
import { isOpen, isSuccessful } from "./status.ts";
import type { Task } from "./task.ts";

/** Finds the live attempt of a ref of the same execution. */
export type FindLive = (ref: string) => Task | undefined;

/** What outputs that follow from other attempts' are put together from. */
export interface OutputSources {
  readonly findLive: FindLive;
  /** The refs in the body of a DO_WHILE, at any depth, but not those in loops within it. */
  readonly bodyRefs: (loop: Task) => readonly string[];
}

/** Whether the attempt's output is that of others: the refs that a JOIN waits for, the body of a DO_WHILE. */
export function hasDerivedOutput({ outputData, taskType }: Task): boolean {
  return outputData === undefined && (taskType === "JOIN" || taskType === "DO_WHILE");
}

/** The refs that a JOIN waits for, each once, as attempts are called: inside a loop with the iteration. */
export function refsOfJoin(join: Task): string[] {
  const { joinOn } = JSON.parse(join.inputData) as { joinOn?: unknown };
  if (!Array.isArray(joinOn)) return [];
  return [...new Set(joinOn.map((ref) => withSuffix(String(ref), placeOf(join))))];
}

/**
 * The output that the attempt shows: what was stored; of a JOIN that nobody gave one, the outputs of
 * the refs it waits for so far, without empty ones (tasks.md 4.5); of a DO_WHILE its iterations (4.9.8);
 * else `{}`.
 */
export function outputText(task: Task, sources: OutputSources): JsonText {
  return outputWithin(task, { ...sources, above: new Set() });
}

interface Search extends OutputSources {
  /** The attempts whose output is being put together: one that waits for itself adds nothing. */
  readonly above: Set<string>;
}

function outputWithin(task: Task, search: Search): JsonText {
  if (!hasDerivedOutput(task)) return task.outputData ?? "{}";
  if (task.taskType === "DO_WHILE") return loopText(task, undefined, search);
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

/**
 * The output of a DO_WHILE that nobody gave one.
 * @param names - the members that are wanted; absent: all.
 */
export function loopOutputText(
  loop: Task,
  names: Iterable<string> | undefined,
  sources: OutputSources,
): JsonText {
  return loopText(loop, names, { ...sources, above: new Set() });
}

function loopText(loop: Task, names: Iterable<string> | undefined, search: Search): JsonText {
  search.above.add(loop.taskId);
  const members: string[] = [];
  for (const name of new Set(names ?? loopMembers(loop, search))) {
    const text = loopMember(loop, name, search);
    if (text !== undefined) members.push(`${JSON.stringify(name)}:${text}`);
  }
  search.above.delete(loop.taskId);
  return `{${members.join(",")}}`;
}

function* loopMembers(loop: Task, sources: OutputSources): Generator<string> {
  const last = lastShown(loop, sources);
  for (let i = loop.loop?.firstKept ?? 1; i <= last; i++) yield String(i);
  yield* ["iteration", "loopIndex", "loopItem"];
}

function loopMember(loop: Task, name: string, search: Search): JsonText | undefined {
  const { item } = loop.loop ?? {};
  switch (name) {
    case "iteration":
      return String(loop.iteration);
    case "loopIndex":
      return item === undefined ? undefined : String(loop.iteration - 1);
    case "loopItem":
      return item;
    default:
      return /^[1-9]\d{0,14}$/.test(name) ? iterationText(loop, Number(name), search) : undefined;
  }
}

function iterationText(loop: Task, iteration: number, search: Search): JsonText | undefined {
  const { firstKept = 1 } = loop.loop ?? {};
  if (iteration < firstKept || iteration > lastShown(loop, search)) return undefined;
  const place = bodyPlace(loop, iteration);
  const members: string[] = [];
  for (const ref of search.bodyRefs(loop)) {
    const task = search.findLive(withSuffix(ref, place));
    if (task === undefined || isUnseenEnd(task, loop) || search.above.has(task.taskId)) continue;
    // A loop looks at a TERMINATE before it has run, and never again.
    const output = task.taskType === "TERMINATE" ? "{}" : outputWithin(task, search);
    members.push(`${JSON.stringify(ref)}:${output}`);
  }
  return `{${members.join(",")}}`;
}

/**
 * The last iteration that a loop's output tells of: the one that runs once it has come to its end, or
 * what has been done of it by the time the workflow ends.
 */
function lastShown(loop: Task, { findLive, bodyRefs }: OutputSources): number {
  const { iteration } = loop;
  if (iteration === 0 || loop.loop?.atEnd === true) return iteration;
  if (isOpen(loop.status)) return iteration - 1;
  const place = bodyPlace(loop, iteration);
  const hasBegun = bodyRefs(loop).some((ref) => {
    const task = findLive(withSuffix(ref, place));
    return task !== undefined && (task.executed || hasTerminated(task));
  });
  return hasBegun ? iteration : iteration - 1;
}

function hasTerminated({ taskType, status }: Task): boolean {
  return taskType === "TERMINATE" && status === "COMPLETED";
}

/** What had ended well, but was not followed up when the loop failed, was never looked at. */
function isUnseenEnd(task: Task, loop: Task): boolean {
  const { status, executed } = task;
  const hasFailed =
    !isOpen(loop.status) && !isSuccessful(loop.status) && loop.status !== "CANCELED";
  return hasFailed && !isOpen(status) && isSuccessful(status) && !executed;
}

/** The refs of the attempts that a derived output follows from, as far as the attempt itself tells. */
export function refsOfOutput(task: Task, bodyRefs: OutputSources["bodyRefs"]): string[] {
  if (task.taskType === "JOIN") return refsOfJoin(task);
  return iterationsOf(task).flatMap((iteration) =>
    bodyRefs(task).map((ref) => withSuffix(ref, bodyPlace(task, iteration))),
  );
}

/** The iterations of a DO_WHILE whose attempts are kept. */
export function iterationsOf({ iteration, loop }: Task): number[] {
  const first = loop?.firstKept ?? 1;
  return Array.from({ length: Math.max(0, iteration - first + 1) }, (_, index) => first + index);
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
