import type { Claim, Timeouts } from "../model/queue.ts";
import type { TaskDef } from "../model/task-def.ts";
import type { Task } from "../model/task.ts";
import { secondsToMs } from "./seconds-to-ms.ts";

const SECOND_MS = 1000;

/** From when on an attempt of a worker task could be handed out, as its last decision set it. */
export function readyAtOf(task: Task): number {
  return (
    Math.max(task.updateTime, task.scheduledTime) +
    secondsToMs(Math.max(0, task.callbackAfterSeconds))
  );
}

/**
 * The limits of time of an attempt that workers poll. The poll timeout counts from when it can be handed out.
 * Source: Conductor task definitions, the `…TimeoutSeconds` fields; 0 or less means none.
 */
export function workerTimeouts(
  taskDef: TaskDef | undefined,
  task: Task,
  readyAt: number,
): Timeouts {
  if (taskDef === undefined) return {};
  const { pollTimeoutSeconds = 0, timeoutSeconds, responseTimeoutSeconds } = taskDef;
  return {
    ...(pollTimeoutSeconds > 0 ? { pollAt: readyAt + secondsToMs(pollTimeoutSeconds) } : {}),
    ...(timeoutSeconds > 0 ? { taskMs: secondsToMs(timeoutSeconds) } : {}),
    ...(responseTimeoutSeconds > 0 ? { responseMs: secondsToMs(responseTimeoutSeconds) } : {}),
    ...totalTimeout(taskDef, task),
  };
}

/**
 * The same for an attempt that the server itself carries: nobody polls it, and its answer is not waited for.
 * @param ownAt - when it has something to do by itself: a WAIT that is over, a delayed start.
 */
export function systemTimeouts(taskDef: TaskDef | undefined, task: Task, ownAt?: number): Timeouts {
  const timeoutSeconds = taskDef?.timeoutSeconds ?? 0;
  return {
    ...(ownAt === undefined ? {} : { at: ownAt }),
    ...(timeoutSeconds > 0 ? { taskMs: secondsToMs(timeoutSeconds) } : {}),
    ...(taskDef === undefined ? {} : totalTimeout(taskDef, task)),
  };
}

/**
 * The same for an attempt that an executor of the server has begun and that is IN_PROGRESS until somebody ends it from
 * outside.
 * @param isAsyncComplete - it is meant to wait, so that its response timeout does not apply.
 */
export function openEndedTimeouts(
  taskDef: TaskDef | undefined,
  task: Task,
  isAsyncComplete: boolean,
): Timeouts {
  const timeouts = systemTimeouts(taskDef, task);
  const { responseTimeoutSeconds = 0 } = taskDef ?? {};
  if (isAsyncComplete || responseTimeoutSeconds <= 0) return timeouts;
  const responseMs = secondsToMs(responseTimeoutSeconds);
  return { ...timeouts, responseMs, at: task.updateTime + responseMs };
}

function totalTimeout({ totalTimeoutSeconds }: TaskDef, task: Task): Timeouts {
  if (totalTimeoutSeconds <= 0) return {};
  return { totalAt: task.firstScheduledTime + secondsToMs(totalTimeoutSeconds) };
}

export function hasTimeouts(timeouts: Timeouts): boolean {
  return Object.keys(timeouts).length > 0;
}

/** What has run out for an attempt. */
export interface Expiry {
  readonly kind: keyof Timeouts;
  readonly policy: TaskDef["timeoutPolicy"];
  readonly reason: string;
}

/** How things stand with an open attempt when its limits of time are judged. */
export interface Standing {
  readonly taskDef: TaskDef;
  readonly task: Task;
  /** `undefined` for an attempt that the server carries. */
  readonly claim: Claim | undefined;
  readonly now: number;
}

/** Those of the limits that have run out, in the order total, task, poll, response. */
export function findExpiries(timeouts: Timeouts, standing: Standing): Expiry[] {
  const { taskDef, task, now } = standing;
  const policy = taskDef.timeoutPolicy;
  const due = dueTimes(timeouts, standing);
  const expiries: Expiry[] = [
    { kind: "totalAt", policy, reason: totalReason(taskDef, task, now) },
    { kind: "taskMs", policy, reason: taskReason(taskDef, now - startTimeOf(standing)) },
    { kind: "pollAt", policy, reason: pollReason(taskDef, task, now) },
    { kind: "responseMs", policy: "RETRY", reason: responseReason(taskDef, task) },
  ];
  return expiries.filter(({ kind }) => now >= due[kind]);
}

/** Of whoever has begun the attempt; never for one that nobody has. */
function lastSignOfLife({ task, claim }: Standing): number {
  if (claim !== undefined) return claim.claimed ? claim.updateTime : Infinity;
  return task.status === "IN_PROGRESS" ? task.updateTime : Infinity;
}

function startTimeOf({ task, claim }: Standing): number {
  return claim?.startTime ?? task.startTime;
}

/** When each limit runs out; never for one that does not apply as things stand. */
function dueTimes(timeouts: Timeouts, standing: Standing): Record<keyof Timeouts, number> {
  const {
    totalAt = Infinity,
    taskMs = Infinity,
    pollAt = Infinity,
    responseMs = Infinity,
  } = timeouts;
  const { claim } = standing;
  const startTime = startTimeOf(standing);
  return {
    at: Infinity,
    totalAt,
    taskMs: startTime > 0 ? startTime + taskMs : Infinity,
    pollAt: claim?.claimed === false ? pollAt : Infinity,
    responseMs: lastSignOfLife(standing) + responseMs,
  };
}

function taskReason({ timeoutSeconds, timeoutPolicy }: TaskDef, elapsedMs: number): string {
  return (
    `Task timed out after ${wholeSeconds(elapsedMs)} seconds. ` +
    `Timeout configured as ${timeoutSeconds} seconds. Timeout policy configured to ${timeoutPolicy}`
  );
}

function responseReason({ responseTimeoutSeconds }: TaskDef, task: Task): string {
  return (
    `responseTimeout: ${responseTimeoutSeconds} exceeded for the taskId: ${task.taskId} ` +
    `with Task Definition: ${task.taskDefName}`
  );
}

function totalReason(
  { totalTimeoutSeconds, timeoutPolicy }: TaskDef,
  task: Task,
  now: number,
): string {
  const elapsed = wholeSeconds(now - task.firstScheduledTime);
  return (
    `Task ${task.taskDefName}/${task.taskId} exceeded total timeout of ${totalTimeoutSeconds} seconds ` +
    `(elapsed ${elapsed} seconds across all attempts including retry delays). Timeout policy: ${timeoutPolicy}`
  );
}

function pollReason(
  { pollTimeoutSeconds = 0, timeoutPolicy }: TaskDef,
  task: Task,
  now: number,
): string {
  const elapsed = wholeSeconds(now - task.scheduledTime);
  return (
    `Task poll timed out after ${elapsed} seconds. Poll timeout configured as ${pollTimeoutSeconds} seconds. ` +
    `Timeout policy configured to ${timeoutPolicy}`
  );
}

/** The limits without those that have run out to no effect. */
export function withoutExpired(timeouts: Timeouts, expiries: readonly Expiry[]): Timeouts {
  const kinds = new Set<string>(expiries.map((expiry) => expiry.kind));
  return Object.fromEntries(Object.entries(timeouts).filter(([kind]) => !kinds.has(kind)));
}

export function wholeSeconds(ms: number): number {
  return Math.floor(ms / SECOND_MS);
}
