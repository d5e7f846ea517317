import { DecodeError } from "@ostinato/core";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { AppError, ERRORS, ValidationError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import type { Log } from "../service/log.ts";
import { sendJson } from "./reply.ts";

/** Answers errors. Everything that goes wrong in a request ends here, and only here. */
export type ErrorHandler = (error: unknown, request: FastifyRequest, reply: FastifyReply) => void;

/**
 * Turns errors into the error body of Conductor's API (rest-api.md 1.5).
 * @param instance - the name that this server calls itself in answers.
 */
export function createErrorHandler(options: {
  readonly instance: string;
  readonly log: Log;
}): ErrorHandler {
  const { instance, log } = options;
  return (error, request, reply) => {
    const known = request.raw.readableAborted ? HALF_A_REQUEST : toAppError(error);
    const { status, retryable } = ERRORS[known.code];
    const { method, url } = request;
    // A line each and no stack: they come by the thousand while a disk is full, and nothing in here is wrong.
    if (retryable) log.warn({ code: known.code, method, url }, known.message);
    else if (status >= 500) log.error({ err: error, method, url }, "request failed");
    if (retryable) reply.header("retry-after", "1");
    const message = known.code === "INTERNAL" ? "Internal error" : known.message;
    const violations = known instanceof ValidationError ? known.violations : undefined;
    const body =
      violations === undefined
        ? { status, message, instance, retryable }
        : { status, message, retryable, validationErrors: violations };
    sendJson(reply.code(status), JSON.stringify(body));
  };
}

/** Nobody is there any more to read this. */
const HALF_A_REQUEST = new AppError("BAD_REQUEST", "The connection ended before the request did");

/** What fastify itself refuses, by its code. */
const FRAMEWORK_ERRORS: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "BODY_TOO_LARGE",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "BAD_REQUEST",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "UNSUPPORTED_MEDIA_TYPE",
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: "UNSUPPORTED_MEDIA_TYPE",
  FST_ERR_BAD_URL: "BAD_REQUEST",
  FST_ERR_MAX_PARAM_LENGTH: "NOT_FOUND",
};

function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof DecodeError) {
    return new AppError("BAD_REQUEST", `JSON parse error: ${error.message}`, { cause: error });
  }
  const { code, message } = error as Partial<FastifyError>;
  const known = code === undefined ? undefined : FRAMEWORK_ERRORS[code];
  if (known !== undefined) return new AppError(known, message ?? known, { cause: error });
  return new AppError("INTERNAL", "Internal error", { cause: error });
}
