import type { JsonText } from "../model/json.ts";
import type { Task } from "../model/task.ts";
import { hasDerivedOutput, outputText, refsOfJoin } from "../model/task-output.ts";
import type { Draft } from "./draft.ts";

/** The text of an attempt's output, whether somebody has set it or it follows from others. */
export function outputOfTask(draft: Draft, task: Task): JsonText {
  if (hasDerivedOutput(task)) draft.needRefs(refsOfJoin(task));
  return outputText(task, (ref) => draft.findLive(ref));
}
