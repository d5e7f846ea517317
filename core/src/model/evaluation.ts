import type { JsonText } from "./json.ts";

/** A script or a query that a decision depends on. It has no effects, so it may be evaluated any number of times. */
export interface Evaluation {
  readonly evaluator: Evaluator;
  readonly expression: string;
  /** The text of an object: what scripts find as `$`, and what queries are about. */
  readonly input: JsonText;
}

/** `javascript` as INLINE, LAMBDA, SWITCH, DECISION and DO_WHILE run it; `jq` as JSON_JQ_TRANSFORM does. */
export type Evaluator = "javascript" | "jq";

export type EvaluationResult =
  /** The text of the value; for `jq`, of the array of all results. */
  | { readonly type: "value"; readonly value: JsonText }
  /** @property message - what was wrong with it, in the evaluator's words. */
  | { readonly type: "error"; readonly message: string };

/** The same for evaluations that have the same result. */
export function evaluationKey({ evaluator, expression, input }: Evaluation): string {
  return JSON.stringify([evaluator, expression, input]);
}
