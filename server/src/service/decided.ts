import type { Decision } from "@ostinato/core";
import { AppError } from "../errors.ts";

export type Accepted = Extract<Decision, { readonly type: "accept" }>;

/** @throws AppError with the rule's own code and text when the decision is a refusal. */
export function accepted(decision: Decision): Accepted {
  switch (decision.type) {
    case "accept":
      return decision;
    case "reject":
      throw new AppError(decision.code, decision.message);
    case "lookup":
      throw new AppError("INTERNAL", "the engine answered before it had decided");
  }
}

/** The answer of every operation that names an execution which is not there. */
export function noSuchWorkflow(workflowId: string): AppError {
  return new AppError("WORKFLOW_NOT_FOUND", `No such workflow found by id: ${workflowId}`);
}
