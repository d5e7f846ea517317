import type { FastifyInstance } from "fastify";

/** Knows which paths there are, for the answers to verbs that a path does not have. */
export interface RouteTable {
  /** The verbs of all routes that match the path; empty when there is none. */
  verbsOf(path: string): string[];
}

interface Entry {
  readonly pattern: RegExp;
  readonly verbs: readonly string[];
}

/** Collects every route that is added from now on, except those marked `isAbsent`. */
export function createRouteTable(app: FastifyInstance): RouteTable {
  const entries: Entry[] = [];
  app.addHook("onRoute", ({ url, method, config }) => {
    if ((config as { isAbsent?: boolean } | undefined)?.isAbsent === true) return;
    entries.push({ pattern: patternOf(url), verbs: [method].flat() });
  });
  return {
    verbsOf: (path) => [
      ...new Set(entries.flatMap(({ pattern, verbs }) => (pattern.test(path) ? verbs : []))),
    ],
  };
}

function patternOf(url: string): RegExp {
  const segments = url
    .split("/")
    .map((segment) => (segment.startsWith(":") ? "[^/]+" : RegExp.escape(segment)));
  return new RegExp(`^${segments.join("/")}$`);
}
