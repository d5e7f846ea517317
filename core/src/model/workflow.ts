import type { JsonText } from "./json.ts";
import type { WorkflowStatus } from "./status.ts";

/**
 * The header of an execution: a narrow record of bounded size that most commits rewrite. What may grow (payloads, names
 * of failed tasks) is in `WorkflowData`. Instants are epoch milliseconds; 0 means not yet.
 */
export interface Workflow {
  readonly workflowId: string;
  /** Names the snapshot of the definition that this execution runs on. */
  readonly definitionHash: string;
  readonly workflowName: string;
  readonly workflowVersion: number;
  readonly status: WorkflowStatus;
  readonly createTime: number;
  readonly updateTime: number;
  readonly endTime: number;
  readonly lastRetriedTime: number;
  readonly correlationId?: string;
  readonly priority: number;
  readonly parentWorkflowId?: string;
  readonly parentWorkflowTaskId?: string;
  readonly reasonForIncompletion?: string;
  readonly failedTaskId?: string;
  readonly event?: string;

  /** The highest `seq` given to an attempt so far, 0 when none. */
  readonly seqMax: number;
  /** How many attempts there are (SKIPPED ones too), and how many of them are open. */
  readonly taskCount: number;
  readonly openCount: number;
  /** The number that the next agenda entry gets; never reused. */
  readonly agendaNext: number;
  /** How many tasks have an agenda entry. */
  readonly agendaCount: number;
  /** How many attempts are FAILED or FAILED_WITH_TERMINAL_ERROR now: their names are collected at the end. */
  readonly failedCount: number;
  /** The attempt with the highest `seq`, once there is one. */
  readonly lastTaskId?: string;
  /** The attempt of a TERMINATE that has ended this execution: its output is the execution's. */
  readonly terminateTaskId?: string;
  /** How many dynamic forks there were: from the second on, branches carry their fork's ref. */
  readonly dynamicForkCount: number;
  /** Attempts of permissive tasks that ended unsuccessfully for good: the completion check looks for them if not 0. */
  readonly permissiveFailureCount: number;
  /** When the workflow's own timeout comes, if it has one and it has not been found harmless (ALERT_ONLY). */
  readonly deadlineAt?: number;
  /** Set while the ending of this execution is still being carried through (cancels in slices). */
  readonly ending?: Ending;
}

/** What follows once the last open task of an ended workflow is cancelled. */
export interface Ending {
  /** Whether the definition's failure workflow is to be started. */
  readonly failureWorkflow: boolean;
}

/** The parts of an execution that may be large; each is written only when it changes. */
export interface WorkflowData {
  readonly input: JsonText;
  readonly output: JsonText;
  readonly variables: JsonText;
  readonly taskToDomain: Readonly<Record<string, string>>;
  readonly failedReferenceTaskNames: readonly string[];
  readonly failedTaskNames: readonly string[];
  readonly externalInputPayloadStoragePath?: string;
  readonly externalOutputPayloadStoragePath?: string;
  readonly idempotencyKey?: string;
}
