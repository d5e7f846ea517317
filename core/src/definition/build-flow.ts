import type { Json, JsonText } from "../model/json.ts";
import { writeJson } from "../model/json.ts";
import type { WorkflowDef, WorkflowTask } from "../model/workflow-def.ts";
import type { Snapshot, SnapshotTask } from "./snapshot.ts";

/**
 * Works out where each entry of a definition stands in its flow.
 *
 * What comes after an entry is its next sibling. Behind the last entry of a list the flow leaves
 * the list's owner: a case goes on with what comes after the SWITCH, a branch with what comes after
 * the fork, which is its JOIN, a loop's body with the DO_WHILE itself, which decides about another
 * iteration. Nothing comes after TERMINATE.
 */
export function buildFlow(definition: WorkflowDef): Pick<Snapshot, "first" | "byRef"> {
  const flow: Flow = { byRef: new Map(), joins: [] };
  const first = placeList(definition.tasks, NO_SURROUNDINGS, flow);
  linkJoins(flow);
  return { first, byRef: flow.byRef };
}

/** An entry that stands alone, such as a branch of a dynamic fork: nothing comes after it. */
export function snapshotTaskOf(workflowTask: WorkflowTask): SnapshotTask {
  const flow: Flow = { byRef: new Map(), joins: [] };
  const placed = newPlacedTask(workflowTask);
  flow.byRef.set(placed.ref, placed);
  placeChildren(placed, NO_SURROUNDINGS, flow);
  linkJoins(flow);
  return placed;
}

function linkJoins(flow: Flow): void {
  for (const join of flow.joins) {
    const { joinOn, defaultExclusiveJoinTask, type } = join.workflowTask;
    const refs = type === "JOIN" ? joinOn : [...joinOn, ...defaultExclusiveJoinTask];
    for (const ref of new Set(refs)) flow.byRef.get(ref)?.joins.push(join);
  }
}

/** The text of a definition or of one of its entries. */
export function textOf(model: WorkflowDef | WorkflowTask): JsonText {
  return writeJson(model as unknown as Json);
}

interface Flow {
  readonly byRef: Map<string, PlacedTask>;
  readonly joins: PlacedTask[];
}

/** An entry that is being placed. */
type PlacedTask = {
  -readonly [K in keyof SnapshotTask]: SnapshotTask[K];
} & { readonly joins: SnapshotTask[]; readonly members: SnapshotTask[] };

/** What surrounds a list. */
interface Surroundings {
  /** What comes after the list's last entry. */
  readonly leaveTo: SnapshotTask | undefined;
  /** The innermost DO_WHILE around it. */
  readonly loop: PlacedTask | undefined;
}

const NO_SURROUNDINGS: Surroundings = { leaveTo: undefined, loop: undefined };

/** Places the entries of a list and all within them, and answers the first one. */
function placeList(
  tasks: readonly WorkflowTask[],
  around: Surroundings,
  flow: Flow,
): SnapshotTask | undefined {
  const list = tasks.map(newPlacedTask);
  for (const [index, placed] of list.entries()) {
    flow.byRef.set(placed.ref, placed);
    placed.sibling = list[index + 1];
    placed.loop = around.loop;
    around.loop?.members.push(placed);
    const leaveTo = placed.sibling ?? around.leaveTo;
    if (placed.workflowTask.type !== "TERMINATE") placed.next = leaveTo;
    placeChildren(placed, { leaveTo, loop: around.loop }, flow);
  }
  return list[0];
}

function newPlacedTask(workflowTask: WorkflowTask): PlacedTask {
  return {
    ref: workflowTask.taskReferenceName ?? "",
    workflowTask,
    text: textOf(workflowTask),
    next: undefined,
    sibling: undefined,
    loop: undefined,
    joins: [],
    branches: NO_BRANCHES,
    cases: NO_CASES,
    defaultCase: undefined,
    body: undefined,
    members: [],
  };
}

const NO_BRANCHES: readonly (SnapshotTask | undefined)[] = [];
const NO_CASES: ReadonlyMap<string, SnapshotTask | undefined> = new Map();

function placeChildren(placed: PlacedTask, inside: Surroundings, flow: Flow): void {
  const { workflowTask } = placed;
  switch (workflowTask.type) {
    case "SWITCH":
    case "DECISION":
      placed.cases = new Map(
        Object.entries(workflowTask.decisionCases).map(([name, tasks]) => [
          name,
          placeList(tasks, inside, flow),
        ]),
      );
      placed.defaultCase = placeList(workflowTask.defaultCase, inside, flow);
      break;
    case "FORK_JOIN":
      placed.branches = workflowTask.forkTasks.map((branch) => placeList(branch, inside, flow));
      break;
    case "DO_WHILE":
      placed.body = placeList(workflowTask.loopOver, { leaveTo: placed, loop: placed }, flow);
      break;
    case "JOIN":
    case "EXCLUSIVE_JOIN":
      flow.joins.push(placed);
      break;
    default:
  }
}
