import { evaluationKey, type Evaluation, type EvaluationResult, type Lookup } from "@ostinato/core";

import type { EngineDeps } from "./deps.ts";
import { fetchedOf } from "./lookups.ts";
import type { Lane } from "./submission.ts";

/*
 * Scripts and queries mostly take less than a commit does. So a batch waits a little for their results and decides again
 * with them, instead of storing every step of a loop of scripts on its own. What takes longer is looked up like
 * everything else, after the commit.
 */

/** How often an execution is decided again within a batch, and how long the batch may be held up by all of it. */
export const PROMPT_ROUNDS_MAX = 50;
export const PROMPT_MS_MAX = 20;
/** A result that takes longer than this is not waited for. */
const PROMPT_ROUND_MS_MAX = 5;

/** What a decision lacks, if that is nothing but the results of scripts and queries. */
export function evaluationsAmong(lookups: readonly Lookup[]): readonly Evaluation[] {
  const evaluations: Evaluation[] = [];
  for (const lookup of lookups) {
    if (lookup.type !== "evaluations") return [];
    evaluations.push(...lookup.evaluations);
  }
  return evaluations;
}

/** Puts the results where the lane's next decision finds them; answers whether all of them came in time. */
export async function evaluatePromptly(
  lane: Lane,
  evaluations: readonly Evaluation[],
  { clock, evaluate }: Pick<EngineDeps, "clock" | "evaluate">,
): Promise<boolean> {
  const { evaluations: results } = fetchedOf(lane);
  let cancel = (): void => undefined;
  const tooLate = new Promise<boolean>((resolve) => {
    cancel = clock.setTimer(clock.now() + PROMPT_ROUND_MS_MAX, () => resolve(false));
  });
  const all = Promise.all(
    evaluations.map(async (evaluation) => {
      results.set(evaluationKey(evaluation), await evaluate(evaluation));
    }),
  ).then(
    () => true,
    // Whoever looks it up after the commit is told.
    () => false,
  );
  const inTime = await Promise.race([all, tooLate]);
  cancel();
  return inTime;
}

/** Evaluates what is asked for again, while it is under way, only once. */
export function sharedWhileUnderWay(
  evaluate: (evaluation: Evaluation) => Promise<EvaluationResult>,
): (evaluation: Evaluation) => Promise<EvaluationResult> {
  const underWay = new Map<string, Promise<EvaluationResult>>();
  return (evaluation) => {
    const key = evaluationKey(evaluation);
    const known = underWay.get(key);
    if (known !== undefined) return known;
    const result = evaluate(evaluation).finally(() => underWay.delete(key));
    underWay.set(key, result);
    return result;
  };
}
