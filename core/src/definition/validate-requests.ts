import type { StartWorkflowRequest, TaskResult } from "../model/requests.ts";
import type { WorkflowDefRules } from "./validate-workflow-def.ts";
import { validateWorkflowDef } from "./validate-workflow-def.ts";
import type { Violation } from "./violation.ts";
import { fieldViolation, violationsAt } from "./violation.ts";

const PRIORITY_MAX = 99;

/**
 * All rules that a request to start a workflow breaks, those of its inline definition included. An
 * empty name breaks none of them: the look-up refuses it.
 */
export function validateStartWorkflowRequest(
  request: StartWorkflowRequest,
  rules: WorkflowDefRules,
): readonly Violation[] {
  const violations: Violation[] = [];
  const { name, priority, workflowDef } = request;
  if (name === undefined) {
    violations.push({ path: "name", message: "Workflow name cannot be null or empty" });
  }
  if (priority < 0) {
    const message = `priority: ${priority} should be minimum 0`;
    violations.push(fieldViolation("priority", message, priority));
  }
  if (priority > PRIORITY_MAX) {
    const message = `priority: ${priority} should be maximum ${PRIORITY_MAX}`;
    violations.push(fieldViolation("priority", message, priority));
  }
  if (workflowDef === undefined) return violations;
  return [...violations, ...violationsAt("workflowDef", validateWorkflowDef(workflowDef, rules))];
}

/** All rules that a worker's result breaks by itself. */
export function validateTaskResult(result: TaskResult): readonly Violation[] {
  const violations: Violation[] = [];
  const { workflowInstanceId, taskId } = result;
  if ((workflowInstanceId ?? "") === "") {
    const message = "Workflow Id cannot be null or empty";
    violations.push(fieldViolation("workflowInstanceId", message, workflowInstanceId));
  }
  if ((taskId ?? "") === "") {
    const message = "Task ID cannot be null or empty";
    violations.push(fieldViolation("taskId", message, taskId));
  }
  return violations;
}
