import { checkHandouts } from "./check-handouts.ts";
import { checkResults } from "./check-results.ts";
import { checkWorkflows } from "./check-workflows.ts";
import type { History } from "./history.ts";

/** Everything in a history that a correct server could not have caused, a line each. */
export function checkHistory(history: History): string[] {
  return [
    ...history.complaints,
    ...checkWorkflows(history),
    ...checkResults(history),
    ...checkHandouts(history),
  ];
}
