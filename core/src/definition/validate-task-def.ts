import type { TaskDef } from "../model/task-def.ts";
import type { Violation } from "./violation.ts";
import { fieldViolation } from "./violation.ts";

/** Fields that must not be negative. Their message says 0 whatever the value is. */
const NOT_NEGATIVE = [
  "retryCount",
  "totalTimeoutSeconds",
  "pollTimeoutSeconds",
  "maxRetryDelaySeconds",
  "backoffJitterMs",
] as const;

/** All rules that a task definition breaks. Source: Conductor's `TaskDef` constraints. */
export function validateTaskDef(
  def: TaskDef,
  options: { readonly ownerEmailMandatory: boolean },
): readonly Violation[] {
  const violations: Violation[] = [];
  function report(field: keyof TaskDef, message: string): void {
    const value = def[field];
    const shown = typeof value === "string" || typeof value === "number" ? value : undefined;
    violations.push(fieldViolation(field, message, shown));
  }
  if ((def.name ?? "") === "") report("name", "TaskDef name cannot be null or empty");
  for (const field of NOT_NEGATIVE) {
    if ((def[field] ?? 0) < 0) report(field, `TaskDef ${field}: 0 must be >= 0`);
  }
  const response = def.responseTimeoutSeconds;
  if (response < 1) {
    const message = `TaskDef responseTimeoutSeconds: ${response} should be minimum 1 second`;
    report("responseTimeoutSeconds", message);
  }
  if (def.backoffScaleFactor < 1) {
    report("backoffScaleFactor", "Backoff scale factor. Applicable for LINEAR_BACKOFF");
  }
  if (options.ownerEmailMandatory && (def.ownerEmail ?? "").trim() === "") {
    report("ownerEmail", "ownerEmail cannot be empty");
  }
  for (const message of brokenTimeoutRelations(def)) violations.push({ path: "", message });
  return violations;
}

function brokenTimeoutRelations(def: TaskDef): readonly string[] {
  const { timeoutSeconds, responseTimeoutSeconds, totalTimeoutSeconds } = def;
  const messages: string[] = [];
  if (timeoutSeconds <= 0) return messages;
  if (responseTimeoutSeconds > timeoutSeconds) {
    messages.push(
      `TaskDef: ${nameOf(def)} responseTimeoutSeconds: ${responseTimeoutSeconds} ` +
        `must be less than timeoutSeconds: ${timeoutSeconds}`,
    );
  }
  if (totalTimeoutSeconds > 0 && timeoutSeconds > totalTimeoutSeconds) {
    messages.push(
      `TaskDef: ${nameOf(def)} timeoutSeconds: ${timeoutSeconds} ` +
        `must be less than or equal to totalTimeoutSeconds: ${totalTimeoutSeconds}`,
    );
  }
  return messages;
}

function nameOf(def: TaskDef): string {
  return def.name ?? "null";
}
