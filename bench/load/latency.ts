import { Connection } from "./connection.ts";
import { Pool } from "./pool.ts";
import { readTasks, requestsTo } from "./requests.ts";
import { type Control, expectOk, type LoadTarget, sleep, targetOf } from "./scenario.ts";

export interface LatencySettings extends LoadTarget {
  readonly startsPerSecond: number;
  readonly measureMs: number;
  /** Workers of each task type; each polls for one task at a time. */
  readonly workers: number;
}

/** How long one workflow took, and when it was to start (epoch ms). */
export interface LatencySample {
  readonly dueAt: number;
  readonly ms: number;
}

export interface LatencyResult {
  readonly samples: readonly LatencySample[];
  /** Workflows that did not end within the time that there was for them. */
  readonly unfinished: number;
}

const TASKS_PER_WORKFLOW = 3;
const POLL_TIMEOUT_MS = 1_000;
const START_CONNECTIONS = 64;
const END_MS_MAX = 20_000;

/**
 * Starts 3-task workflows at fixed instants, whatever the server does, with workers waiting. A workflow takes from the
 * instant at which it was due to start until the report of its last task is answered.
 */
export async function runLatency(
  settings: LatencySettings,
  control: Control,
): Promise<LatencyResult> {
  const target = targetOf(settings);
  const requests = requestsTo(target);
  const starters = new Pool(target, START_CONNECTIONS);
  const dueAt = new Map<string, number>();
  const endedAt = new Map<string, number>();
  for (let step = 1; step <= TASKS_PER_WORKFLOW; step++) {
    for (let n = 0; n < settings.workers; n++) {
      work(settings, step, (workflowId) => {
        if (step === TASKS_PER_WORKFLOW) endedAt.set(workflowId, now());
      });
    }
  }
  let isStopped = false;
  void control.stopped.then(() => {
    isStopped = true;
  });
  const everyMs = 1_000 / settings.startsPerSecond;
  control.begin();
  const beganAt = now();
  for (let due = beganAt; due < beganAt + settings.measureMs && !isStopped; due += everyMs) {
    await sleep(Math.max(0, due - now()));
    starters.request(requests.start(settings.workflow, '{"value":1}'), (status, body) => {
      expectOk("a start", status, body);
      dueAt.set(body, due);
    });
  }
  await untilAllEnded(dueAt, endedAt);
  control.end();
  const samples = [...dueAt].map(([id, due]) => ({
    dueAt: due,
    ms: (endedAt.get(id) ?? now()) - due,
  }));
  return { samples, unfinished: dueAt.size - endedAt.size };
}

function work(settings: LatencySettings, step: number, done: (workflowId: string) => void): void {
  const target = targetOf(settings);
  const requests = requestsTo(target);
  const connection = new Connection(target);
  const request = requests.poll(`${settings.workflow}_${step}`, {
    count: 1,
    timeoutMs: POLL_TIMEOUT_MS,
  });
  const poll = (): void => {
    connection.send(request, (status, body) => {
      expectOk("a poll", status, body);
      const [task] = readTasks(body);
      if (task === undefined) return poll();
      connection.send(requests.update(task), (updateStatus, answer) => {
        expectOk("an update", updateStatus, answer);
        done(task.workflowId);
        poll();
      });
    });
  };
  poll();
}

async function untilAllEnded(
  dueAt: ReadonlyMap<string, number>,
  endedAt: ReadonlyMap<string, number>,
): Promise<void> {
  const until = now() + END_MS_MAX;
  // The answers to the last starts come about when the last workflows end.
  do await sleep(100);
  while (now() < until && endedAt.size < dueAt.size);
}

/** Epoch ms, with fractions, of a clock that never jumps. */
function now(): number {
  return performance.timeOrigin + performance.now();
}
