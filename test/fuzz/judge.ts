import type { RawAnswer, RawRequest } from "./send.ts";

interface ErrorBody {
  readonly status: unknown;
  readonly message: unknown;
  readonly instance?: unknown;
  readonly retryable: unknown;
  readonly validationErrors?: readonly { readonly path: unknown; readonly message: unknown }[];
}

/** What is wrong with an answer, whatever was asked; `undefined` when nothing is. */
export function faultOf(request: RawRequest, answer: RawAnswer): string | undefined {
  const { status, body } = answer;
  if (!(status >= 200 && status < 600)) return `status ${status}`;
  if (status >= 500) return `a ${status}: ${body}`;
  if (status >= 300 && status < 400) return `a redirect: ${status}`;
  if (status >= 400) return request.method === "HEAD" ? undefined : faultOfError(answer);
  return faultOfSuccess(request, answer);
}

function faultOfSuccess({ method }: RawRequest, answer: RawAnswer): string | undefined {
  const { status, headers, body } = answer;
  const type = headers.get("content-type");
  if (status === 204 || headers.get("content-length") === "0") {
    if (type !== undefined) return `an empty ${status} of type ${type}`;
    return body === "" ? undefined : `an empty ${status} with a body`;
  }
  if (type === undefined) return `a body without a type: ${body.slice(0, 100)}`;
  if (type === "application/json" && method !== "HEAD" && !parses(body)) {
    return `no JSON: ${body.slice(0, 100)}`;
  }
  return undefined;
}

function faultOfError({ status, headers, body }: RawAnswer): string | undefined {
  const type = headers.get("content-type");
  if (type !== "application/json") return `a ${status} of type ${type}`;
  if (!parses(body)) return `a ${status} that is no JSON: ${body}`;
  const error = JSON.parse(body) as ErrorBody;
  if (error.status !== status) return `the body of a ${status} says ${body}`;
  if (typeof error.message !== "string" || error.message === "") return `no message: ${body}`;
  if (error.retryable !== false) return `a ${status} that is retryable: ${body}`;
  const { validationErrors, instance } = error;
  if (validationErrors === undefined) {
    return typeof instance === "string" && instance !== "" ? undefined : `no instance: ${body}`;
  }
  const named = validationErrors.every(
    ({ path, message }) => typeof path === "string" && typeof message === "string",
  );
  return named && validationErrors.length > 0 ? undefined : `nameless violations: ${body}`;
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** How to see a request again: enough to send it with a raw socket. */
export function shown(request: RawRequest): string {
  const { method, target, headers, body, framing } = request;
  const text = body === undefined ? "" : ` ${framing} ${JSON.stringify(body.toString())}`;
  const head = `${method} ${target} ${JSON.stringify(headers)}`;
  return `${head.slice(0, 1_500)}${text.slice(0, 3_000)}`;
}
