import { parseWaitDuration, parseWaitUntil } from "../../definition/wait-literals.ts";
import type { SnapshotTask } from "../../definition/snapshot.ts";
import { javaText } from "../../expression/java-text.ts";
import { parseJson } from "../../model/json.ts";
import type { Json, JsonText } from "../../model/json.ts";
import type { Task } from "../../model/task.ts";
import { createTask, inputText, watchTask } from "../create-task.ts";
import type { Draft } from "../draft.ts";
import { endTask } from "../end-task.ts";
import { Rejection } from "../signals.ts";
import type { TaskType } from "./task-type.ts";

const SECOND_MS = 1000;
/** What `callbackAfterSeconds` shows while a WAIT has no time. */
const FOREVER_SECONDS = 2_147_483_647;

/** WAIT: over when its time is, or when somebody says so from outside. Its first record is IN_PROGRESS, a retry waits anew. */
export const wait: TaskType = {
  map(draft, entry, place) {
    const taskId = draft.context.newId();
    const inputData = inputText(draft, entry, { taskId });
    const time = waitTimeOf(draft, inputData);
    if (
      typeof time === "string" &&
      draft.refusesBadInput &&
      time.startsWith("Not valid duration")
    ) {
      throw new Rejection("INVALID_INPUT", time);
    }
    const task = createTask(draft, entry, place, {
      taskId,
      taskType: "WAIT",
      status: "IN_PROGRESS",
      inputData,
    });
    if (task.status === "IN_PROGRESS") begin(draft, task, entry, time);
  },
  run(draft, task, entry) {
    if (task.status === "SCHEDULED") {
      const started = draft.patchTask(task, {
        status: "IN_PROGRESS",
        startTime: draft.context.now,
        agenda: 0,
      });
      begin(draft, started, entry, waitTimeOf(draft, task.inputData));
    } else {
      endTask(draft, task, { status: "COMPLETED" });
    }
  },
};

/** @param time - when it is over, `undefined` for never, or what is wrong with it. */
function begin(
  draft: Draft,
  task: Task,
  entry: SnapshotTask,
  time: number | string | undefined,
): void {
  if (typeof time === "string") {
    endTask(draft, task, { status: "FAILED_WITH_TERMINAL_ERROR", reasonForIncompletion: time });
    return;
  }
  const { now } = draft.context;
  const { waitUntilAt: _before, ...rest } = draft.getTask(task.taskId);
  const waiting = draft.replaceTask({
    ...rest,
    callbackAfterSeconds:
      time === undefined ? FOREVER_SECONDS : Math.max(0, Math.floor((time - now) / SECOND_MS)),
    ...(time === undefined ? {} : { waitUntilAt: time }),
  });
  if (time !== undefined && time <= now) draft.putOnAgenda(waiting);
  else watchTask(draft, waiting, entry, time);
}

function waitTimeOf(draft: Draft, inputData: JsonText): number | string | undefined {
  const input = parseJson(inputData) as { readonly duration?: Json; readonly until?: Json };
  const duration = textOf(input.duration);
  const until = textOf(input.until);
  if (duration !== "" && until !== "") {
    return "Both 'duration' and 'until' specified. Please provide only one input";
  }
  if (duration !== "") {
    const ms = parseWaitDuration(duration);
    return ms === undefined ? `Not valid duration: ${duration}` : draft.context.now + ms;
  }
  if (until === "") return undefined;
  return (
    parseWaitUntil(until, (localMs) => draft.context.serverOffsetMs(localMs)) ??
    `Invalid/Unsupported Wait Until format.  Provided: ${until}`
  );
}

function textOf(value: Json | undefined): string {
  const text = value === undefined || value === null ? "" : javaText(value);
  return text.trim() === "" ? "" : text;
}
