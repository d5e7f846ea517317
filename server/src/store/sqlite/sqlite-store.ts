import { setImmediate } from "node:timers/promises";

import {
  parseJson,
  type Claim,
  type Execution,
  type InternalCommand,
  type Lookup,
  type Task,
  type TaskDef,
  type TaskLog,
  type WorkflowDef,
} from "@ostinato/core";

import { AppError } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import type {
  ClaimedTask,
  ClaimRef,
  ClaimRequest,
  CommitGroup,
  CommitOutcome,
  DueDeadline,
  OutboxRow,
  PollData,
  QueueSize,
  Store,
  StoredTask,
  StoredWorkflow,
  StuckExecution,
  TaskPage,
  WorkflowFilter,
} from "../store.ts";
import { Claims } from "./claims.ts";
import { encodeInt, encodeText, UnstorableError } from "./codec.ts";
import { Commits } from "./commits.ts";
import { type Database, messageOf, openDatabase } from "./database.ts";
import { logRows } from "./group-step.ts";
import { decodeId, encodeId } from "./ids.ts";
import { FreshEntries } from "./fresh-entries.ts";
import { LiveIndex } from "./live-index.ts";
import { Reads, storedTask } from "./reads.ts";
import type { Step } from "./steps.ts";
import { findStuck } from "./stuck.ts";
import { WriteQueue } from "./write-queue.ts";
import type { Writer } from "./writer-thread.ts";

/** Pages of attempts that are larger are read in slices, so that nobody else waits. */
const TASKS_AT_ONCE_MAX = 500;
const TASKS_PER_SLICE = 200;
/** After a failed transaction pollers are not woken for this long. */
const QUIET_MS = 1_000;

export interface Parts {
  readonly writer: Writer;
  /** What is read from. */
  readonly database: Database;
  readonly clock: Clock;
  readonly undeliveredMs: number;
  /** Absent: in memory. */
  readonly file?: string;
  readonly unlock: () => void;
}

/** The pieces put together: `openSqliteStore` says how they work. */
export class SqliteStore implements Store {
  readonly #parts: Parts;
  readonly #reads: Reads;
  readonly #writes: WriteQueue;
  readonly #index: LiveIndex;
  readonly #commits: Commits;
  readonly #claims: Claims;
  readonly #fresh = new FreshEntries();
  #isClosed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#reads = new Reads(parts.database);
    this.#writes = new WriteQueue(parts.writer.execute, {
      onStart: () => this.#claims.closeDelivered(),
      onSettled: (failure) => {
        if (failure !== undefined) this.#index.keepQuiet(QUIET_MS);
        this.#index.advance();
      },
    });
    const { clock, undeliveredMs } = parts;
    this.#index = new LiveIndex(this.#reads, {
      clock,
      undeliveredMs,
      takeBack: (claims) => {
        this.#claims.takeBack(claims).catch(() => this.#index.takeBackLater(claims));
      },
    });
    this.#commits = new Commits(this.#index, this.#writes, this.#fresh);
    this.#claims = new Claims(this.#index, this.#writes, {
      reads: this.#reads,
      fresh: this.#fresh,
      clock: parts.clock,
    });
    this.#index.restore();
    this.#index.arm();
  }

  async loadExecutions(workflowIds: readonly string[]): Promise<(Execution | undefined)[]> {
    return this.#read(() =>
      this.#reads.inSnapshot(() => workflowIds.map((id) => this.#reads.loadExecution(id))),
    );
  }

  async loadTasks(workflowId: string, lookup: Lookup): Promise<Task[]> {
    return this.#read(() =>
      this.#reads.inSnapshot(() => this.#reads.loadTasks(workflowId, lookup)),
    );
  }

  async loadClaims(taskIds: readonly string[]): Promise<Map<string, Claim>> {
    const claims = this.#read(() =>
      taskIds.map((taskId) => this.#fresh.findClaim(taskId) ?? this.#reads.loadClaim(taskId)),
    );
    return new Map(claims.flatMap((claim) => (claim === undefined ? [] : [[claim.taskId, claim]])));
  }

  async loadSnapshotTexts(hashes: readonly string[]): Promise<Map<string, string>> {
    const texts = this.#read(() =>
      hashes.map((hash) => [hash, this.#reads.snapshotText(hash)] as const),
    );
    return new Map(texts.flatMap(([hash, text]) => (text === undefined ? [] : [[hash, text]])));
  }

  async commit(groups: readonly CommitGroup[]): Promise<CommitOutcome[]> {
    this.#checkOpen();
    return this.#commits.commit(groups);
  }

  async claim(request: ClaimRequest): Promise<ClaimedTask[]> {
    this.#checkOpen();
    return this.#claims.claim(request);
  }

  async undoClaims(claims: readonly ClaimRef[]): Promise<void> {
    this.#checkOpen();
    await this.#claims.undo(claims);
  }

  markDelivered(claims: readonly ClaimRef[]): void {
    if (!this.#isClosed) this.#claims.markDelivered(claims);
  }

  onAvailable(listener: (queues: readonly string[]) => void): void {
    this.#index.onAvailable(listener);
  }

  onDeadlines(listener: (due: readonly DueDeadline[]) => void): void {
    this.#index.onDeadlines(listener);
  }

  async listOutbox(afterId: number, count: number): Promise<OutboxRow[]> {
    const sql =
      "SELECT id, source_id, target_id, command FROM outbox WHERE id > ? ORDER BY id LIMIT ?";
    return this.#read(() => this.#reads.query(sql).all(afterId, count)).map(
      ([id, source = null, target = null, command]) => ({
        id: Number(id),
        sourceWorkflowId: decodeId(source),
        targetWorkflowId: decodeId(target),
        command: JSON.parse(String(command)) as InternalCommand,
      }),
    );
  }

  async listAgendas(
    afterKey: number,
    count: number,
  ): Promise<{ readonly key: number; readonly workflowId: string }[]> {
    const sql = `SELECT key, id FROM workflow
      WHERE (agenda_count > 0 OR ending IS NOT NULL) AND status <> 1 AND key > ? ORDER BY key LIMIT ?`;
    const rows = this.#read(() => this.#reads.query(sql).all(afterKey, count));
    return rows.map(([key, id = null]) => ({ key: Number(key), workflowId: decodeId(id) }));
  }

  async loadDefinitions(): Promise<{
    readonly taskDefs: TaskDef[];
    readonly workflowDefs: WorkflowDef[];
  }> {
    const parsed = <T>(sql: string): T[] =>
      this.#read(() => this.#reads.query(sql).all()).map(
        ([text]) => parseJson(String(text)) as unknown as T,
      );
    return {
      taskDefs: parsed<TaskDef>("SELECT text FROM task_def ORDER BY name"),
      workflowDefs: parsed<WorkflowDef>("SELECT text FROM workflow_def ORDER BY name, version"),
    };
  }

  async putTaskDefs(taskDefs: readonly TaskDef[]): Promise<void> {
    const rows = taskDefs.flatMap((taskDef) => [taskDef.name ?? "", JSON.stringify(taskDef)]);
    await this.#write({ type: "put-task-defs", rows });
  }

  async deleteTaskDef(name: string): Promise<void> {
    await this.#write({ type: "delete-task-def", name });
  }

  async putWorkflowDefs(workflowDefs: readonly WorkflowDef[]): Promise<void> {
    const rows = workflowDefs.flatMap((workflowDef) => [
      workflowDef.name ?? "",
      workflowDef.version,
      JSON.stringify(workflowDef),
    ]);
    await this.#write({ type: "put-workflow-defs", rows });
  }

  async deleteWorkflowDef(name: string, version: number): Promise<void> {
    await this.#write({ type: "delete-workflow-def", name, version });
  }

  async appendLogs(logs: readonly (TaskLog & { readonly taskId: string })[]): Promise<void> {
    await this.#write({ type: "logs", rows: storable(() => logRows(logs)) });
  }

  async listLogs(taskId: string): Promise<TaskLog[]> {
    const sql =
      "SELECT log, created_time FROM task_log WHERE task_id = ? ORDER BY created_time, key";
    const rows = this.#read(() => this.#reads.query(sql).all(encodeId(taskId)));
    return rows.map(([log, createdTime]) => ({
      log: String(log),
      createdTime: Number(createdTime),
    }));
  }

  async putPollData(polls: readonly PollData[]): Promise<void> {
    const rows = storable(() =>
      polls.flatMap(({ taskType, domain = "", workerId, lastPollTime }) => [
        encodeText("taskType", taskType),
        encodeText("domain", domain),
        encodeText("workerId", workerId),
        encodeInt("lastPollTime", lastPollTime),
      ]),
    );
    await this.#write({ type: "polls", rows });
  }

  async listPollData(): Promise<PollData[]> {
    const sql =
      "SELECT task_type, domain, worker_id, last_poll_time FROM poll_data ORDER BY task_type, domain";
    const rows = this.#read(() => this.#reads.query(sql).all());
    return rows.map(([taskType, domain, workerId, lastPollTime]) => ({
      taskType: String(taskType),
      ...(domain === "" ? {} : { domain: String(domain) }),
      ...(typeof workerId === "string" ? { workerId } : {}),
      lastPollTime: Number(lastPollTime),
    }));
  }

  async findWorkflow(workflowId: string): Promise<StoredWorkflow | undefined> {
    return this.#read(() => this.#reads.inSnapshot(() => this.#reads.findWorkflow(workflowId)));
  }

  async listTasks(
    workflowId: string,
    page: TaskPage = { offset: 0, count: -1 },
  ): Promise<{ readonly totalHits: number; readonly tasks: StoredTask[] }> {
    const { file } = this.#parts;
    const count = this.#read(() => this.#reads.countTasks(workflowId));
    const isLarge = count > TASKS_AT_ONCE_MAX && (page.count < 0 || page.count > TASKS_AT_ONCE_MAX);
    if (isLarge && file !== undefined) return listTasksSlowly(file, workflowId, page);
    return this.#read(() =>
      this.#reads.inSnapshot(() => {
        const { totalHits, rows } = this.#reads.pageOfTasks(workflowId, page);
        return { totalHits, tasks: Array.from(rows, storedTask) };
      }),
    );
  }

  async findTask(taskId: string): Promise<StoredTask | undefined> {
    return this.#read(() => this.#reads.findTask(taskId));
  }

  async listWorkflowIds(filter: WorkflowFilter): Promise<string[]> {
    return this.#read(() => this.#reads.listWorkflowIds(filter));
  }

  async findIdempotencyHolder(workflowName: string, key: string): Promise<string | undefined> {
    const sql = `SELECT w.id FROM idempotency_key k JOIN workflow w ON w.key = k.workflow_key
      WHERE k.name = ? AND k.value = ?`;
    const row = this.#read(() => this.#reads.query(sql).get(workflowName, key));
    return row === undefined ? undefined : decodeId(row[0] ?? null);
  }

  async listOpenTasks(taskType: string, offset: number, count: number): Promise<StoredTask[]> {
    return this.#read(() => this.#reads.listOpenTasks(taskType, offset, count));
  }

  queueSizes(): ReadonlyMap<string, QueueSize> {
    return this.#index.sizes();
  }

  async findStuck(workflowId?: string): Promise<StuckExecution[]> {
    return this.#read(() => this.#reads.inSnapshot(() => findStuck(this.#reads, workflowId)));
  }

  async checkHealth(): Promise<void> {
    await this.#write({ type: "check-health" });
    this.#read(() => this.#reads.query("SELECT value FROM meta").all());
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#index.stop();
    await this.#writes.drain();
    this.#index.stop();
    this.#claims.stop();
    if (this.#parts.file !== undefined) this.#parts.database.close();
    await this.#parts.writer.close();
    this.#parts.unlock();
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new AppError("STORE_UNAVAILABLE", "the store is closed");
  }

  #read<T>(read: () => T): T {
    this.#checkOpen();
    try {
      return read();
    } catch (error) {
      throw unavailable(error);
    }
  }

  async #write(step: Step): Promise<void> {
    this.#checkOpen();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#writes.push([step], (result) => {
      if (result instanceof AppError) reject(result);
      else if (result[0]?.type === "refused") reject(new AppError("INTERNAL", result[0].message));
      else resolve();
    });
    return promise;
  }
}

function unavailable(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError("STORE_UNAVAILABLE", `the database cannot be read: ${messageOf(error)}`, {
    cause: error,
  });
}

/** @throws AppError BAD_REQUEST when a value cannot be stored. */
function storable<T>(encode: () => T): T {
  try {
    return encode();
  } catch (error) {
    if (error instanceof UnstorableError)
      throw new AppError("BAD_REQUEST", error.message, { cause: error });
    throw error;
  }
}

/** On a connection of its own, whose state stays the same while others have their turn. */
async function listTasksSlowly(
  file: string,
  workflowId: string,
  page: TaskPage,
): Promise<{ readonly totalHits: number; readonly tasks: StoredTask[] }> {
  const database = openDatabase(file, "read");
  try {
    database.exec("BEGIN");
    const { totalHits, rows } = new Reads(database).pageOfTasks(workflowId, page);
    const tasks: StoredTask[] = [];
    for (const row of rows) {
      tasks.push(storedTask(row));
      if (tasks.length % TASKS_PER_SLICE === 0) await setImmediate();
    }
    return { totalHits, tasks };
  } catch (error) {
    throw unavailable(error);
  } finally {
    database.close();
  }
}
