import type { RejectionCode, Violation } from "@ostinato/core";

/** Why the server says no, besides the rules' own reasons. */
export type ErrorCode =
  | RejectionCode
  | "VALIDATION_FAILED"
  | "BAD_REQUEST"
  | "NOT_FOUND"
  | "METHOD_NOT_ALLOWED"
  | "CONFLICT"
  | "REQUEST_TIMEOUT"
  | "BODY_TOO_LARGE"
  | "HEADERS_TOO_LARGE"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "CORS_REFUSED"
  | "IDEMPOTENCY_KEY_TAKEN"
  | "STORE_UNAVAILABLE"
  | "STORE_CONFLICT"
  | "STORE_FULL"
  | "OVERLOADED"
  | "SHUTTING_DOWN"
  | "INTERNAL";

/** Every error a client can see: its HTTP status, and whether the same request may succeed later. */
export const ERRORS: Readonly<
  Record<ErrorCode, { readonly status: number; readonly retryable: boolean }>
> = {
  WORKFLOW_NOT_FOUND: { status: 404, retryable: false },
  WORKFLOW_DEF_NOT_FOUND: { status: 404, retryable: false },
  CHILD_DEF_NOT_FOUND: { status: 404, retryable: false },
  TASK_NOT_FOUND: { status: 404, retryable: false },
  INVALID_INPUT: { status: 400, retryable: false },
  WORKFLOW_ENDED: { status: 409, retryable: false },
  WORKFLOW_COMPLETED: { status: 409, retryable: false },
  WORKFLOW_NOT_PAUSED: { status: 409, retryable: false },
  WORKFLOW_NOT_TERMINAL: { status: 409, retryable: false },
  WORKFLOW_STILL_RUNNING: { status: 404, retryable: false },
  WORKFLOW_NOT_STARTED: { status: 409, retryable: false },
  WORKFLOW_NOT_RESTARTABLE: { status: 404, retryable: false },
  NOTHING_TO_RETRY: { status: 409, retryable: false },
  NOT_ARCHIVABLE: { status: 400, retryable: false },
  PAYLOAD_TOO_LARGE: { status: 400, retryable: false },
  VALIDATION_FAILED: { status: 400, retryable: false },
  BAD_REQUEST: { status: 400, retryable: false },
  NOT_FOUND: { status: 404, retryable: false },
  METHOD_NOT_ALLOWED: { status: 405, retryable: false },
  CONFLICT: { status: 409, retryable: false },
  REQUEST_TIMEOUT: { status: 408, retryable: false },
  BODY_TOO_LARGE: { status: 413, retryable: false },
  HEADERS_TOO_LARGE: { status: 431, retryable: false },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, retryable: false },
  CORS_REFUSED: { status: 403, retryable: false },
  IDEMPOTENCY_KEY_TAKEN: { status: 409, retryable: false },
  STORE_UNAVAILABLE: { status: 503, retryable: true },
  STORE_CONFLICT: { status: 503, retryable: true },
  STORE_FULL: { status: 503, retryable: true },
  OVERLOADED: { status: 503, retryable: true },
  SHUTTING_DOWN: { status: 503, retryable: true },
  INTERNAL: { status: 500, retryable: false },
};

/** The world, or the caller, says no. `message` is what the client reads; it names the thing and never a secret. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A request that can be read but breaks rules. */
export class ValidationError extends AppError {
  readonly violations: readonly Violation[];

  constructor(violations: readonly Violation[]) {
    super("VALIDATION_FAILED", "Validation failed, check below errors for detail.");
    this.violations = violations;
  }
}
