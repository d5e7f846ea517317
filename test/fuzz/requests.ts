import type { RunningServer } from "@ostinato/server";
import { writeJson } from "@ostinato/core";

import type { Random } from "../simulation/random.ts";
import { absurdText, damaged } from "./absurd.ts";
import { BODIES, TEXT_BODIES } from "./bodies.ts";
import { mutate } from "./mutate.ts";
import type { RawRequest } from "./send.ts";
import { TASKS, type World, WORKFLOWS } from "./world.ts";

type Route = RunningServer["routes"][number];

export interface Fuzz {
  readonly random: Random;
  readonly world: World;
  readonly routes: readonly Route[];
}

/** How long a request may wait for something to happen. */
const PATIENCE_MS = 200;
const BODY_BYTES_OVER_LIMIT = [65_537, 70_000, 400_000];

/** A request to one of the routes, somewhere between right and absurd. */
export function aRequest({ random, world, routes }: Fuzz): RawRequest {
  const route = random.pick(routes);
  const method = random.pick(route.verbs);
  const key = `${method} ${route.url}`;
  const target = `${pathOf(route.url, { random, world })}${queryOf(random)}`;
  const takesBody = key in BODIES || TEXT_BODIES.has(key);
  const body = takesBody || random.chance(0.05) ? bodyOf(key, { random, world }) : undefined;
  const headers = headersOf(random, body);
  return {
    method: random.chance(0.02) ? random.pick(ODD_METHODS) : method,
    target: random.chance(0.02) ? random.pick(ODD_TARGETS) : target,
    headers,
    ...(body === undefined ? {} : { body }),
    framing: random.weighted({ length: 30, chunked: 3, "too-long": 1 }),
    ...(mayWait(target, headers) ? { patienceMs: PATIENCE_MS } : {}),
  };
}

const ODD_METHODS = ["PATCH", "OPTIONS", "HEAD", "TRACE", "PUT", "DELETE", "QUERY", "NOPE", "get"];
const ODD_TARGETS = [
  "*",
  "/",
  "//",
  "/api/workflow/%",
  "/api/workflow/%00",
  "/api/workflow/%ff%fe",
  "/api/workflow/a%2fb",
  "/api/workflow/../../etc",
  "/api/tasks/%F0%9F%92%A9/log",
  "http://elsewhere/api/version",
  `/api/${"a".repeat(9_000)}`,
  "/api/workflow/bulk/pause",
  "/api/workflow/search?query=%25",
  "/api/\u00e9",
];

/** Whether the server may wait: for something to happen, or for the rest of a body. */
function mayWait(target: string, headers: RawRequest["headers"]): boolean {
  if (target.includes("/execute/") || target.includes("/poll/")) return true;
  return headers.some(([name]) => name === "content-length" || name === "transfer-encoding");
}

type Source = Pick<Fuzz, "random" | "world">;

function pathOf(url: string, source: Source): string {
  return url.replace(/:(\w+)/g, (_whole, name: string) => {
    const { random } = source;
    if (random.chance(0.1)) return encode(absurdText(random)) || "x";
    return encode(partOf(name, source));
  });
}

function partOf(name: string, { random, world }: Source): string {
  switch (name) {
    case "workflowId":
      return random.pick([
        ...world.workflowIds,
        "no-such-id",
        "0190b5a0-0000-7000-8000-000000000000",
      ]);
    case "taskId":
      return random.pick([...world.tasks.map(({ taskId }) => taskId), "no-such-id"]);
    case "taskRefName":
      return random.pick(["t1", "t2", "w", "none"]);
    case "status":
      return random.pick(["COMPLETED", "FAILED", "IN_PROGRESS", "completed", "DONE"]);
    case "version":
      return random.pick(["1", "2", "0", "-1", "x", "99999999999"]);
    case "taskType":
      return random.pick([...TASKS, "none"]);
    case "correlationId":
      return random.pick(["c1", "none"]);
    default:
      return random.pick([...WORKFLOWS, "none"]);
  }
}

/** Percent-encoded, lone surrogates as the bytes that some clients would send. */
function encode(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : "%ed%a0%80";
}

/** All parameters that any route reads; unknown ones are ignored. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  version: ["1", "0", "-1", "99999999999", "x", "1.5", ""],
  priority: ["0", "99", "100", "-1", "x"],
  count: ["1", "0", "-1", "1000", "2147483648", "x"],
  timeout: ["0", "5", "5001", "-1", "x"],
  start: ["0", "-1", "x", "2147483647"],
  startTime: ["0", "1", "-1", "9223372036854775808", "x"],
  endTime: ["0", "1", "9007199254740991", "x"],
  status: ["COMPLETED", "completed,failed", "NOPE", ""],
  taskType: ["task_a", "task_a,task_b", ""],
  correlationId: ["c1", ""],
  domain: ["", "d1", "é"],
  workerid: ["w", ""],
  includeTasks: ["true", "no", "maybe"],
  includeClosed: ["1", "off", "2"],
  overwrite: ["true", "TRUE ", "yep"],
  archiveWorkflow: ["false", "x"],
  useLatestDefinitions: ["true", "x"],
  resumeSubworkflowTasks: ["true", "x"],
  includeOutput: ["true", "x"],
  waitForSeconds: ["0", "1", "-1", "99999999999", "x"],
  waitUntilTaskRef: ["t1", "t1,t2", ","],
  returnStrategy: ["TARGET_WORKFLOW", "BLOCKING_TASK", "NOPE"],
  requestId: ["r", ""],
  reason: ["because", "%00", "%ff", "x".repeat(600)],
  classifier: ["x"],
};

function queryOf(random: Random): string {
  if (random.chance(0.3)) return "";
  const pairs = Array.from({ length: random.int(1, 4) }, () => {
    const name = random.pick(Object.keys(PARAMETERS));
    const value = random.chance(0.9)
      ? random.pick(PARAMETERS[name] ?? [])
      : encode(absurdText(random));
    return random.pick([
      `${name}=${value}`,
      `${name}=${value}`,
      name,
      `${name}=${value}&${name}=7`,
    ]);
  });
  return `?${pairs.join("&")}${random.chance(0.05) ? "&&=&a[b]=c&__proto__=1&%" : ""}`;
}

function bodyOf(key: string, { random, world }: Source): Buffer {
  if (random.chance(0.01)) return Buffer.alloc(random.pick(BODY_BYTES_OVER_LIMIT), " ");
  const body = BODIES[key];
  if (body === undefined) return Buffer.from(absurdText(random));
  let json = body.sound(random, world);
  for (let changes = random.int(0, 3); changes > 0; changes--) {
    json = mutate(json, body.schema, random);
  }
  const text = writeJson(json);
  return random.chance(0.15) ? damaged(text, random) : Buffer.from(text);
}

const CONTENT_TYPES = [
  "application/json; charset=utf-8",
  "application/vnd.x+json",
  "text/plain",
  "application/xml",
  "multipart/form-data; boundary=x",
  "application/x-www-form-urlencoded",
  "application/json; charset=latin1",
  "",
  ";;;",
  "application",
  "x".repeat(500),
];

function headersOf(random: Random, body: Buffer | undefined): [string, string][] {
  const headers: [string, string][] = [];
  if (body !== undefined && random.chance(0.95)) {
    const odd = random.chance(0.06);
    headers.push(["content-type", odd ? random.pick(CONTENT_TYPES) : "application/json"]);
  }
  if (random.chance(0.1)) headers.push(...random.pick(ODD_HEADERS));
  return headers;
}

const ODD_HEADERS: readonly (readonly [string, string][])[] = [
  [["accept", "text/plain"]],
  [["accept", "application/xml;q=0"]],
  [["content-encoding", "gzip"]],
  [["x-authorization", "\u00e9\u00ff"]],
  [["authorization", "Bearer x"]],
  [["x-long", "x".repeat(20_000)]],
  [
    ["origin", "http://elsewhere"],
    ["access-control-request-method", "POST"],
  ],
  [["expect", "100-continue"]],
  [["expect", "nonsense"]],
  [["bad header", "x"]],
  [["x-bad", "a\u0000b"]],
  [
    ["if-none-match", "*"],
    ["range", "bytes=0-1"],
  ],
  [["content-length", "5"]],
  [["transfer-encoding", "gzip"]],
  [["upgrade", "websocket"]],
  [["cookie", "a=b; ".repeat(100)]],
];
