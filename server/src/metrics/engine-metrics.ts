import { Counter, Gauge, Histogram, type Registry } from "prom-client";

import type { BoundedLabels } from "./bounded-labels.ts";

/** Counts what the engine tells as it works. */
export class EngineRecorder {
  readonly #taskTypes: BoundedLabels;
  readonly #batchCommands: Histogram;
  readonly #batchSeconds: Histogram;
  readonly #commands: Counter<"type" | "answer">;
  readonly #conflicts: Counter;
  readonly #defects: Counter<"kind">;
  readonly #polls: Counter<"taskType">;
  readonly #polledTasks: Counter<"taskType" | "domain">;
  readonly #hotExecutions: Gauge;
  readonly #hotBytes: Gauge;

  constructor(registry: Registry, taskTypes: BoundedLabels) {
    const registers = [registry];
    this.#taskTypes = taskTypes;
    this.#batchCommands = new Histogram({
      registers,
      name: "ostinato_batch_commands",
      help: "Commands decided and stored together",
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
    });
    this.#batchSeconds = new Histogram({
      registers,
      name: "ostinato_batch_seconds",
      help: "From the first load of a batch to its last answer",
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5],
    });
    this.#commands = new Counter({
      registers,
      name: "ostinato_commands_total",
      help: "Commands answered",
      labelNames: ["type", "answer"],
    });
    this.#conflicts = new Counter({
      registers,
      name: "ostinato_commit_conflicts_total",
      help: "Decisions that lost a race and were made again",
    });
    this.#defects = new Counter({
      registers,
      name: "ostinato_defects_total",
      help: "Defects of the server: failed assertions, and open executions with no reason to move",
      labelNames: ["kind"],
    });
    this.#polls = new Counter({
      registers,
      name: "task_poll_total",
      help: "Polls for tasks",
      labelNames: ["taskType"],
    });
    this.#polledTasks = new Counter({
      registers,
      name: "task_poll_count_total",
      help: "Tasks handed out to polls",
      labelNames: ["taskType", "domain"],
    });
    this.#hotExecutions = new Gauge({
      registers,
      name: "ostinato_hot_executions",
      help: "Executions kept in memory",
    });
    this.#hotBytes = new Gauge({
      registers,
      name: "ostinato_hot_bytes",
      help: "What executions kept in memory take, estimated",
    });
  }

  batch(commands: number, _executions: number, durationMs: number): void {
    this.#batchCommands.observe(commands);
    this.#batchSeconds.observe(durationMs / 1_000);
  }

  decided(type: string, answer: "accept" | "reject"): void {
    this.#commands.inc({ type, answer });
  }

  conflict(): void {
    this.#conflicts.inc();
  }

  failed(type: string): void {
    this.#defects.inc({ kind: type });
  }

  /** Open executions were found that nothing would ever have moved. */
  stuck(count: number): void {
    this.#defects.inc({ kind: "stuck" }, count);
  }

  polled(queue: string, attempts: number): void {
    const { taskType, domain } = splitQueueName(queue);
    const label = this.#taskTypes.of(taskType);
    this.#polls.inc({ taskType: label });
    if (attempts > 0) this.#polledTasks.inc({ taskType: label, domain }, attempts);
  }

  hot(executions: number, bytes: number): void {
    this.#hotExecutions.set(executions);
    this.#hotBytes.set(bytes);
  }
}

/** Queues are named `[domain:]taskType`. */
export function splitQueueName(queue: string): { taskType: string; domain: string } {
  const colon = queue.indexOf(":");
  if (colon < 0) return { taskType: queue, domain: "" };
  return { taskType: queue.slice(colon + 1), domain: queue.slice(0, colon) };
}
