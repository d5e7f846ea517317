import type { Claim, Task, Workflow } from "@ostinato/core";

import type { StoredTask } from "../store.ts";
import { asRead } from "./rows.ts";

/** How many entries are remembered, and how many characters their payloads may have in all. */
const ENTRIES_MAX = 20_000;
const CHARACTERS_MAX = 64_000_000;
/** What an entry counts besides its payloads. */
const ENTRY_CHARACTERS = 1_000;

interface FreshEntry {
  readonly key: number;
  readonly stored: StoredTask;
  readonly characters: number;
  claim: Claim;
}

/**
 * Queue entries as they were committed a short while ago, with their attempts: most are claimed and
 * reported on soon, and then neither the claim nor the report has to read them. Nothing relies on
 * what is in here: whatever changes an entry in another way than a claim makes it be forgotten, and
 * then it is read.
 */
export class FreshEntries {
  readonly #byTask = new Map<string, FreshEntry>();
  readonly #taskIds = new Map<number, string>();
  #characters = 0;

  /** An attempt has been queued, and is not claimed. */
  put(
    place: { readonly key: number; readonly claim: Claim },
    task: Task,
    workflow: Workflow,
  ): void {
    this.forget(task.taskId);
    const { workflowId, workflowName, definitionHash, correlationId } = workflow;
    const stored: StoredTask = {
      task,
      workflowId,
      workflowName,
      definitionHash,
      ...(correlationId === undefined ? {} : { correlationId }),
    };
    const { inputData, outputData = "" } = task;
    const characters = ENTRY_CHARACTERS + inputData.length + outputData.length;
    this.#characters += characters;
    this.#byTask.set(task.taskId, { ...place, stored, characters });
    this.#taskIds.set(place.key, task.taskId);
    for (const oldest of this.#byTask.keys()) {
      if (this.#byTask.size <= ENTRIES_MAX && this.#characters <= CHARACTERS_MAX) break;
      this.forget(oldest);
    }
  }

  /** A claim of the entry has been committed. */
  claimed(key: number, by: Pick<Claim, "claimVersion" | "updateTime" | "workerId">): void {
    const entry = this.#byTask.get(this.#taskIds.get(key) ?? "");
    if (entry === undefined) return;
    const { taskId, pollCount, startTime } = entry.claim;
    entry.claim = {
      ...by,
      taskId,
      claimed: true,
      pollCount: pollCount + 1,
      startTime: startTime > 0 ? startTime : by.updateTime,
    };
  }

  /** The entry as a worker gets it, if it is held under this version. */
  findClaimed(key: number, claimVersion: number): StoredTask | undefined {
    const entry = this.#byTask.get(this.#taskIds.get(key) ?? "");
    if (entry === undefined || entry.claim.claimVersion !== claimVersion) return undefined;
    return { ...entry.stored, task: asRead(entry.stored.task, entry.claim, 0) };
  }

  findClaim(taskId: string): Claim | undefined {
    return this.#byTask.get(taskId)?.claim;
  }

  forgetKey(key: number): void {
    const taskId = this.#taskIds.get(key);
    if (taskId !== undefined) this.forget(taskId);
  }

  forget(taskId: string): void {
    const entry = this.#byTask.get(taskId);
    if (entry === undefined) return;
    this.#byTask.delete(taskId);
    this.#taskIds.delete(entry.key);
    this.#characters -= entry.characters;
  }
}
