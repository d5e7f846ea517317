import { type Claim, isTerminalWorkflow, type QueueEntry } from "@ostinato/core";

import { AppError } from "../../errors.ts";
import type { CommitGroup, CommitOutcome } from "../store.ts";
import { UnstorableError } from "./codec.ts";
import type { FreshEntries } from "./fresh-entries.ts";
import { groupStep } from "./group-step.ts";
import type { LiveIndex } from "./live-index.ts";
import type { Answer, GroupCommitted, Step } from "./steps.ts";
import type { WriteQueue } from "./write-queue.ts";

/** Commits groups and keeps the index in step with what was committed. */
export class Commits {
  readonly #index: LiveIndex;
  readonly #writes: WriteQueue;
  readonly #fresh: FreshEntries;

  constructor(index: LiveIndex, writes: WriteQueue, fresh: FreshEntries) {
    this.#index = index;
    this.#writes = writes;
    this.#fresh = fresh;
  }

  async commit(groups: readonly CommitGroup[]): Promise<CommitOutcome[]> {
    const outcomes: (CommitOutcome | undefined)[] = [];
    const steps: Step[] = [];
    const written: CommitGroup[] = [];
    for (const group of groups) {
      const step = this.#step(group);
      outcomes.push("message" in step ? { type: "refused", message: step.message } : undefined);
      if ("message" in step) continue;
      steps.push(step.step);
      written.push(group);
    }
    const answers = steps.length === 0 ? [] : await this.#write(written, steps);
    const rest = answers[Symbol.iterator]();
    return outcomes.map((outcome) => outcome ?? rest.next().value ?? NOT_ANSWERED);
  }

  #step(group: CommitGroup): { readonly step: Step } | { readonly message: string } {
    try {
      return { step: groupStep(group, () => this.#index.nextVersion()) };
    } catch (error) {
      if (error instanceof UnstorableError) return { message: error.message };
      throw error;
    }
  }

  async #write(groups: readonly CommitGroup[], steps: readonly Step[]): Promise<CommitOutcome[]> {
    const { promise, resolve, reject } = Promise.withResolvers<CommitOutcome[]>();
    this.#writes.push(steps, (result) => {
      if (result instanceof AppError) {
        reject(result);
        return;
      }
      // The index first: whoever hears of the commit may ask for what it made available.
      resolve(result.map((answer, i) => this.#apply(groups[i], steps[i], answer)));
    });
    return promise;
  }

  #apply(group: CommitGroup | undefined, step: Step | undefined, answer: Answer): CommitOutcome {
    switch (answer.type) {
      case "committed":
        if (group !== undefined && step?.type === "group") this.#follow(group, step, answer);
        return { type: "committed", outboxIds: answer.outboxIds, claims: answer.claims };
      case "conflict":
      case "duplicate-key":
      case "refused":
        return answer;
      case "deadlines":
      case "done":
        return NOT_ANSWERED;
    }
  }

  #follow(
    { changeSet }: CommitGroup,
    step: Step & { readonly type: "group" },
    answer: GroupCommitted,
  ): void {
    if (changeSet === undefined) return;
    const isEnded =
      changeSet.removed !== undefined || isTerminalWorkflow(changeSet.workflow.status);
    const deadlineAt = isEnded ? Infinity : (changeSet.workflow.deadlineAt ?? Infinity);
    this.#index.setWorkflowDeadline(answer.workflowKey, deadlineAt);
    for (const key of answer.dropped) this.#drop(key);
    const tasks = new Map(changeSet.tasks.map(({ task }) => [task.taskId, task]));
    for (const taskId of tasks.keys()) this.#fresh.forget(taskId);
    const entries = changeSet.queue.flatMap((each) =>
      each.type === "enqueue" ? [each.entry] : [],
    );
    (step.change?.enqueued ?? []).forEach(({ claimVersion }, i) => {
      const [key = 0, taskDeadlineAt = Infinity] = answer.enqueued.slice(2 * i, 2 * i + 2);
      const entry = entries[i];
      this.#drop(key);
      if (isEnded || entry === undefined) return;
      this.#index.setTaskDeadline(key, taskDeadlineAt);
      this.#put(key, claimVersion, entry);
      const task = tasks.get(entry.taskId);
      const claim = unclaimed(entry, claimVersion);
      if (task !== undefined) this.#fresh.put({ key, claim }, task, changeSet.workflow);
    });
    (step.change?.touched ?? []).forEach((touched, i) => {
      const [key = 0, taskDeadlineAt = Number.NaN] = answer.touched.slice(2 * i, 2 * i + 2);
      this.#fresh.forgetKey(key);
      if (Number.isNaN(taskDeadlineAt) || isEnded) return;
      this.#index.setTaskDeadline(key, taskDeadlineAt);
      if ("claimVersion" in touched) this.#index.queues.setVersion(key, touched.claimVersion);
    });
  }

  #put(key: number, claimVersion: number, entry: QueueEntry): void {
    const { queue, priority, readyAt, limits } = entry;
    if (queue !== undefined)
      this.#index.queues.put(key, claimVersion, { queue, priority, readyAt, limits });
  }

  #drop(key: number): void {
    this.#fresh.forgetKey(key);
    this.#index.queues.drop(key);
    this.#index.setTaskDeadline(key, Infinity);
  }
}

/** How nobody holds an entry that has just been queued. */
function unclaimed({ taskId, pollCount, startTime }: QueueEntry, claimVersion: number): Claim {
  return { taskId, claimed: false, claimVersion, pollCount, startTime, updateTime: 0 };
}

const NOT_ANSWERED: CommitOutcome = { type: "refused", message: "the writer gave no answer" };
