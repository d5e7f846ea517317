import {
  isJsonArray,
  isJsonObject,
  isRawNumber,
  javaText,
  type Json,
  type JsonObject,
  toNumber,
  writeJson,
} from "@ostinato/core";

/** What an HTTP task asks for. */
export interface HttpRequest {
  readonly url: URL;
  readonly method: Method;
  /** Names and values in turn, as they are sent. */
  readonly headers: readonly string[];
  readonly body: string | undefined;
  /** 0: none. */
  readonly connectTimeoutMs: number;
  /** Of silence, before the answer and within it; 0: none. */
  readonly readTimeoutMs: number;
}

export type Method = (typeof METHODS)[number];

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] as const;

/** Taken for a timeout that the task sets to null. */
export interface NullTimeouts {
  readonly connectMs: number;
  readonly readMs: number;
}

/** A request that cannot be made. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  /** Something is missing: the attempt has no output then. */
  readonly isMissing: boolean;

  constructor(message: string, { isMissing = false }: { readonly isMissing?: boolean } = {}) {
    super(message);
    this.isMissing = isMissing;
  }
}

/**
 * Reads the input of an HTTP task.
 * @throws RequestError
 * Source: tasks.md 5.1.
 */
export function readHttpRequest(input: JsonObject, nullTimeouts: NullTimeouts): HttpRequest {
  const given = input["http_request"] ?? null;
  const request = given === null ? input : given;
  if (!isJsonObject(request)) throw new RequestError(`${ILLEGAL}: http_request is not an object`);
  const uri = textOf(request, "uri");
  if (uri === "") {
    throw new RequestError(
      "Missing HTTP URI.  See documentation for HttpTask for required input parameters",
      { isMissing: true },
    );
  }
  const method = methodOf(request);
  const url = urlOf(uri);
  const contentType = mediaTypeOf(request);
  return {
    url,
    method,
    headers: headersOf(request, contentType),
    body: bodyOf(request["body"], contentType),
    connectTimeoutMs: timeoutOf(request, "connectionTimeOut", nullTimeouts.connectMs),
    readTimeoutMs: timeoutOf(request, "readTimeOut", nullTimeouts.readMs),
  };
}

const ILLEGAL = "java.lang.IllegalArgumentException";
const TIMEOUT_MS = 3_000;
const TIMEOUT_MS_MAX = 2_147_483_647;
const JSON_TYPE = "application/json";

function textOf(request: JsonObject, key: string): string {
  const value = request[key] ?? null;
  return value === null ? "" : javaText(value);
}

function methodOf(request: JsonObject): Method {
  const method = textOf(request, "method");
  if (method === "") throw new RequestError("No HTTP method specified", { isMissing: true });
  const known = METHODS.find((candidate) => candidate === method);
  if (known === undefined) throw new RequestError(`${ILLEGAL}: Invalid HTTP method: ${method}`);
  return known;
}

/** An address that is percent-encoded already stays as it is. */
function urlOf(uri: string): URL {
  const [, placeholder] = /\{([^{}]*)\}/.exec(uri) ?? [];
  if (placeholder !== undefined) {
    throw new RequestError(
      `${ILLEGAL}: Not enough variable values available to expand '${placeholder}'`,
    );
  }
  const url = URL.parse(uri.trim());
  if (url === null) throw new RequestError(`${ILLEGAL}: URI is not absolute: ${uri}`);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new RequestError(`${ILLEGAL}: unknown protocol: ${url.protocol.slice(0, -1)}`);
  return url;
}

function mediaTypeOf(request: JsonObject): string {
  const type = textOf(request, "contentType") || JSON_TYPE;
  if (/^[\w!#$&^.+*-]+\/[\w!#$&^.+*-]+\s*(?:;.*)?$/.test(type)) return type;
  throw new RequestError(
    `org.springframework.http.InvalidMediaTypeException: Invalid mime type "${type}"`,
  );
}

/** They follow from the connection and the body, and are not for the task to say. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

function headersOf(request: JsonObject, contentType: string): string[] {
  const given = request["headers"] ?? {};
  if (!isJsonObject(given)) throw new RequestError(`${ILLEGAL}: headers are not an object`);
  const headers: string[] = ["Accept", acceptOf(request["accept"])];
  let hasContentType = false;
  for (const [name, value] of Object.entries(given)) {
    if (value === null || OWN_HEADERS.has(name.toLowerCase())) continue;
    hasContentType ||= name.toLowerCase() === "content-type";
    headers.push(name, javaText(value));
  }
  if (!hasContentType) headers.push("Content-Type", contentType);
  return headers;
}

function acceptOf(accept: Json | undefined): string {
  if (accept === undefined || accept === null) return JSON_TYPE;
  return isJsonArray(accept) ? accept.map(javaText).join(", ") : javaText(accept);
}

/** Texts are sent as they are; anything else is JSON, and the content type has to be. */
function bodyOf(body: Json | undefined, contentType: string): string | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === "string") return body;
  if (/^application\/(?:[^;]*\+)?json\s*(?:;|$)/i.test(contentType)) return writeJson(body);
  throw new RequestError(
    `java.lang.Exception: No HttpMessageConverter for ${javaType(body)} and content type "${contentType}"`,
  );
}

function javaType(body: Json): string {
  if (isJsonArray(body)) return "java.util.ArrayList";
  if (isJsonObject(body)) return "java.util.LinkedHashMap";
  return typeof body === "boolean" ? "java.lang.Boolean" : "java.lang.Number";
}

function timeoutOf(request: JsonObject, key: string, ifNull: number): number {
  const value = request[key];
  if (value === undefined) return TIMEOUT_MS;
  if (value === null) return ifNull;
  const ms = numberOf(value);
  if (Number.isFinite(ms)) return Math.min(Math.max(0, Math.trunc(ms)), TIMEOUT_MS_MAX);
  throw new RequestError(`${ILLEGAL}: ${key} is not a number: ${javaText(value)}`);
}

function numberOf(value: Json): number {
  if (typeof value === "number" || isRawNumber(value)) return toNumber(value);
  return typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
}
