import type { WorkflowStatus } from "../model/status.ts";
import type { Lookup, RejectionCode } from "./decision.ts";

/*
 * The three ways out of a step that is half done. Whoever works a step undoes it and catches these; they never leave
 * the decider.
 */

/** Something is not in memory: the step is undone and tried again once it is. */
export class LookupSignal extends Error {
  readonly lookup: Lookup;

  constructor(lookup: Lookup) {
    super(`lookup: ${lookup.type}`);
    this.lookup = lookup;
  }
}

/** The workflow cannot go on: it ends with this status and reason. */
export class WorkflowFailure extends Error {
  readonly status: Exclude<WorkflowStatus, "RUNNING" | "PAUSED">;
  readonly taskId: string | undefined;

  constructor(status: WorkflowFailure["status"], reason: string, taskId?: string) {
    super(reason);
    this.status = status;
    this.taskId = taskId;
  }
}

/** A rule refuses the command. */
export class Rejection extends Error {
  readonly code: RejectionCode;

  constructor(code: RejectionCode, message: string) {
    super(message);
    this.code = code;
  }
}
