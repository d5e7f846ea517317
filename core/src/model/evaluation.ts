import type { JsonText } from "./json.ts";

/** A script or a query that a decision depends on. It has no effects, so it may be evaluated any number of times. */
export interface Evaluation {
  readonly evaluator: Evaluator;
  readonly expression: string;
  /** The text of an object: what scripts find as `$`, and what queries are about. */
  readonly input: JsonText;
}

/** `javascript`: a script; `function`: the body of a function in JavaScript (LAMBDA); `jq`: a jq program. */
export type Evaluator = "javascript" | "function" | "jq";

export type EvaluationResult =
  /** The text of the value; for `jq`, of the array of all results. */
  | { readonly type: "value"; readonly value: JsonText }
  /**
   * @property message - what was wrong with it, in the evaluator's words
   * @property isRetriable - it ran out of time: the same may be quicker the next time
   */
  | { readonly type: "error"; readonly message: string; readonly isRetriable?: boolean };

/** The same for evaluations that have the same result. */
export function evaluationKey({ evaluator, expression, input }: Evaluation): string {
  return JSON.stringify([evaluator, expression, input]);
}
