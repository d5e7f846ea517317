import { parseJson } from "../model/json.ts";
import type { JsonText } from "../model/json.ts";
import type { Task } from "../model/task.ts";
import type { Draft } from "./draft.ts";

/** The refs that a JOIN waits for, as its record names them, each once. */
export function joinRefs(join: Task): readonly string[] {
  const input = parseJson(join.inputData) as { readonly joinOn?: readonly string[] };
  return [...new Set((input.joinOn ?? []).map((ref) => withSuffix(ref, join.iteration)))];
}

/** The outputs of those refs that have one, each under its ref. */
export function joinOutput(draft: Draft, join: Task): JsonText {
  const refs = joinRefs(join);
  draft.needRefs(refs);
  const members: string[] = [];
  for (const ref of refs) {
    const branch = draft.findLive(ref);
    const output = branch === undefined ? "{}" : outputText(draft, branch);
    if (output !== "{}") members.push(`${JSON.stringify(ref)}:${output}`);
  }
  return `{${members.join(",")}}`;
}

/** The text of an attempt's output, whether somebody has set it or it follows from others. */
export function outputText(draft: Draft, task: Task): JsonText {
  if (task.outputData !== undefined) return task.outputData;
  return task.taskType === "JOIN" ? joinOutput(draft, task) : "{}";
}

/** A ref as it is called inside a loop. */
export function withSuffix(ref: string, iteration: number): string {
  return iteration === 0 ? ref : `${ref}__${iteration}`;
}
