import type {
  ChangeSet,
  Claim,
  Execution,
  InternalCommand,
  JsonText,
  Lookup,
  OutboxMessage,
  Task,
  TaskDef,
  TaskLog,
  Workflow,
  WorkflowData,
  WorkflowDef,
} from "@ostinato/core";

/**
 * Where everything durable is. Two adapters keep this contract, checked by `store-suite.ts`. All instants are epoch
 * milliseconds. A method that cannot reach the database rejects with `AppError` STORE_UNAVAILABLE and has done nothing.
 */
export interface Store {
  // ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────
  /**
   * Loads headers, in the order asked; `undefined` for an id that nothing is stored under. Executions of at most
   * `LOAD_ALL_TASKS_MAX` attempts come with all of them (`complete`), larger ones with none. Their open attempts are as
   * the last decision left them: claims are loaded apart.
   */
  loadExecutions(workflowIds: readonly string[]): Promise<(Execution | undefined)[]>;
  /** The attempts that a lookup names (not for `claims`, `workflow-text` and `evaluations`). */
  loadTasks(workflowId: string, lookup: Lookup): Promise<Task[]>;
  /** The claims of those of these attempts that are in the queue. */
  loadClaims(taskIds: readonly string[]): Promise<Map<string, Claim>>;
  /** Snapshots of definitions by hash; every hash that a stored execution names is there. */
  loadSnapshotTexts(hashes: readonly string[]): Promise<Map<string, JsonText>>;
  /** Stores the groups, each whole or not at all, durably: when the promise resolves, a crash no longer undoes them. */
  commit(groups: readonly CommitGroup[]): Promise<CommitOutcome[]>;

  // ── queue ──────────────────────────────────────────────────────────────────────────────────────────────────────
  /**
   * Hands out up to `count` ready attempts of a queue, within their limits: priority first, then `readyAt`, then age. An
   * attempt that has waited `PRIORITY_HEAD_START_MS` longer per step of priority goes first all the same, so that a
   * stream of urgent ones starves nobody.
   * Durable when it resolves. Never waits for work to come.
   */
  claim(request: ClaimRequest): Promise<ClaimedTask[]>;
  /** Takes claims back as if they had never been (start, poll count, slot and rate grant): the answer did not leave. */
  undoClaims(claims: readonly ClaimRef[]): Promise<void>;
  /** Notes that answers have left; becomes durable with the next commit, at latest after 100 ms. */
  markDelivered(claims: readonly ClaimRef[]): void;
  /** Called whenever attempts of these queues may have become available: by a commit, a freed slot, an undo, the clock. */
  onAvailable(listener: (queues: readonly string[]) => void): void;
  /** Called when deadlines are due, with the executions and attempts whose they are; repeated until a commit moves them. */
  onDeadlines(listener: (due: readonly DueDeadline[]) => void): void;

  // ── after a start ──────────────────────────────────────────────────────────────────────────────────────────────
  /** Outbox rows that nobody has decided yet, in pages by id. */
  listOutbox(afterId: number, count: number): Promise<OutboxRow[]>;
  /** Executions with an agenda that are not PAUSED, in pages. */
  listAgendas(
    afterKey: number,
    count: number,
  ): Promise<{ readonly key: number; readonly workflowId: string }[]>;

  // ── definitions ────────────────────────────────────────────────────────────────────────────────────────────────
  loadDefinitions(): Promise<{
    readonly taskDefs: TaskDef[];
    readonly workflowDefs: WorkflowDef[];
  }>;
  putTaskDefs(taskDefs: readonly TaskDef[]): Promise<void>;
  deleteTaskDef(name: string): Promise<void>;
  putWorkflowDefs(workflowDefs: readonly WorkflowDef[]): Promise<void>;
  deleteWorkflowDef(name: string, version: number): Promise<void>;

  // ── logs and poll data ─────────────────────────────────────────────────────────────────────────────────────────
  appendLogs(logs: readonly (TaskLog & { readonly taskId: string })[]): Promise<void>;
  listLogs(taskId: string): Promise<TaskLog[]>;
  /** `domain` is absent for the plain queue. The last one per (taskType, domain) stays. */
  putPollData(polls: readonly PollData[]): Promise<void>;
  listPollData(): Promise<PollData[]>;

  // ── reads ──────────────────────────────────────────────────────────────────────────────────────────────────────
  findWorkflow(workflowId: string): Promise<StoredWorkflow | undefined>;
  /** Attempts by `seq`, claims merged in. `offset` and `count` cut a page after the filter. */
  listTasks(
    workflowId: string,
    page?: TaskPage,
  ): Promise<{ readonly totalHits: number; readonly tasks: StoredTask[] }>;
  findTask(taskId: string): Promise<StoredTask | undefined>;
  /** Ids, oldest first. */
  listWorkflowIds(filter: WorkflowFilter): Promise<string[]>;
  findIdempotencyHolder(workflowName: string, key: string): Promise<string | undefined>;
  /** Open attempts of a task type, oldest first. */
  listOpenTasks(taskType: string, offset: number, count: number): Promise<StoredTask[]>;
  /** Attempts that nobody has claimed, delayed ones included, per queue; queues that are empty now but were not before count 0. */
  queueSizes(): ReadonlyMap<string, QueueSize>;

  /** Finds open executions (all, or this one) that nothing will ever move, with the reason. */
  findStuck(workflowId?: string): Promise<StuckExecution[]>;
  /** Rejects when the database cannot be read and written. */
  checkHealth(): Promise<void>;
  close(): Promise<void>;
}

/** What one step of priority is worth in waiting. */
export const PRIORITY_HEAD_START_MS = 60_000;

/** Executions with more attempts than this are loaded in parts. */
export const LOAD_ALL_TASKS_MAX = 200;

/** What stands or falls alone in a commit. One commit never has two groups of the same execution. */
export type CommitGroup = ChangeGroup | CheckGroup;

export interface ChangeGroup {
  readonly changeSet: ChangeSet;
  /** Outbox rows that this group decides: it counts only if all of them are still there, and deletes them. */
  readonly consumes: readonly number[];
}

/**
 * Decisions that changed nothing: the group holds only if the stored execution is still at this version, and leaves it
 * there. `committed` tells the ids of its outbox rows as for any other group.
 */
export interface CheckGroup {
  readonly changeSet?: never;
  readonly workflowId: string;
  /** 0: nothing is stored under this id. */
  readonly baseVersion: number;
  readonly consumes: readonly number[];
  /** The refusal that a start from the outbox is answered with; else empty. */
  readonly outbox: readonly OutboxMessage[];
}

export type CommitOutcome =
  /** `claims`: what the queue knew of attempts that the group took out or replaced there; already merged into the rows. */
  | {
      readonly type: "committed";
      readonly outboxIds: readonly number[];
      readonly claims: readonly Claim[];
    }
  /** The stored execution, or a claim that was relied on, has moved on; or a consumed row is gone. */
  | { readonly type: "conflict" }
  | { readonly type: "duplicate-key"; readonly holder: string }
  /** The database will not have it (a value out of range, say): the group alone is at fault. */
  | { readonly type: "refused"; readonly message: string };

export interface ClaimRequest {
  readonly queue: string;
  readonly count: number;
  readonly workerId?: string;
  readonly now: number;
}

export interface ClaimRef {
  readonly taskId: string;
  readonly claimVersion: number;
}

export interface ClaimedTask {
  readonly claimVersion: number;
  readonly task: StoredTask;
}

export interface DueDeadline {
  readonly workflowId: string;
  /** Absent: the workflow's own. */
  readonly taskId?: string;
}

export interface OutboxRow {
  readonly id: number;
  readonly sourceWorkflowId: string;
  readonly targetWorkflowId: string;
  readonly command: InternalCommand;
}

export interface PollData {
  readonly taskType: string;
  readonly domain?: string;
  readonly workerId?: string;
  readonly lastPollTime: number;
}

/** An execution as it is read: header, data and the snapshot it runs on. */
export interface StoredWorkflow {
  readonly workflow: Workflow;
  readonly data: WorkflowData;
}

/** An attempt as it is read: its claim is merged in, and it is CANCELED if it is open in an ended workflow. */
export interface StoredTask {
  readonly task: Task;
  readonly workflowId: string;
  readonly workflowName: string;
  readonly definitionHash: string;
  readonly correlationId?: string;
}

export interface TaskPage {
  readonly offset: number;
  readonly count: number;
  /** Only attempts in one of these. */
  readonly statuses?: readonly string[];
}

export type WorkflowFilter =
  /** RUNNING and PAUSED ones. */
  | { readonly type: "open"; readonly workflowName: string }
  | {
      readonly type: "created-between";
      readonly workflowName: string;
      readonly version: number;
      readonly from: number;
      readonly to: number;
    }
  | {
      readonly type: "correlated";
      readonly workflowName: string;
      readonly correlationId: string;
      readonly includeClosed: boolean;
    };

export interface QueueSize {
  readonly waiting: number;
  readonly claimed: number;
}

export interface StuckExecution {
  readonly workflowId: string;
  readonly reason: string;
}
