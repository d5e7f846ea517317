import type { FastifyInstance } from "fastify";

/** Knows which paths there are, for the answers to verbs that a path does not have. */
export interface RouteTable {
  /** The verbs of all routes that match the path; empty when there is none. */
  verbsOf(path: string): string[];
  /** All that were added so far. */
  all(): readonly Route[];
}

/** A path whose variable parts start with a colon, and its verbs. */
export interface Route {
  readonly url: string;
  readonly verbs: readonly string[];
}

interface Entry extends Route {
  readonly pattern: RegExp;
}

/** Collects every route that is added from now on, except those marked `isAbsent`. */
export function createRouteTable(app: FastifyInstance): RouteTable {
  const entries: Entry[] = [];
  app.addHook("onRoute", ({ url, method, config }) => {
    if ((config as { isAbsent?: boolean } | undefined)?.isAbsent === true) return;
    entries.push({ url, verbs: [method].flat(), pattern: patternOf(url) });
  });
  return {
    verbsOf: (path) => [
      ...new Set(entries.flatMap(({ pattern, verbs }) => (pattern.test(path) ? verbs : []))),
    ],
    all: () => entries.map(({ url, verbs }) => ({ url, verbs })),
  };
}

function patternOf(url: string): RegExp {
  const segments = url
    .split("/")
    .map((segment) => (segment.startsWith(":") ? "[^/]+" : RegExp.escape(segment)));
  return new RegExp(`^${segments.join("/")}$`);
}
