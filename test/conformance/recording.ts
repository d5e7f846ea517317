import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const RECORDINGS = fileURLToPath(new URL("recordings", import.meta.url));

/** One scenario: steps against a server, each with what the reference server answered. */
export interface Recording {
  readonly id: string;
  readonly title: string;
  readonly steps: readonly Step[];
  /** Why the reference itself does not always answer so. */
  readonly note?: string;
}

/** One of `do`, `until`, `poll` or `sleep`, with what is kept of the answer and what is compared. */
export interface Step {
  /** `METHOD path`: below `/api`, or below the root when the path begins with `//`. */
  readonly do?: string;
  /** The same, repeated until `where` holds; the last answer counts. */
  readonly until?: string;
  readonly where?: Conditions;
  /** Milliseconds between two tries. */
  readonly every?: number;
  /** A task type to poll until a task comes; its id becomes the variable `as`. */
  readonly poll?: string;
  readonly as?: string;
  readonly domain?: string;
  /** How long `until` and `poll` try at most. */
  readonly seconds?: number;
  /** Seconds. */
  readonly sleep?: number;
  readonly body?: unknown;
  /** A body that goes out as it is. */
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Variable name → path in the answer's body; `""` is the whole body. */
  readonly save?: Readonly<Record<string, string>>;
  /** Only these paths of the body are compared. */
  readonly pick?: readonly string[];
  /** These paths are not compared; `*` stands for every entry. */
  readonly ignore?: readonly string[];
  /** Path of a list → the path in its entries that it is sorted by before it is compared. */
  readonly sort?: Readonly<Record<string, string>>;
  readonly statusOnly?: boolean;
  readonly answer?: Answer;
  /** What Ostinato answers instead, where it means to be better than the reference. */
  readonly better?: { readonly answer: Answer; readonly why: string };
}

/** Path → the value there, or a test of it. `http` is the status code, `""` the whole body. */
export type Conditions = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  /** The content type without its parameters. */
  readonly type?: string;
  readonly body?: unknown;
  /** The condition of an `until` never held. */
  readonly timedOut?: boolean;
}

/** All recordings, or those whose path contains `only`, by path. */
export function loadRecordings(only = ""): Recording[] {
  return globSync("*/*.json", { cwd: RECORDINGS })
    .filter((path) => path.includes(only))
    .sort()
    .map((path) => JSON.parse(readFileSync(join(RECORDINGS, path), "utf8")) as Recording);
}
