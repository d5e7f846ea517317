import type { Json } from "../model/json.ts";
import { numberText } from "../model/decode.ts";
import { memberOf, writeJson } from "../model/json.ts";
import type { TaskDef } from "../model/task-def.ts";
import type { WorkflowTask } from "../model/workflow-def.ts";
import { parseWaitDuration, parseWaitUntil } from "./wait-literals.ts";

export type FindTaskDef = (name: string) => TaskDef | undefined;

type Rule = (task: WorkflowTask, findTaskDef: FindTaskDef) => readonly string[];

/** What each type demands of its entry. Source: Conductor's `WorkflowTaskTypeConstraint`. */
const RULES: Readonly<Record<string, Rule>> = {
  EVENT: (task) => requireFields(task, ["sink"]),
  DYNAMIC: (task) => requireFields(task, ["dynamicTaskNameParam"]),
  SUB_WORKFLOW: (task) => requireFields(task, ["subWorkflowParam"]),
  SWITCH: (task) => [
    ...(task.evaluatorType === undefined
      ? requireFields(task, ["evaluatorType"])
      : requireFields(task, ["expression"])),
    ...requireCases(task),
  ],
  DECISION: (task) => [
    ...(task.caseValueParam === undefined && task.caseExpression === undefined
      ? [isRequired(task, "caseValueParam or caseExpression")]
      : []),
    ...requireCases(task),
  ],
  DO_WHILE: (task) => [
    ...requireFields(task, ["loopCondition"]),
    ...(task.loopOver.length === 0 ? [isRequired(task, "loopOver")] : []),
  ],
  FORK_JOIN: (task) =>
    task.forkTasks.length === 0 ? [`forkTasks should have atleast one task ${ofTask(task)}`] : [],
  FORK_JOIN_DYNAMIC: dynamicForkRule,
  HTTP: (task, findTaskDef) =>
    hasInput(task, ["http_request", "uri", "method"]) ||
    hasTemplate(task, "http_request", findTaskDef)
      ? []
      : [isRequired(task, "inputParameters.http_request or inputParameters.uri")],
  KAFKA_PUBLISH: (task, findTaskDef) => requireInput(task, "kafka_request", findTaskDef),
  JSON_JQ_TRANSFORM: (task, findTaskDef) => requireInput(task, "queryExpression", findTaskDef),
  TERMINATE: terminateRule,
  WAIT: waitRule,
};

/** The messages of the rules that an entry breaks because of its type. */
export function brokenTypeRules(task: WorkflowTask, findTaskDef: FindTaskDef): readonly string[] {
  const { type } = task;
  const rule = type !== undefined && Object.hasOwn(RULES, type) ? RULES[type] : undefined;
  return rule === undefined ? [] : rule(task, findTaskDef);
}

function ofTask(task: WorkflowTask): string {
  return `for taskType: ${task.type} taskName: ${nameOf(task)}`;
}

function nameOf(task: WorkflowTask): string {
  return task.name ?? "null";
}

function isRequired(task: WorkflowTask, field: string): string {
  return `${field} field is required ${ofTask(task)}`;
}

function requireFields(
  task: WorkflowTask,
  fields: readonly (keyof WorkflowTask)[],
): readonly string[] {
  const missing = fields.filter((field) => task[field] === undefined);
  return missing.map((field) => isRequired(task, field));
}

function requireCases(task: WorkflowTask): readonly string[] {
  if (Object.keys(task.decisionCases).length > 0) return [];
  return [`decisionCases should have atleast one task ${ofTask(task)}`];
}

function hasInput(task: WorkflowTask, keys: readonly string[]): boolean {
  return keys.some((key) => Object.hasOwn(task.inputParameters, key));
}

function hasTemplate(task: WorkflowTask, key: string, findTaskDef: FindTaskDef): boolean {
  const def = task.taskDefinition ?? findTaskDef(task.name ?? "");
  return def !== undefined && Object.hasOwn(def.inputTemplate, key);
}

function requireInput(
  task: WorkflowTask,
  key: string,
  findTaskDef: FindTaskDef,
): readonly string[] {
  if (hasInput(task, [key]) || hasTemplate(task, key, findTaskDef)) return [];
  return [isRequired(task, `inputParameters.${key}`)];
}

function dynamicForkRule(task: WorkflowTask): readonly string[] {
  if (hasInput(task, ["forkTaskInputs"])) return [];
  if (task.dynamicForkJoinTasksParam === undefined) {
    return requireFields(task, ["dynamicForkTasksParam", "dynamicForkTasksInputParamName"]);
  }
  const hasOther =
    task.dynamicForkTasksParam !== undefined || task.dynamicForkTasksInputParamName !== undefined;
  if (!hasOther) return [];
  return [
    "dynamicForkJoinTasksParam or combination of dynamicForkTasksInputParamName and " +
      `dynamicForkTasksParam cam be used ${ofTask(task)}`,
  ];
}

const TERMINATION_STATUSES: readonly Json[] = ["COMPLETED", "FAILED", "TERMINATED"];

function terminateRule(task: WorkflowTask): readonly string[] {
  const messages: string[] = [];
  const status = memberOf(task.inputParameters, "terminationStatus") ?? null;
  if (task.optional) messages.push(`terminate task cannot be optional, taskName: ${nameOf(task)}`);
  if (!TERMINATION_STATUSES.includes(status)) {
    messages.push(
      "terminate task must have an terminationStatus parameter and must be set to COMPLETED or " +
        `FAILED, taskName: ${nameOf(task)}`,
    );
  }
  return messages;
}

function waitRule(task: WorkflowTask): readonly string[] {
  const duration = inputText(task, "duration");
  const until = inputText(task, "until");
  if (duration !== "" && until !== "") {
    return ["Both 'duration' and 'until' specified. Please provide only one input"];
  }
  if (isLiteral(duration) && parseWaitDuration(duration) === undefined) {
    return ["Either date or duration is passed as null "];
  }
  if (isLiteral(until) && parseWaitUntil(until, () => 0) === undefined) {
    return ["Unable to parse date "];
  }
  return [];
}

/** The text of an input; empty when it is absent or blank. */
function inputText(task: WorkflowTask, key: string): string {
  const value = memberOf(task.inputParameters, key) ?? "";
  const text = typeof value === "string" ? value : (numberText(value) ?? writeJson(value));
  return text.trim() === "" ? "" : text;
}

function isLiteral(text: string): boolean {
  return text !== "" && !text.startsWith("${");
}
