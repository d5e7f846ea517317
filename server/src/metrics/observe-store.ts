import { type ChangeSet, isOpen, isTerminalWorkflow } from "@ostinato/core";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

import type {
  ClaimedTask,
  CommitGroup,
  CommitOutcome,
  QueueSize,
  Store,
  StoredTask,
} from "../store/store.ts";
import type { BoundedLabels } from "./bounded-labels.ts";
import { splitQueueName } from "./engine-metrics.ts";
import { RecentSummary } from "./recent-summary.ts";

export interface Names {
  readonly taskTypes: BoundedLabels;
  readonly workflows: BoundedLabels;
}

/**
 * The store itself, with everything that passes through it counted: what was committed is what happened, so that a
 * decision that was made twice is counted once.
 */
export function observeStore(store: Store, registry: Registry, names: Names): Store {
  const recorder = new CommitRecorder(registry, names);
  observeQueues(store, registry, names);
  const observed: Pick<Store, "commit" | "claim"> = {
    async commit(groups) {
      const startedAt = performance.now();
      const outcomes = await store.commit(groups);
      recorder.committed(groups, outcomes, performance.now() - startedAt);
      return outcomes;
    },
    async claim(request) {
      const claimed = await store.claim(request);
      recorder.claimed(claimed);
      return claimed;
    },
  };
  // Every other method is the store's own, called on the store: it may have private state.
  return new Proxy(store, {
    get(target, name) {
      if (name === "commit" || name === "claim") return observed[name];
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

class CommitRecorder {
  readonly #names: Names;
  readonly #commitSeconds: Histogram;
  readonly #starts: Counter<"workflowName" | "version">;
  readonly #failures: Counter<"workflowName" | "status">;
  readonly #timeouts: Counter<"taskType">;
  readonly #responseTimeouts: Counter<"taskType">;
  readonly #executions: RecentSummary;
  readonly #tasks: RecentSummary;
  readonly #waits: RecentSummary;

  constructor(registry: Registry, names: Names) {
    const registers = [registry];
    const counter = <Label extends string>(
      name: string,
      help: string,
      labelNames: readonly Label[],
    ): Counter<Label> => new Counter({ registers, name, help, labelNames });
    this.#names = names;
    this.#commitSeconds = new Histogram({
      registers,
      name: "ostinato_commit_seconds",
      help: "Durable commits, waiting for others included",
      buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5],
    });
    this.#starts = counter("workflow_start_success_total", "Workflows started", [
      "workflowName",
      "version",
    ]);
    this.#failures = counter("workflow_failure_total", "Workflows that ended unsuccessfully", [
      "workflowName",
      "status",
    ]);
    this.#timeouts = counter("task_timeout_total", "Tasks that timed out", ["taskType"]);
    this.#responseTimeouts = counter(
      "task_response_timeout_total",
      "Tasks whose worker fell silent",
      ["taskType"],
    );
    this.#executions = new RecentSummary(registry, {
      name: "workflow_execution",
      help: "From the start of a workflow to its end",
      labels: ["workflowName"],
    });
    this.#tasks = new RecentSummary(registry, {
      name: "task_execution",
      help: "From the start of a task to its end",
      labels: ["taskType", "includeRetries", "status"],
    });
    this.#waits = new RecentSummary(registry, {
      name: "task_queue_wait",
      help: "From when a task could be handed out to when it was",
      labels: ["taskType"],
    });
  }

  committed(
    groups: readonly CommitGroup[],
    outcomes: readonly CommitOutcome[],
    durationMs: number,
  ): void {
    this.#commitSeconds.observe(durationMs / 1_000);
    for (const [index, { changeSet }] of groups.entries()) {
      const outcome = outcomes[index];
      if (changeSet === undefined || changeSet.removed !== undefined) continue;
      if (outcome?.type !== "committed") continue;
      this.#workflowCommitted(changeSet);
      this.#tasksCommitted(changeSet, outcome);
    }
  }

  claimed(claims: readonly ClaimedTask[]): void {
    for (const { task } of claims) {
      this.#waits.observe([this.#names.taskTypes.of(task.task.taskType)], waitSeconds(task));
    }
  }

  #workflowCommitted(changeSet: ChangeSet): void {
    const { workflow } = changeSet;
    const workflowName = this.#names.workflows.of(workflow.workflowName);
    if (changeSet.baseVersion === 0) {
      this.#starts.inc({ workflowName, version: String(workflow.workflowVersion) });
    }
    if (!isTerminalWorkflow(workflow.status) || workflow.ending !== undefined) return;
    if (workflow.status !== "COMPLETED") {
      this.#failures.inc({ workflowName, status: workflow.status });
    }
    this.#executions.observe([workflowName], (workflow.endTime - workflow.createTime) / 1_000);
  }

  /** Attempts that left the queue with this commit ended with it: that happens once, however often a row is written. */
  #tasksCommitted(
    changeSet: ChangeSet,
    outcome: CommitOutcome & { readonly type: "committed" },
  ): void {
    const startTimes = new Map(outcome.claims.map((claim) => [claim.taskId, claim.startTime]));
    for (const { task } of changeSet.tasks) {
      const startTime = startTimes.get(task.taskId);
      if (startTime === undefined || isOpen(task.status)) continue;
      const taskType = this.#names.taskTypes.of(task.taskType);
      if (task.status === "TIMED_OUT") this.#timedOut(taskType, task.reasonForIncompletion ?? "");
      const seconds = startTime === 0 ? 0 : Math.max(0, task.endTime - startTime) / 1_000;
      this.#tasks.observe([taskType, "false", task.status], seconds);
    }
  }

  #timedOut(taskType: string, reason: string): void {
    if (reason.startsWith("responseTimeout")) this.#responseTimeouts.inc({ taskType });
    else this.#timeouts.inc({ taskType });
  }
}

function waitSeconds({ task }: StoredTask): number {
  const readyAt = task.scheduledTime + task.callbackAfterSeconds * 1_000;
  return Math.max(0, task.startTime - readyAt) / 1_000;
}

function observeQueues(store: Store, registry: Registry, names: Names): void {
  const gauge = (name: string, help: string, count: (size: QueueSize) => number): void => {
    new Gauge({
      registers: [registry],
      name,
      help,
      labelNames: ["taskType"],
      collect() {
        const totals = new Map<string, number>();
        for (const [queue, size] of store.queueSizes()) {
          const taskType = names.taskTypes.of(splitQueueName(queue).taskType);
          totals.set(taskType, (totals.get(taskType) ?? 0) + count(size));
        }
        for (const [taskType, total] of totals) this.set({ taskType }, total);
      },
    });
  };
  gauge("task_queue_depth", "Tasks that no worker has taken", (size) => size.waiting);
  gauge("task_in_progress", "Tasks that workers hold", (size) => size.claimed);
}
