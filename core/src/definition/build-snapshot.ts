import type { JsonText } from "../model/json.ts";
import { parseJson } from "../model/json.ts";
import type { TaskDef } from "../model/task-def.ts";
import type { SubWorkflowParams, WorkflowDef, WorkflowTask } from "../model/workflow-def.ts";
import { taskDefDecoder } from "./decode-task-def.ts";
import { decodeWorkflowDef } from "./decode-workflow-def.ts";
import { DefinitionError } from "./definition-error.ts";
import type { Snapshot } from "./snapshot.ts";
import { buildFlow, textOf } from "./build-flow.ts";

export interface SnapshotSources {
  findTaskDef(name: string): TaskDef | undefined;
  /** Without a version: the highest. */
  findWorkflowDef(name: string, version?: number): WorkflowDef | undefined;
  /** A digest of a text; equal snapshots are stored once. */
  hash(text: JsonText): string;
}

/**
 * The snapshot that an execution of this definition runs on if it starts now: every entry of its
 * tree gets a task definition (the embedded one, else the registered one, else one made up of
 * defaults), every child without a version the highest registered one. Inline definitions of
 * children stay as they are; they are settled when the child starts.
 *
 * @throws DefinitionError when a child that needs a version is not registered.
 */
export function buildSnapshot(definition: WorkflowDef, sources: SnapshotSources): Snapshot {
  const settled = { ...definition, tasks: settleTasks(definition.tasks, sources) };
  const text = textOf(settled);
  return { hash: sources.hash(text), text, definition: settled, ...buildFlow(settled) };
}

/** The snapshot whose text was stored under this hash. */
export function readSnapshot(hash: string, text: JsonText): Snapshot {
  const definition = decodeWorkflowDef(parseJson(text));
  return { hash, text, definition, ...buildFlow(definition) };
}

function settleTasks(
  tasks: readonly WorkflowTask[],
  sources: SnapshotSources,
): readonly WorkflowTask[] {
  return tasks.map((task) => settleTask(task, sources));
}

function settleTask(task: WorkflowTask, sources: SnapshotSources): WorkflowTask {
  const settled = withTaskDefinition(task, sources);
  switch (task.type) {
    case "SWITCH":
    case "DECISION":
      return {
        ...settled,
        decisionCases: Object.fromEntries(
          Object.entries(task.decisionCases).map(([name, tasks]) => [
            name,
            settleTasks(tasks, sources),
          ]),
        ),
        defaultCase: settleTasks(task.defaultCase, sources),
      };
    case "FORK_JOIN":
      return {
        ...settled,
        forkTasks: task.forkTasks.map((branch) => settleTasks(branch, sources)),
      };
    case "DO_WHILE":
      return { ...settled, loopOver: settleTasks(task.loopOver, sources) };
    case "SUB_WORKFLOW":
      if (task.subWorkflowParam === undefined) return settled;
      return { ...settled, subWorkflowParam: pinVersion(task.subWorkflowParam, sources) };
    default:
      return settled;
  }
}

function withTaskDefinition(task: WorkflowTask, sources: SnapshotSources): WorkflowTask {
  const { name = "", type } = task;
  if (task.taskDefinition !== undefined || name.trim() === "") return task;
  const taskDefinition = sources.findTaskDef(name) ?? adHocTaskDef(name, type === "SIMPLE");
  const result: Record<string, unknown> = {};
  for (const [member, value] of Object.entries(task)) {
    result[member] = value;
    // Members keep the order that they have on the wire, where this one comes next.
    if (member === "optional") result["taskDefinition"] = taskDefinition;
  }
  return result as unknown as WorkflowTask;
}

const DEFAULT_TASK_DEF: TaskDef = taskDefDecoder.decode({ name: "" });

/** Worker tasks get the defaults; anything else is not retried and need not respond. */
function adHocTaskDef(name: string, isSimple: boolean): TaskDef {
  if (isSimple) return { ...DEFAULT_TASK_DEF, name };
  return { ...DEFAULT_TASK_DEF, name, retryCount: 0, responseTimeoutSeconds: 0 };
}

function pinVersion(params: SubWorkflowParams, sources: SnapshotSources): SubWorkflowParams {
  if (params.version !== undefined || typeof params.workflowDefinition === "object") return params;
  const { name = "null", ...others } = params;
  const child = sources.findWorkflowDef(name);
  if (child === undefined) throw new DefinitionError(name);
  return { name, version: child.version, ...others };
}
