import { isUtf8 } from "node:buffer";
import { JSON_DEPTH_MAX, parseJson } from "@ostinato/core";
import type { Json } from "@ostinato/core";
import type { FastifyRequest } from "fastify";
import { AppError } from "../errors.ts";
import { findUnstorableWithin } from "./unstorable.ts";

/**
 * The body as text, whatever its content type says.
 * @throws AppError BAD_REQUEST when there is none, or it is no UTF-8.
 */
export function rawBody(request: FastifyRequest): string {
  const { body } = request;
  if (!Buffer.isBuffer(body) || body.length === 0) {
    throw new AppError("BAD_REQUEST", "Required request body is missing");
  }
  if (!isUtf8(body)) throw new AppError("BAD_REQUEST", "The request body is not valid UTF-8");
  return body.toString();
}

/** The text of a JSON body, not yet parsed. Throws as `rawBody`, and for other media types. */
export function jsonText(request: FastifyRequest): string {
  requireJsonType(request.headers["content-type"]);
  return rawBody(request);
}

/** The parsed JSON body. @throws AppError when it is malformed, null or not storable. */
export function jsonBody(request: FastifyRequest): Exclude<Json, null> {
  return parseBody(jsonText(request));
}

/** Parses the text of a body. */
export function parseBody(text: string): Exclude<Json, null> {
  const json = parseOrRefuse(text);
  if (json === null) throw new AppError("BAD_REQUEST", "Required request body is missing");
  // Only an escape can bring in what no text column holds: the rest was checked as UTF-8.
  if (DANGEROUS_ESCAPE.test(text)) {
    const problem = findUnstorableWithin(json);
    if (problem !== undefined) throw new AppError("BAD_REQUEST", `JSON parse error: ${problem}`);
  }
  return json;
}

const DANGEROUS_ESCAPE = /\\u(?:0000|[dD][89a-fA-F])/;

function parseOrRefuse(text: string): Json {
  try {
    return parseJson(text, JSON_DEPTH_MAX);
  } catch (error) {
    // Whatever the parser throws, the text is at fault.
    const detail = error instanceof Error ? error.message : String(error);
    throw new AppError("BAD_REQUEST", `JSON parse error: ${detail}`, { cause: error });
  }
}

const MEDIA_TYPE = /^\s*([^;\s]*)\s*(?:;(.*))?$/s;

/** A body without a type is taken for JSON. */
function requireJsonType(header: string | undefined): void {
  if (header === undefined || header === "application/json") return;
  const [, type = "", parameters = ""] = MEDIA_TYPE.exec(header) ?? [];
  if (/^application\/(?:json|[^/]*\+json)$/i.test(type) || type === "") return;
  const charset = /charset\s*=\s*"?([^\s;"]+)/i.exec(parameters)?.[1] ?? "UTF-8";
  throw new AppError(
    "UNSUPPORTED_MEDIA_TYPE",
    `Content-Type '${type};charset=${charset}' is not supported`,
  );
}
