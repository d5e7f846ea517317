import type { Task } from "./task.ts";

/*
 * How attempts in loops are called: by the ref of their entry and `__<n>` for each loop around it, from the outermost
 * inwards. Source: tasks.md 4.9.2; loops within loops are ours.
 */

/** Where an attempt is with regard to the loops around it. */
export interface LoopPlace {
  /** Of the innermost loop, 0 outside loops. */
  readonly iteration: number;
  /** What the loops around the innermost one add to its refs. */
  readonly outerSuffix?: string;
}

type Named = Pick<Task, "taskType" | "referenceTaskName" | "iteration" | "outerSuffix">;

/** What is added to the ref of an entry that is reached there. */
export function suffixAt({ iteration, outerSuffix = "" }: LoopPlace): string {
  return iteration === 0 ? outerSuffix : `${outerSuffix}__${iteration}`;
}

/** A ref as attempts of it are called there. */
export function withSuffix(ref: string, place: LoopPlace): string {
  return ref + suffixAt(place);
}

/** Where an attempt is. The `iteration` of a DO_WHILE is its own, not that of a loop around it. */
export function placeOf({ taskType, iteration, outerSuffix = "" }: Named): LoopPlace {
  if (taskType !== "DO_WHILE") return { iteration, outerSuffix };
  const at = outerSuffix.lastIndexOf("__");
  if (at < 0) return { iteration: 0 };
  return { iteration: Number(outerSuffix.slice(at + 2)), outerSuffix: outerSuffix.slice(0, at) };
}

/** Where the body of a DO_WHILE is in one of its iterations. */
export function bodyPlace(loop: Named, iteration: number): LoopPlace {
  return { iteration, outerSuffix: loop.outerSuffix ?? "" };
}

/** The ref of an attempt without what its loops have added. */
export function baseRefOf(task: Named): string {
  const { referenceTaskName } = task;
  const suffix = suffixAt(placeOf(task));
  const isSuffixed = suffix !== "" && referenceTaskName.endsWith(suffix);
  return isSuffixed ? referenceTaskName.slice(0, -suffix.length) : referenceTaskName;
}
