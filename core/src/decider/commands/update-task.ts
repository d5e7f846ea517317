import type { ExtendLease, UpdateTask, UpdateTaskByRef } from "../../model/command.ts";
import { writeJson } from "../../model/json.ts";
import type { JsonText } from "../../model/json.ts";
import { isOpen, isTerminalWorkflow } from "../../model/status.ts";
import type { TaskStatus } from "../../model/status.ts";
import { isSystemType, QUEUED_SYSTEM_TYPES } from "../../model/system-types.ts";
import type { Task } from "../../model/task.ts";
import { queueTask } from "../create-task.ts";
import type { Decision } from "../decision.ts";
import type { Draft } from "../draft.ts";
import { entryOf } from "../entries.ts";
import { outputOfTask } from "../join-output.ts";
import { withinOutputLimit } from "../output-limit.ts";
import { baseRefOf } from "../../model/loop-place.ts";
import { objectOf } from "../scope.ts";
import { leaveOpen } from "../task-types/queued-system.ts";
import { Rejection } from "../signals.ts";
import { secondsToMs } from "../seconds-to-ms.ts";

const REASON_LENGTH_MAX = 500;
const ACCEPT = { type: "accept" } as const;

/** A worker reports on an attempt. Of what is over, nothing changes any more. Source: engine.md 11.2, 11.4. */
export function updateTask(draft: Draft, command: UpdateTask): Decision {
  const task = findTask(draft, command.taskId);
  if (!isOpen(task.status) || isTerminalWorkflow(draft.workflow.status)) return acceptOf(task);
  const { reasonForIncompletion, subWorkflowId, externalOutputPayloadStoragePath: path } = command;
  const {
    workerId: _worker,
    reasonForIncompletion: _reason,
    subWorkflowId: _child,
    outputMessage: _message,
    ...kept
  } = withClaim(draft, task);
  report(draft, {
    task,
    logs: command.logs,
    reported: {
      ...kept,
      status: statusFor(task, command.status),
      outputData: path === undefined ? (command.outputData ?? "{}") : "{}",
      callbackAfterSeconds: command.callbackAfterSeconds,
      ...(command.workerId === undefined ? {} : { workerId: command.workerId }),
      ...(reasonForIncompletion === undefined
        ? {}
        : {
            reasonForIncompletion: reasonForIncompletion.slice(0, REASON_LENGTH_MAX).toWellFormed(),
          }),
      ...(subWorkflowId === undefined ? {} : { subWorkflowId }),
      ...(path === undefined ? {} : { externalOutputPayloadStoragePath: path }),
      ...(command.outputMessage === undefined ? {} : { outputMessage: command.outputMessage }),
      ...(command.executionMetadata === undefined
        ? {}
        : { executionMetadata: command.executionMetadata }),
    },
  });
  return acceptOf(task);
}

/** The same for the first open attempt of a ref; accepted without a task id when there is none. Source: engine.md 11.3. */
export function updateTaskByRef(draft: Draft, command: UpdateTaskByRef): Decision {
  const task = isTerminalWorkflow(draft.workflow.status)
    ? undefined
    : findOpenByRef(draft, command.ref);
  if (task === undefined) return ACCEPT;
  const { workerId: heldBy, ...kept } = withClaim(draft, task);
  const workerId = command.workerId ?? (command.clearWorkerId ? undefined : heldBy);
  report(draft, {
    task,
    logs: command.logs,
    reported: {
      ...kept,
      status: statusFor(task, command.status),
      outputData: mergedOutput(draft, task, command.outputData),
      ...(workerId === undefined ? {} : { workerId }),
    },
  });
  return acceptOf(task);
}

/** The holder of an attempt needs more time: its response timeout starts over. Source: engine.md 10.3. */
export function extendLease(draft: Draft, { taskId }: ExtendLease): Decision {
  const task = findTask(draft, taskId);
  if (!isOpen(task.status) || isTerminalWorkflow(draft.workflow.status))
    return { ...ACCEPT, taskId };
  const { now } = draft.context;
  if (draft.claimOf(task)?.claimed === true) draft.heartbeat(taskId, now);
  else draft.patchTask(task, { updateTime: now });
  return { ...ACCEPT, taskId };
}

function acceptOf({ taskId, taskType, domain }: Task): Decision {
  const queue = domain === undefined ? { taskType } : { taskType, domain };
  return { ...ACCEPT, taskId, queue };
}

function findTask(draft: Draft, taskId: string): Task {
  const task = draft.findTask(taskId);
  if (task === undefined)
    throw new Rejection("TASK_NOT_FOUND", `No such task found by id: ${taskId}`);
  return task;
}

/**
 * Exactly that ref first: of its attempts only the live one can be open. Then the ref of a task in a
 * loop without its suffix.
 */
function findOpenByRef(draft: Draft, ref: string): Task | undefined {
  const live = draft.findLive(ref);
  if (live !== undefined && isOpen(live.status)) return live;
  if (draft.snapshot.byRef.get(ref)?.loop === undefined) return undefined;
  return draft.openTasks().find((task) => baseRefOf(task) === ref);
}

/** The attempt with what its claim knows of it. */
function withClaim(draft: Draft, task: Task): Task {
  const claim = draft.claimOf(task);
  if (claim === undefined) return task;
  const { pollCount, startTime, updateTime, workerId } = claim;
  return {
    ...task,
    pollCount,
    startTime,
    updateTime: Math.max(task.updateTime, updateTime),
    ...(workerId === undefined ? {} : { workerId }),
  };
}

/** A worker that is not done gives its task back to the queue; the server's own tasks stay as they are. */
function statusFor(task: Task, status: TaskStatus): TaskStatus {
  return status === "IN_PROGRESS" && !isSystemType(task.taskType) ? "SCHEDULED" : status;
}

function mergedOutput(draft: Draft, task: Task, outputData: JsonText): JsonText {
  const before = outputOfTask(draft, task);
  return before === "{}" ? outputData : writeJson({ ...objectOf(before), ...objectOf(outputData) });
}

interface Report {
  readonly task: Task;
  readonly reported: Task;
  readonly logs: UpdateTask["logs"];
}

function report(draft: Draft, { task, reported, logs }: Report): void {
  const { now } = draft.context;
  const within = withinOutputLimit(draft, reported);
  for (const log of logs) draft.log(task.taskId, log);
  draft.setWorkerId(task.taskId);
  if (!isOpen(within.status)) {
    draft.putOnAgenda(
      draft.replaceTask({ ...within, endTime: now, updateTime: within.updateTime || now }),
    );
    return;
  }
  const open = draft.replaceTask({ ...within, updateTime: now });
  if (QUEUED_SYSTEM_TYPES.has(open.taskType)) {
    leaveOpen(draft, open, entryOf(draft, open));
  } else if (!isSystemType(open.taskType)) {
    queueTask(draft, open, entryOf(draft, open), secondsToMs(open.callbackAfterSeconds));
  }
}
