import type { Socket } from "node:net";
import type { ErrorCode } from "../errors.ts";
import { ERRORS } from "../errors.ts";

/** What Node's parser complains about, by its code; anything else is no HTTP. */
const PARSER_ERRORS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: ["HEADERS_TOO_LARGE", "The request's headers are too large"],
  ERR_HTTP_REQUEST_TIMEOUT: ["REQUEST_TIMEOUT", "The request did not arrive in time"],
};

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  431: "Request Header Fields Too Large",
};

/**
 * Answers what cannot be read as HTTP, in the error shape, and ends the connection.
 * @param instance - the name that this server calls itself in answers.
 */
export function createClientErrorHandler(
  instance: string,
): (error: Error & { readonly code?: string }, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    const [code, message] = PARSER_ERRORS[error.code ?? ""] ?? [
      "BAD_REQUEST" as const,
      "The request is not valid HTTP",
    ];
    const { status, retryable } = ERRORS[code];
    const body = JSON.stringify({ status, message, instance, retryable });
    socket.end(
      `HTTP/1.1 ${status} ${REASONS[status] ?? "Error"}\r\n` +
        "Content-Type: application/json\r\n" +
        `Content-Length: ${Buffer.byteLength(body)}\r\n` +
        `Connection: close\r\n\r\n${body}`,
    );
  };
}
