import type { WorkflowDef, WorkflowTask } from "../model/workflow-def.ts";
import { unsupportedReason } from "./unsupported-types.ts";
import { brokenReferences } from "./validate-references.ts";
import type { FindTaskDef } from "./validate-task-type.ts";
import { brokenTypeRules } from "./validate-task-type.ts";
import type { Violation } from "./violation.ts";
import { fieldViolation } from "./violation.ts";

export interface WorkflowDefRules {
  /** The registered task definition with this name. */
  readonly findTaskDef: FindTaskDef;
  readonly ownerEmailMandatory: boolean;
  /** Whether the characters of a definition's name are restricted. */
  readonly nameValidation: boolean;
  /** Whether `${name}` may read a variable of the server's environment. */
  isEnvironmentName(name: string): boolean;
}

/**
 * All rules that a workflow definition breaks, those of its tasks included. The rules do not look
 * into loop bodies and inline child definitions, as in the reference. Only of a definition that is
 * otherwise valid is it said what this version cannot run, wherever that is nested.
 *
 * Source: Conductor's constraints on `WorkflowDef` and `WorkflowTask`.
 */
export function validateWorkflowDef(
  def: WorkflowDef,
  rules: WorkflowDefRules,
): readonly Violation[] {
  const violations = definitionViolations(def, rules);
  for (const message of brokenReferences(def, rules)) violations.push({ path: "", message });
  for (const [path, task] of cascadedTasks("tasks", def.tasks)) {
    violations.push(...taskViolations(path, task, rules.findTaskDef));
  }
  return violations.length > 0 ? violations : findUnsupported(def);
}

/**
 * What this version cannot run in a definition, wherever it is nested. To be asked also for a
 * definition that nobody validates, such as one that an expression gives.
 */
export function findUnsupported(def: WorkflowDef): readonly Violation[] {
  return [...unsupportedTasks("tasks", def.tasks)];
}

/** Java's `\s`, which is ASCII only. */
const NAME = /^[A-Za-z0-9_<>{}# \t\n\v\f\r-]+$/;

function definitionViolations(def: WorkflowDef, rules: WorkflowDefRules): Violation[] {
  const violations: Violation[] = [];
  const { name = "", schemaVersion, ownerEmail = "" } = def;
  if (name === "") {
    const message = "WorkflowDef name cannot be null or empty";
    violations.push(fieldViolation("name", message, def.name));
  } else if (rules.nameValidation && !NAME.test(name)) {
    const message =
      `Invalid name '${name}'. Allowed characters are alphanumeric, underscores, spaces, ` +
      "hyphens, and special characters like <, >, {, }, #";
    violations.push(fieldViolation("name", message, name));
  }
  if (def.tasks.length === 0) {
    violations.push({ path: "tasks", message: "WorkflowTask list cannot be empty" });
  }
  if (schemaVersion !== 2) {
    const message = "workflowDef schemaVersion: 2 is only supported";
    violations.push(fieldViolation("schemaVersion", message, schemaVersion));
  }
  if (rules.ownerEmailMandatory && ownerEmail.trim() === "") {
    const message = "ownerEmail cannot be empty";
    violations.push(fieldViolation("ownerEmail", message, def.ownerEmail));
  }
  return violations;
}

function taskViolations(
  path: string,
  task: WorkflowTask,
  findTaskDef: FindTaskDef,
): readonly Violation[] {
  const violations: Violation[] = [];
  const texts = [
    ["name", "WorkflowTask name cannot be empty or null"],
    ["taskReferenceName", "WorkflowTask taskReferenceName name cannot be empty or null"],
    ["type", "WorkTask type cannot be null or empty"],
  ] as const;
  for (const [field, message] of texts) {
    const value = task[field];
    if ((value ?? "") !== "") continue;
    violations.push(fieldViolation(`${path}.${field}`, message, value));
  }
  if (task.startDelay < 0) {
    const message = "must be greater than or equal to 0";
    violations.push(fieldViolation(`${path}.startDelay`, message, task.startDelay));
  }
  for (const message of brokenTypeRules(task, findTaskDef)) violations.push({ path, message });
  return violations;
}

type PathAndTask = readonly [path: string, task: WorkflowTask];

/** Tasks whose rules are checked: these and, whatever their type, those in cases and branches. */
function* cascadedTasks(path: string, tasks: readonly WorkflowTask[]): Generator<PathAndTask> {
  for (const [index, task] of tasks.entries()) {
    const at = `${path}[${index}]`;
    yield [at, task];
    for (const [list, children] of casesAndBranches(at, task)) {
      yield* cascadedTasks(list, children);
    }
  }
}

function* casesAndBranches(
  at: string,
  task: WorkflowTask,
): Generator<readonly [path: string, tasks: readonly WorkflowTask[]]> {
  for (const [name, children] of Object.entries(task.decisionCases)) {
    yield [`${at}.decisionCases[${name}].<map value>`, children];
  }
  yield [`${at}.defaultCase`, task.defaultCase];
  for (const [index, children] of task.forkTasks.entries()) {
    yield [`${at}.forkTasks[${index}].<list element>`, children];
  }
}

function* unsupportedTasks(path: string, tasks: readonly WorkflowTask[]): Generator<Violation> {
  for (const [index, task] of tasks.entries()) {
    const at = `${path}[${index}]`;
    const message = unsupportedReason(task);
    if (message !== undefined) yield { path: at, message };
    for (const [list, children] of casesAndBranches(at, task)) {
      yield* unsupportedTasks(list, children);
    }
    yield* unsupportedTasks(`${at}.loopOver`, task.loopOver);
    const child = task.subWorkflowParam?.workflowDefinition;
    if (typeof child !== "object") continue;
    yield* unsupportedTasks(`${at}.subWorkflowParam.workflowDefinition.tasks`, child.tasks);
  }
}
