import type { FastifyReply, FastifyRequest } from "fastify";
import { AppError } from "../errors.ts";
import type { RouteTable } from "./route-table.ts";

/** Paths outside the API that are never the page (rest-api.md 1.8). */
const NO_PAGE = [
  "/api",
  "/v3/api-docs",
  "/swagger-ui",
  "/actuator",
  "/health",
  "/a2a",
  "/error",
] as const;

/** Answers what no route does: OPTIONS, the page, another verb, nothing at all. */
export function createNotFoundHandler(
  routes: RouteTable,
  page: string,
): (request: FastifyRequest, reply: FastifyReply) => FastifyReply {
  return (request, reply) => {
    const path = pathOf(request);
    const verbs = routes.verbsOf(path);
    const { method, headers } = request;
    if (method === "OPTIONS") {
      const asksForOrigin = headers["access-control-request-method"] !== undefined;
      if (headers.origin !== undefined && asksForOrigin) {
        throw new AppError("CORS_REFUSED", "Invalid CORS request");
      }
      if (verbs.length > 0) return reply.header("allow", [...verbs, "OPTIONS"].join(",")).send();
    } else if (verbs.length > 0) {
      reply.header("allow", verbs.join(","));
      throw new AppError("METHOD_NOT_ALLOWED", `Request method '${method}' is not supported`);
    }
    if ((method === "GET" || method === "HEAD") && isPage(path)) {
      return reply.header("content-type", "text/html;charset=UTF-8").send(page);
    }
    throw noSuchResource(path);
  };
}

/** The answer to a path that there is not. */
export function noSuchResource(path: string): AppError {
  const resource = path.replace(/^\/+|\/+$/g, "");
  return new AppError("NOT_FOUND", `No static resource ${resource}.`);
}

/** The path that was asked for, without the query, decoded if that can be done. */
export function pathOf(request: FastifyRequest): string {
  const [path = ""] = request.url.split("?", 1);
  try {
    return decodeURIComponent(path);
  } catch {
    // Broken escapes are only shown back.
    return path;
  }
}

function isPage(path: string): boolean {
  return !path.includes(".") && !NO_PAGE.some((prefix) => path.startsWith(prefix));
}
