import type { Evaluation as Asked, EvaluationResult } from "@ostinato/core";

import type { Evaluation } from "./evaluation.ts";
import type { Evaluator } from "./evaluator.ts";

/** What decisions ask for, answered by an evaluator. */
export function evaluateForEngine(
  evaluator: Evaluator,
): (asked: Asked) => Promise<EvaluationResult> {
  return async (asked) => {
    const evaluated = await evaluator.evaluate(evaluationOf(asked));
    if (evaluated.ok) return { type: "value", value: evaluated.value };
    const { message, isRetriable } = evaluated;
    return { type: "error", message, isRetriable };
  };
}

function evaluationOf({ evaluator, expression, input }: Asked): Evaluation {
  if (evaluator === "jq") return { kind: "jq", program: expression, input };
  return {
    kind: "javascript",
    script: expression,
    input,
    asFunction: evaluator === "function",
  };
}
