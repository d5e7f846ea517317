import type { JsonObject, JsonText } from "@ostinato/core";

/** Runs the attempts of one type of task that the server does itself, with effects outside. */
export interface SystemTaskExecutor {
  readonly taskType: string;
  /**
   * Runs one attempt. Never rejects: whatever goes wrong is a result. Once `signal` is aborted nobody waits for the
   * result any more. A crash repeats an attempt: its effects happen at least once.
   */
  execute(attempt: SystemTaskAttempt, signal: AbortSignal): Promise<SystemTaskResult>;
  /** Lets go of connections and threads; nothing is running any more. */
  close?(): Promise<void>;
}

export interface SystemTaskAttempt {
  readonly taskId: string;
  readonly workflowId: string;
  /** With the values of secrets in it: never to be stored or logged. */
  readonly input: JsonObject;
  /** A success leaves the attempt IN_PROGRESS: somebody outside is to end it. */
  readonly asyncComplete: boolean;
}

export interface SystemTaskResult {
  readonly status: "COMPLETED" | "FAILED" | "FAILED_WITH_TERMINAL_ERROR" | "IN_PROGRESS";
  /** The text of an object. */
  readonly outputData: JsonText;
  readonly reasonForIncompletion?: string;
}

/** Structured logging, as pino does it. */
export interface Log {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** What a success is for this attempt. */
export function succeeded(
  { asyncComplete }: Pick<SystemTaskAttempt, "asyncComplete">,
  outputData: JsonText,
): SystemTaskResult {
  return { status: asyncComplete ? "IN_PROGRESS" : "COMPLETED", outputData };
}

/** A failure that another attempt may mend. */
export function failed(
  reasonForIncompletion: string,
  outputData: JsonText = "{}",
): SystemTaskResult {
  return { status: "FAILED", outputData, reasonForIncompletion };
}

/** A failure that no other attempt mends. */
export function failedForGood(reasonForIncompletion: string): SystemTaskResult {
  return { status: "FAILED_WITH_TERMINAL_ERROR", outputData: "{}", reasonForIncompletion };
}
