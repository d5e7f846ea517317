import { javaText } from "../../expression/java-text.ts";
import type { SnapshotTask } from "../../definition/snapshot.ts";
import type { Json } from "../../model/json.ts";
import { isOpen } from "../../model/status.ts";
import type { Task } from "../../model/task.ts";
import { createTask, inputText } from "../create-task.ts";
import type { Draft } from "../draft.ts";
import { endTask } from "../end-task.ts";
import { objectOf } from "../scope.ts";
import { startWhenDue } from "../start-when-due.ts";
import type { TaskType } from "./task-type.ts";

/** Types whose attempts are named after the type instead of the entry. */
const NAMED_BY_ENTRY: ReadonlySet<string> = new Set([
  "LLM_SEARCH_EMBEDDINGS",
  "GET_AGENT_CARD",
  "CANCEL_AGENT",
  "LIST_API_TOOLS",
  "PLAN_AND_COMPILE",
  "PLANNER_CONTEXT_FETCH",
]);

/** Tasks for an AI or agent provider: none is built in, so they fail and say which one is missing. */
export const provider: TaskType = {
  map(draft, entry, place) {
    const { type = "", startDelay } = entry.workflowTask;
    const task = createTask(draft, entry, place, {
      taskType: type,
      status: "SCHEDULED",
      inputData: inputText(draft, entry, {}),
      callbackAfterSeconds: startDelay,
      ...(NAMED_BY_ENTRY.has(type) ? {} : { taskDefName: type }),
    });
    if (isOpen(task.status)) startWhenDue(draft, task, entry);
  },
  run: fail,
};

function fail(draft: Draft, task: Task, _entry: SnapshotTask): void {
  const input = objectOf(task.inputData);
  if (task.taskType === "LLM_GENERATE_EMBEDDINGS" && isBlank(input["text"])) {
    endTask(draft, task, {
      status: "FAILED_WITH_TERMINAL_ERROR",
      reasonForIncompletion: "Non-retryable error: No input text provided to generate embeddings",
    });
    return;
  }
  endTask(draft, task, {
    status: "FAILED",
    reasonForIncompletion: `Task execution failed: ${missing(task.taskType, input["llmProvider"])}`,
  });
}

function missing(taskType: string, llmProvider: Json | undefined): string {
  if (!taskType.startsWith("LLM_") && llmProvider === undefined)
    return `no provider for ${taskType} is built in`;
  if (isBlank(llmProvider)) return `llmProvider not specified: ${javaText(llmProvider ?? null)}`;
  return `no configuration found for: ${javaText(llmProvider ?? null)}`;
}

function isBlank(value: Json | undefined): boolean {
  return (
    value === undefined || value === null || (typeof value === "string" && value.trim() === "")
  );
}
