import type { FastifyRequest } from "fastify";
import { AppError } from "../errors.ts";
import { noSuchResource, pathOf } from "./not-found.ts";

/**
 * Cuts the `;…` tail off every segment of the path, as servlet containers do. An escaped semicolon
 * is a part of the segment.
 */
export function withoutTails(url: string): string {
  if (!url.includes(";")) return url;
  const query = url.indexOf("?");
  const end = query < 0 ? url.length : query;
  return url.slice(0, end).replace(/;[^/]*/g, "") + url.slice(end);
}

/**
 * The refusal of a URL that no route may see: an id in it would be empty (a trailing slash is
 * another path, rest-api.md 1.1), would hold a slash, or would hold what cannot be stored.
 */
export function unusableUrl(request: FastifyRequest): AppError | undefined {
  const { url } = request;
  const query = url.indexOf("?");
  const path = query < 0 ? url : url.slice(0, query);
  if (path.startsWith("/api/") && (path.endsWith("/") || path.includes("//"))) {
    return noSuchResource(pathOf(request));
  }
  if (!url.includes("%")) return undefined;
  if (url.includes("%00")) return new AppError("BAD_REQUEST", "The URL holds U+0000");
  if (!/%2f/i.test(path)) return undefined;
  return new AppError("BAD_REQUEST", "The path holds an encoded slash");
}
