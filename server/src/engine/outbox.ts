import type { OutboxMessage } from "@ostinato/core";

import type { OutboxRow } from "../store/store.ts";
import type { Answer } from "./answers.ts";
import type { EngineDeps } from "./deps.ts";
import type { Seed } from "./ids.ts";
import { newSubmission, type Submission } from "./submission.ts";

const LIST_RETRY_MS = 1_000;

export interface OutboxPorts {
  readonly deps: Pick<EngineDeps, "store" | "clock" | "log" | "limits">;
  readonly seeds: () => Seed;
  readonly submit: (workflowId: string, submission: Submission) => void;
}

/**
 * Internal commands on their way: submitted in memory as soon as they are committed, or read from their rows after a
 * start. Rows are worked in the order of their ids, since the order within (source, target) holds: until the old rows
 * have all been read, new ones wait behind them.
 */
export class Outbox {
  readonly #ports: OutboxPorts;
  /** New messages that wait until the old rows are read, by row id; `undefined` once they are. */
  #heldBack:
    | Map<number, { readonly workflowId: string; readonly submission: Submission }>
    | undefined = new Map();
  #isClosed = false;

  constructor(ports: OutboxPorts) {
    this.#ports = ports;
  }

  /** Submits what a group has committed. `rowIds` are those of the messages, in order. */
  send(
    sourceWorkflowId: string,
    messages: readonly OutboxMessage[],
    sent: { readonly rowIds: readonly number[]; readonly causes: readonly Answer[] },
  ): void {
    messages.forEach((message, n) => {
      const rowId = sent.rowIds[n];
      if (rowId === undefined) throw new Error("the store gave fewer outbox ids than messages");
      const row: OutboxRow = { id: rowId, sourceWorkflowId, ...message };
      const submission = this.#submissionOf(row, sent.causes);
      if (this.#heldBack === undefined) this.#ports.submit(row.targetWorkflowId, submission);
      else this.#heldBack.set(rowId, { workflowId: row.targetWorkflowId, submission });
    });
  }

  /** Takes up the rows that an earlier process left, page by page, each once the one before it is worked off. */
  async recover(): Promise<void> {
    const count = this.#ports.deps.limits.recoveryPageSize;
    let afterId = 0;
    while (!this.#isClosed) {
      const from = afterId;
      const rows = await this.#retrying(() => this.#ports.deps.store.listOutbox(from, count));
      afterId = rows.at(-1)?.id ?? afterId;
      const worked = this.#submitPage(rows);
      if (rows.length < count) break;
      await worked;
    }
    this.#releaseHeldBack();
  }

  /** Agendas that an earlier process left: they go on behind all callers. */
  async recoverAgendas(): Promise<void> {
    const { store, limits } = this.#ports.deps;
    let afterKey = 0;
    while (!this.#isClosed) {
      const from = afterKey;
      const page = await this.#retrying(() => store.listAgendas(from, limits.recoveryPageSize));
      afterKey = page.at(-1)?.key ?? afterKey;
      await Promise.all(page.map(({ workflowId }) => this.#continue(workflowId)));
      if (page.length < limits.recoveryPageSize) return;
    }
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Whether the row is still there: one that is not has been decided already. */
  async hasRow(rowId: number): Promise<boolean> {
    const [row] = await this.#ports.deps.store.listOutbox(rowId - 1, 1);
    return row?.id === rowId;
  }

  #submitPage(rows: readonly OutboxRow[]): Promise<unknown> {
    return Promise.all(
      rows.map(
        (row) =>
          new Promise<void>((done) => {
            const heldBack = this.#heldBack?.get(row.id);
            this.#heldBack?.delete(row.id);
            const causes = heldBack?.submission.causes ?? [];
            this.#ports.submit(row.targetWorkflowId, this.#submissionOf(row, causes, done));
          }),
      ),
    );
  }

  #releaseHeldBack(): void {
    const heldBack = this.#heldBack ?? new Map<number, never>();
    this.#heldBack = undefined;
    for (const { workflowId, submission } of heldBack.values())
      this.#ports.submit(workflowId, submission);
  }

  #continue(workflowId: string): Promise<void> {
    return new Promise((done) => {
      const about = { seed: this.#ports.seeds(), causes: [] };
      this.#ports.submit(
        workflowId,
        newSubmission({ type: "continue" }, { type: "continue", done }, about),
      );
    });
  }

  #submissionOf(row: OutboxRow, causes: readonly Answer[], done?: () => void): Submission {
    const { id: rowId, sourceWorkflowId } = row;
    const origin = {
      type: "outbox" as const,
      rowId,
      sourceWorkflowId,
      ...(done === undefined ? {} : { done }),
    };
    return newSubmission(row.command, origin, { seed: this.#ports.seeds(), causes });
  }

  async #retrying<T>(read: () => Promise<T[]>): Promise<T[]> {
    const { clock, log } = this.#ports.deps;
    while (!this.#isClosed) {
      try {
        return await read();
      } catch (error) {
        log.warn({ err: error }, "what an earlier process left could not be read; trying again");
        await new Promise<void>((resolve) => {
          clock.setTimer(clock.now() + LIST_RETRY_MS, resolve);
        });
      }
    }
    return [];
  }
}
