import { Connection } from "./connection.ts";
import { Pool } from "./pool.ts";
import { type HandedTask, readTasks, type Requests, requestsTo } from "./requests.ts";
import {
  expectOk,
  type LoadTarget,
  type Marks,
  ownCpuSeconds,
  sleep,
  targetOf,
} from "./scenario.ts";

/** How workers report: a request for each task; one that also brings the next task; one for a whole poll. */
export const UPDATE_MODES = ["single", "update-v2", "batch"] as const;
export type UpdateMode = (typeof UPDATE_MODES)[number];

export interface ThroughputSettings extends LoadTarget {
  readonly mode: UpdateMode;
  /** Requests under way at once, beside the polls. */
  readonly connections: number;
  /** Workflows kept open: when one ends, the next is started. */
  readonly openWorkflows: number;
  readonly pollCount: number;
  /** Of each task type, unless the mode is `update-v2`, where all connections are workers. */
  readonly pollers: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  /** Whether to wait until all workflows have ended; an echo server's never do. */
  readonly drains: boolean;
}

export interface ThroughputResult {
  readonly completions: number;
  readonly seconds: number;
  /** CPU of this process for each completion, in microseconds. */
  readonly generatorMicros: number;
  readonly tasksPerPoll: number;
}

const TASKS_PER_WORKFLOW = 3;
const POLL_TIMEOUT_MS = 100;
const DRAIN_MS_MAX = 20_000;

/** Keeps a number of 3-task workflows open and works on them as fast as the server lets it. */
export async function runThroughput(
  settings: ThroughputSettings,
  marks: Marks,
): Promise<ThroughputResult> {
  const load = new Load(settings);
  load.begin();
  await sleep(settings.warmupMs);
  const before = load.counts();
  marks.begin();
  await sleep(settings.measureMs);
  const after = load.counts();
  marks.end();
  if (settings.drains) await load.drain();
  const completions = after.completions - before.completions;
  return {
    completions,
    seconds: (after.at - before.at) / 1_000,
    generatorMicros: ((after.cpuSeconds - before.cpuSeconds) * 1e6) / completions,
    tasksPerPoll:
      (after.polledTasks - before.polledTasks) / Math.max(1, after.polls - before.polls),
  };
}

interface Counts {
  readonly at: number;
  readonly cpuSeconds: number;
  readonly completions: number;
  readonly polls: number;
  readonly polledTasks: number;
}

class Load {
  readonly #settings: ThroughputSettings;
  readonly #requests: Requests;
  readonly #pool: Pool;
  readonly #paused: (() => void)[] = [];
  #completions = 0;
  #polls = 0;
  #polledTasks = 0;
  #open = 0;
  #isDraining = false;

  constructor(settings: ThroughputSettings) {
    this.#settings = settings;
    this.#requests = requestsTo(targetOf(settings));
    this.#pool = new Pool(targetOf(settings), settings.connections);
  }

  counts(): Counts {
    return {
      at: performance.now(),
      cpuSeconds: ownCpuSeconds(),
      completions: this.#completions,
      polls: this.#polls,
      polledTasks: this.#polledTasks,
    };
  }

  begin(): void {
    const { mode, openWorkflows, connections, pollers } = this.#settings;
    const count = mode === "update-v2" ? connections / TASKS_PER_WORKFLOW : pollers;
    for (let step = 1; step <= TASKS_PER_WORKFLOW; step++) {
      for (let n = 0; n < count; n++) this.#startWorker(step);
    }
    for (let n = 0; n < openWorkflows; n++) this.#start();
  }

  #startWorker(step: number): void {
    switch (this.#settings.mode) {
      case "single":
        return this.#pollAndUpdate(step);
      case "update-v2":
        return this.#updateAndTakeNext(step);
      case "batch":
        return this.#pollAndUpdateAll(step);
    }
  }

  /** Starts no more and waits for what is open. @throws Error when some do not end */
  async drain(): Promise<void> {
    this.#isDraining = true;
    const until = performance.now() + DRAIN_MS_MAX;
    while (this.#open > 0) {
      if (performance.now() > until) throw new Error(`${this.#open} workflows did not end`);
      await sleep(10);
    }
  }

  #start(): void {
    const { workflow } = this.#settings;
    this.#open++;
    this.#pool.request(this.#requests.start(workflow, '{"value":1}'), (status, body) => {
      expectOk("a start", status, body);
      this.#resumePolls();
    });
  }

  /** Polls that were put off while the pool had too much to do. */
  #resumePolls(): void {
    if (this.#pool.backlog < this.#settings.connections) this.#paused.shift()?.();
  }

  #completed(step: number, count = 1): void {
    this.#completions += count;
    if (step < TASKS_PER_WORKFLOW) return;
    this.#open -= count;
    if (!this.#isDraining) for (let n = 0; n < count; n++) this.#start();
  }

  #pollRequest(step: number, count: number): string {
    const taskType = `${this.#settings.workflow}_${step}`;
    return this.#requests.poll(taskType, { count, timeoutMs: POLL_TIMEOUT_MS });
  }

  #polled(status: number, body: string): HandedTask[] {
    expectOk("a poll", status, body);
    const tasks = readTasks(body);
    this.#polls++;
    this.#polledTasks += tasks.length;
    return tasks;
  }

  /** A poller that hands its tasks to the pool, and polls on while the pool keeps up. */
  #pollAndUpdate(step: number): void {
    const { connections, pollCount } = this.#settings;
    const poller = new Connection(targetOf(this.#settings));
    const request = this.#pollRequest(step, pollCount);
    const updated = (status: number, body: string): void => {
      expectOk("an update", status, body);
      this.#completed(step);
      this.#resumePolls();
    };
    const poll = (): void => {
      poller.send(request, (status, body) => {
        for (const task of this.#polled(status, body)) {
          this.#pool.request(this.#requests.update(task), updated);
        }
        if (this.#pool.backlog < connections) poll();
        else this.#paused.push(poll);
      });
    };
    poll();
  }

  /** A worker that reports all that a poll brought in one request. */
  #pollAndUpdateAll(step: number): void {
    const connection = new Connection(targetOf(this.#settings));
    const request = this.#pollRequest(step, this.#settings.pollCount);
    const poll = (): void => {
      connection.send(request, (status, body) => {
        const tasks = this.#polled(status, body);
        if (tasks.length === 0) return poll();
        connection.send(this.#requests.updateBatch(tasks), (batchStatus, answers) => {
          expectOk("a batch update", answers.includes('"error"') ? 500 : batchStatus, answers);
          this.#completed(step, tasks.length);
          poll();
        });
      });
    };
    poll();
  }

  /** A worker that gets its next task with the answer to its report, and polls when there is none. */
  #updateAndTakeNext(step: number): void {
    const connection = new Connection(targetOf(this.#settings));
    const request = this.#pollRequest(step, 1);
    const poll = (): void => {
      connection.send(request, (status, body) => next(this.#polled(status, body)[0]));
    };
    const next = (task: HandedTask | undefined): void => {
      if (task === undefined) return poll();
      connection.send(this.#requests.updateV2(task), (status, body) => {
        if (status !== 204) expectOk("an update-v2", status, body);
        this.#completed(step);
        next(readTasks(body)[0]);
      });
    };
    poll();
  }
}
