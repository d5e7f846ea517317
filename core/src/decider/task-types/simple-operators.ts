import { utf8Length } from "../../expression/utf8-length.ts";
import { isJsonObject, parseJson, writeJson } from "../../model/json.ts";
import type { Task } from "../../model/task.ts";
import { createTask, inputText } from "../create-task.ts";
import type { Draft } from "../draft.ts";
import { endTask } from "../end-task.ts";
import { objectOf } from "../scope.ts";
import type { TaskType } from "./task-type.ts";

/** NOOP: is over at once, and does not even keep its inputs. */
export const noop: TaskType = {
  map(draft, entry, place) {
    draft.putOnAgenda(
      createTask(draft, entry, place, { taskType: "NOOP", status: "IN_PROGRESS", inputData: "{}" }),
    );
  },
  run(draft, task) {
    endTask(draft, task, { status: "COMPLETED" });
  },
};

const BYTES_PER_KILOBYTE = 1024;

/** SET_VARIABLE: writes its inputs into the workflow's variables, all of them or none. */
export const setVariable: TaskType = {
  map(draft, entry, place) {
    const inputData = inputText(draft, entry, {});
    runIfOpen(
      draft,
      createTask(draft, entry, place, {
        taskType: "SET_VARIABLE",
        status: "IN_PROGRESS",
        inputData,
      }),
    );
  },
  run(draft, task) {
    const variables = writeJson({ ...objectOf(draft.data.variables), ...objectOf(task.inputData) });
    const limit = draft.context.payloadLimits.variablesBytesMax;
    const bytes = utf8Length(variables);
    if (bytes > limit) {
      endTask(draft, task, {
        status: "FAILED_WITH_TERMINAL_ERROR",
        reasonForIncompletion:
          `The variables payload size: ${bytes} of workflow: ${draft.workflowId} is greater than ` +
          `the permissible limit: ${Math.floor(limit / BYTES_PER_KILOBYTE)} kilobytes`,
      });
      return;
    }
    draft.setData({ variables });
    endTask(draft, task, { status: "COMPLETED" });
  },
};

/** TERMINATE: its end is the workflow's (see `round.ts`). */
export const terminate: TaskType = {
  map(draft, entry, place) {
    const taskId = draft.context.newId();
    const inputData = inputText(draft, entry, { taskId });
    const task = createTask(draft, entry, place, {
      taskId,
      taskType: "TERMINATE",
      status: "IN_PROGRESS",
      inputData,
    });
    runIfOpen(draft, task);
  },
  run(draft, task) {
    const { terminationStatus, workflowOutput } = objectOf(task.inputData);
    if (!isTerminationStatus(terminationStatus)) {
      endTask(draft, task, {
        status: "FAILED",
        reasonForIncompletion: "given termination status is not valid",
      });
      return;
    }
    const output = workflowOutput ?? {};
    const outputData = writeJson(isJsonObject(output) ? output : { output });
    endTask(draft, task, { status: "COMPLETED", outputData });
  },
};

function isTerminationStatus(value: unknown): value is "COMPLETED" | "FAILED" | "TERMINATED" {
  return value === "COMPLETED" || value === "FAILED" || value === "TERMINATED";
}

/** What a TERMINATE attempt asks for. */
export function terminationOf(task: Task): {
  readonly status: "COMPLETED" | "FAILED" | "TERMINATED";
  readonly reason: string;
} {
  const { terminationStatus, terminationReason } = parseJson(task.inputData) as Record<
    string,
    unknown
  >;
  const status = isTerminationStatus(terminationStatus) ? terminationStatus : "FAILED";
  const reason = typeof terminationReason === "string" ? terminationReason : "";
  return {
    status,
    reason:
      reason.trim() === "" ? `Workflow is ${status} by TERMINATE task: ${task.taskId}` : reason,
  };
}

function runIfOpen(draft: Draft, task: Task): void {
  if (task.status === "IN_PROGRESS") draft.putOnAgenda(task);
}
