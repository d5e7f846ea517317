import { utf8Length } from "../expression/utf8-length.ts";
import type { Task } from "../model/task.ts";
import { payloadReason } from "./create-task.ts";
import type { Draft } from "./draft.ts";

/** An attempt as it ends with an output that may be too large: then it fails for good. Source: engine.md 17.6. */
export function withinOutputLimit(draft: Draft, task: Task): Task {
  const limit = draft.context.payloadLimits.taskOutputBytesMax;
  const { outputData = "{}", taskId } = task;
  if (outputData.length * 3 <= limit) return task;
  const bytes = utf8Length(outputData);
  if (bytes <= limit) return task;
  return {
    ...task,
    status: "FAILED_WITH_TERMINAL_ERROR",
    outputData: "{}",
    reasonForIncompletion: payloadReason(bytes, { taskId, workflowId: draft.workflowId, limit }),
  };
}
