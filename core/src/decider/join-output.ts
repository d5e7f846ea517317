import { bodyRefsIn } from "../definition/body-refs.ts";
import type { JsonText } from "../model/json.ts";
import type { Task } from "../model/task.ts";
import {
  hasDerivedOutput,
  loopOutputText,
  type OutputSources,
  outputText,
  refsOfOutput,
} from "../model/task-output.ts";
import type { Draft } from "./draft.ts";

/** The text of an attempt's output, whether somebody has set it or it follows from others. */
export function outputOfTask(draft: Draft, task: Task): JsonText {
  const sources = sourcesOf(draft);
  if (hasDerivedOutput(task)) draft.needRefs(refsOfOutput(task, sources.bodyRefs));
  return outputText(task, sources);
}

/** Some members of the output of a DO_WHILE; costs as much as these. */
export function loopOutput(draft: Draft, loop: Task, names: Iterable<string>): JsonText {
  return loopOutputText(loop, names, sourcesOf(draft));
}

function sourcesOf(draft: Draft): OutputSources {
  return { findLive: (ref) => draft.findLive(ref), bodyRefs: bodyRefsIn(draft.snapshot) };
}
