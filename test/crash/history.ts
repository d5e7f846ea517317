/** What callers saw, from outside the server: times are in milliseconds of one clock that never goes back. */
export interface History {
  readonly rules: Rules;
  readonly starts: Start[];
  readonly handouts: Handout[];
  readonly results: Result[];
  readonly controls: Control[];
  readonly sightings: Sighting[];
  readonly kills: Kill[];
  /** Answers that a client should never get, and executions that the server itself calls stuck. */
  readonly complaints: string[];
}

/** What the checker has to know of the definitions and the server's settings. */
export interface Rules {
  readonly taskTypes: ReadonlyMap<string, TaskRules>;
  /** After a kill: how long an attempt stays with a worker whom it may not have reached. */
  readonly undeliveredMs: number;
  /** That an answer has left is durable after this time, even on a busy machine. */
  readonly deliveredMsMax: number;
}

export interface TaskRules {
  readonly responseTimeoutMs: number;
  readonly concurrentExecLimit?: number;
  readonly rateLimit?: { readonly perWindow: number; readonly windowMs: number };
}

export interface Kill {
  readonly at: number;
  /** Claimed attempts of which the file that was left does not say that the answer has left. */
  readonly undelivered: ReadonlySet<string>;
}

/** A request; without `answeredAt` its answer was lost, and it may have been done or not. */
interface Asked {
  readonly sentAt: number;
  readonly answeredAt?: number | undefined;
}

export interface Start extends Asked {
  /** Idempotency key and correlation id: one execution each, and its children have the same correlation id. */
  readonly key: string;
  readonly workflowId?: string;
}

/** An attempt in the answer to a poll. */
export interface Handout {
  readonly taskId: string;
  readonly taskType: string;
  readonly key: string;
  readonly sentAt: number;
  readonly answeredAt: number;
}

export interface Result extends Asked {
  readonly taskId: string;
  readonly workflowId: string;
  readonly key: string;
  /** FAILED is tried again, always. */
  readonly status: "COMPLETED" | "FAILED" | "FAILED_WITH_TERMINAL_ERROR" | "IN_PROGRESS";
  /** Part of the output, never the same twice. */
  readonly mark: string;
}

export type ControlType = "pause" | "resume" | "terminate" | "retry";

export interface Control extends Asked {
  readonly type: ControlType;
  readonly workflowId: string;
  readonly key: string;
  /** Whether the server did it; refusals are answers, too. */
  readonly isDone: boolean;
}

/** An execution as a read showed it. */
export interface Sighting {
  readonly workflowId: string;
  readonly sentAt: number;
  readonly answeredAt: number;
  /** Absent: there is no such execution. */
  readonly workflow?: SeenWorkflow;
  /** Nothing more will happen: everything has to have ended. */
  readonly isFinal?: boolean;
}

export interface SeenWorkflow {
  readonly key: string;
  readonly status: string;
  /** Marks by reference name. */
  readonly output: Readonly<Record<string, unknown>>;
  readonly tasks: readonly SeenTask[];
}

export interface SeenTask {
  readonly taskId: string;
  readonly taskType: string;
  readonly ref: string;
  readonly status: string;
  readonly mark?: string;
  readonly subWorkflowId?: string;
}

export function emptyHistory(rules: Rules): History {
  return {
    rules,
    starts: [],
    handouts: [],
    results: [],
    controls: [],
    sightings: [],
    kills: [],
    complaints: [],
  };
}

export function isEnded(status: string): boolean {
  return status !== "RUNNING" && status !== "PAUSED";
}

export function isTaskEnded(status: string): boolean {
  return status !== "SCHEDULED" && status !== "IN_PROGRESS";
}

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
