import {
  failed,
  failedForGood,
  succeeded,
  type SystemTaskAttempt,
  type SystemTaskExecutor,
  type SystemTaskResult,
} from "../system-task.ts";
import { createEgressPolicy, EgressError, type EgressRule } from "./egress-policy.ts";
import { bodyText, type HttpAnswer, responseOutput, TooLargeError } from "./http-answer.ts";
import { HttpClient, RedirectsError } from "./http-client.ts";
import {
  type HttpRequest,
  type NullTimeouts,
  readHttpRequest,
  RequestError,
} from "./http-request.ts";

export interface HttpTaskOptions {
  readonly allow: readonly EgressRule[];
  readonly deny: readonly EgressRule[];
  readonly nullTimeouts: NullTimeouts;
  /** Of an answer's body, also when it comes compressed. */
  readonly answerBytesMax: number;
}

/**
 * HTTP: one call per attempt. Texts of failures are those that Conductor's users know.
 * Source: tasks.md 5.1.
 */
export function createHttpExecutor(options: HttpTaskOptions): SystemTaskExecutor {
  const { answerBytesMax, nullTimeouts } = options;
  const client = new HttpClient(createEgressPolicy(options), answerBytesMax);

  async function call(
    request: HttpRequest,
    attempt: SystemTaskAttempt,
    signal: AbortSignal,
  ): Promise<SystemTaskResult> {
    try {
      const answer = await client.call(request, signal);
      const text = await bodyText(answer, answerBytesMax);
      return judge(request, { answer, text }, attempt);
    } catch (error) {
      if (error instanceof EgressError) return failedForGood(`${FAILED_TO} ${error.message}`);
      if (error instanceof TooLargeError)
        return failedForGood(`${FAILED_TO} the answer is larger than ${answerBytesMax} bytes`);
      return brokenCall(request, error);
    }
  }

  return {
    taskType: "HTTP",
    async execute(attempt, signal) {
      let request: HttpRequest;
      try {
        request = readHttpRequest(attempt.input, nullTimeouts);
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        return error.isMissing ? failed(error.message) : failedWith(error.message);
      }
      return call(request, attempt, signal);
    },
    close: () => client.close(),
  };
}

const FAILED_TO = "Failed to invoke HTTP task due to:";

/** The reference puts the same text into the output. */
function failedWith(text: string): SystemTaskResult {
  return failed(`${FAILED_TO} ${text}`, `{"response":${JSON.stringify(text)}}`);
}

function judge(
  request: HttpRequest,
  { answer, text }: { readonly answer: HttpAnswer; readonly text: string },
  attempt: SystemTaskAttempt,
): SystemTaskResult {
  const { status, statusText } = answer;
  if (status >= 200 && status < 300) return succeeded(attempt, responseOutput(answer, text));
  if (status < 400)
    return failed(text || "No response from the remote service", responseOutput(answer, text));
  const body = text === "" ? "[no body]" : `"${printable(text)}"`;
  return failedWith(`java.lang.Exception: ${status} ${statusText} on ${target(request)}: ${body}`);
}

function printable(text: string): string {
  return text.replaceAll(/[\r\n]/g, "<EOL>").replaceAll(/\p{Cc}/gu, "?");
}

/** Without its query, which often holds what is not for everybody's eyes. */
function target({ method, url }: HttpRequest): string {
  const { protocol, host, pathname } = url;
  return `${method} request for "${protocol}//${host}${pathname}"`;
}

function brokenCall(request: HttpRequest, error: unknown): SystemTaskResult {
  const code = codeOf(error);
  if (code.startsWith("UND_ERR_INVALID_ARG") || code === "UND_ERR_NOT_SUPPORTED")
    return failedWith(`java.lang.IllegalArgumentException: ${messageOf(error)}`);
  return failedWith(
    `java.lang.Exception: I/O error on ${target(request)}: ${ioMessage(request, error, code)}`,
  );
}

function ioMessage({ url }: HttpRequest, error: unknown, code: string): string {
  const connect = `Connect to ${url.origin} failed:`;
  if (error instanceof RedirectsError) return error.message;
  switch (code) {
    case "ECONNREFUSED":
      return `${connect} Connection refused`;
    case "UND_ERR_CONNECT_TIMEOUT":
    case "ETIMEDOUT":
      return `${connect} Connect timed out`;
    case "UND_ERR_HEADERS_TIMEOUT":
    case "UND_ERR_BODY_TIMEOUT":
      return "Read timed out";
    case "ECONNRESET":
      return "Connection reset";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `${url.hostname}: Name or service not known`;
    default:
      return messageOf(error);
  }
}

/** Of the error, or of what it consists of: a connection is tried to every address of a name. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error instanceof AggregateError ? codeOf(error.errors[0]) : codeOf(error.cause);
}

function messageOf(error: unknown): string {
  return error instanceof Error && error.message !== "" ? error.message : "the call failed";
}
