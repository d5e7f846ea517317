import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { test } from "node:test";
import type { FastifyInstance } from "fastify";
import type { HttpServerOptions } from "./http-server.ts";
import { createHttpServer } from "./http-server.ts";

/** What no request of this file may reach: the answers here are the HTTP layer's own. */
function untouched<T extends object>(name: string): T {
  return new Proxy({} as T, {
    get(_target, member) {
      throw new Error(`${name}.${String(member)} was touched`);
    },
  });
}

function aServer(): FastifyInstance {
  const options: HttpServerOptions = {
    engine: untouched("engine"),
    store: untouched("store"),
    definitions: untouched("definitions"),
    log: {
      error: (fields, message) => console.error(message, fields),
      warn: (fields, message) => console.error(message, fields),
    },
    metrics: { contentType: "text/plain; version=0.0.4", metrics: async () => "up 1\n" },
    taskLogsMax: 10,
    countStuck: () => assert.fail("nothing is stuck"),
    now: () => 1_700_000_000_000,
    version: "1.2.3",
    findSecret: () => undefined,
    config: {
      instance: "host-1",
      bodyBytesMax: 2_000,
      rules: { ownerEmailMandatory: false, nameValidation: false, isEnvironmentName: () => false },
      settings: { port: 8080 },
    },
  };
  return createHttpServer(options).app;
}

type Method = "GET" | "HEAD" | "OPTIONS" | "POST" | "PUT" | "PATCH" | "DELETE";

interface Sent {
  readonly payload?: string | Buffer;
  readonly headers?: Record<string, string>;
}

async function send(method: Method, url: string, sent: Sent = {}) {
  const app = aServer();
  const response = await app.inject({ method, url, ...sent });
  await app.close();
  return response;
}

const absent: readonly (readonly [Method, string, string])[] = [
  ["GET", "/api/none", "api/none"],
  ["DELETE", "/api/none/x?y=1", "api/none/x"],
  ["PUT", "/api/users/%C3%A9", "api/users/é"],
  ["GET", "/api/workflow/x/size", "api/workflow/x/size"],
  ["GET", "/api", "api"],
  ["GET", "/api/", "api"],
  ["GET", "/api/metadata/workflow/", "api/metadata/workflow"],
  ["POST", "/api/workflow/", "api/workflow"],
  ["GET", "/api/tasks/poll/x/", "api/tasks/poll/x"],
  ["PUT", "/api/workflow//pause", "api/workflow//pause"],
  ["GET", "/health/", "health"],
  ["GET", "/x/none.css", "x/none.css"],
  ["POST", "/api/token", "api/token"],
  ["GET", "/api/workflow/search?query=x", "api/workflow/search"],
  ["POST", "/api/workflow/test", "api/workflow/test"],
  ["PUT", "/api/workflow/bulk/pause", "api/workflow/bulk/pause"],
  ["POST", "/api/workflow/w/rerun", "api/workflow/w/rerun"],
  ["OPTIONS", "/api/none", "api/none"],
];
for (const [method, url, resource] of absent) {
  test(`${method} ${url} is not there`, async () => {
    const response = await send(method, url);
    assert.equal(response.statusCode, 404);
    assert.equal(response.headers["content-type"], "application/json");
    assert.deepEqual(response.json(), {
      status: 404,
      message: `No static resource ${resource}.`,
      instance: "host-1",
      retryable: false,
    });
  });
}

const wrongVerbs: readonly (readonly [Method, string])[] = [
  ["GET", "/api/tasks"],
  ["DELETE", "/api/workflow"],
  ["PUT", "/api/workflow/x"],
  ["POST", "/api/metadata/workflow/x"],
  ["PATCH", "/api/metadata/taskdefs"],
  ["GET", "/api/workflow/x/pause"],
  ["DELETE", "/api/tasks/queue/a/b"],
  ["POST", "/api/health"],
  ["DELETE", "/api/metadata/workflow/x"],
];
for (const [method, url] of wrongVerbs) {
  test(`${method} ${url} is the wrong verb`, async () => {
    const response = await send(method, url);
    assert.equal(response.statusCode, 405);
    assert.equal(response.json().message, `Request method '${method}' is not supported`);
  });
}

test("OPTIONS of a known path is an empty 200 with the verbs", async () => {
  const response = await send("OPTIONS", "/api/metadata/taskdefs");
  assert.equal(response.statusCode, 200);
  assert.equal(response.body, "");
  assert.equal(response.headers["content-type"], undefined);
  assert.deepEqual(String(response.headers.allow).split(",").toSorted(), [
    "GET",
    "HEAD",
    "OPTIONS",
    "POST",
    "PUT",
  ]);
});

test("a preflight is refused, a simple request from elsewhere is served", async () => {
  const headers = { origin: "http://other", "access-control-request-method": "GET" };
  const preflight = await send("OPTIONS", "/api/metadata/taskdefs", { headers });
  assert.equal(preflight.statusCode, 403);
  assert.equal(preflight.json().message, "Invalid CORS request");
  const simple = await send("GET", "/api/version", { headers: { origin: "http://other" } });
  assert.equal(simple.statusCode, 200);
});

test("the version is bare text, whatever is accepted", async () => {
  const response = await send("GET", "/api/version", { headers: { accept: "application/json" } });
  assert.equal(response.headers["content-type"], "text/plain;charset=UTF-8");
  assert.equal(response.body, "1.2.3");
});

test("HEAD is a GET without the body", async () => {
  const response = await send("HEAD", "/api/version");
  assert.deepEqual([response.statusCode, response.body], [200, ""]);
});

test("HEAD of a poll hands out nothing", async () => {
  assert.equal((await send("HEAD", "/api/tasks/poll/x")).statusCode, 405);
});

for (const url of ["/", "/workflowDef/x"]) {
  test(`${url} is the page`, async () => {
    const response = await send("GET", url);
    assert.equal(response.headers["content-type"], "text/html;charset=UTF-8");
    assert.match(response.body, /Ostinato 1\.2\.3/);
  });
}

test("the console's script and the metrics have their types", async () => {
  const script = await send("GET", "/context.js");
  assert.equal(script.headers["content-type"], "application/javascript");
  for (const url of ["/metrics", "/actuator/prometheus"]) {
    const metrics = await send("GET", url);
    assert.equal(metrics.headers["content-type"], "text/plain; version=0.0.4");
    assert.equal(metrics.body, "up 1\n");
  }
});

const JSON_TYPE = { "content-type": "application/json" };
const refused: readonly (readonly [string, string, Sent, number, RegExp])[] = [
  ["no body", "/api/tasks", { headers: JSON_TYPE }, 400, /^Required request body is missing/],
  [
    "null",
    "/api/tasks",
    { payload: "null", headers: JSON_TYPE },
    400,
    /^Required request body is missing/,
  ],
  ["half a body", "/api/tasks", { payload: "{", headers: JSON_TYPE }, 400, /^JSON parse error: /],
  ["a text", "/api/workflow", { payload: '"x"', headers: JSON_TYPE }, 400, /must be an object/],
  [
    "another media type",
    "/api/metadata/taskdefs",
    { payload: "[]", headers: { "content-type": "text/plain" } },
    415,
    /^Content-Type 'text\/plain;charset=UTF-8' is not supported$/,
  ],
  [
    "another media type with a charset",
    "/api/metadata/taskdefs",
    { payload: "[]", headers: { "content-type": "application/xml; charset=latin1" } },
    415,
    /^Content-Type 'application\/xml;charset=latin1' is not supported$/,
  ],
  [
    "broken UTF-8",
    "/api/workflow",
    { payload: Buffer.from([0x7b, 0xff, 0x7d]), headers: JSON_TYPE },
    400,
    /UTF-8/,
  ],
  [
    "U+0000",
    "/api/workflow",
    { payload: '{"name":"\\u0000"}', headers: JSON_TYPE },
    400,
    /U\+0000/,
  ],
  [
    "half a character",
    "/api/workflow",
    { payload: '{"name":"\\ud83d"}', headers: JSON_TYPE },
    400,
    /U\+D83D/,
  ],
  [
    "a large body",
    "/api/workflow",
    { payload: "x".repeat(2_001), headers: JSON_TYPE },
    413,
    /too large/,
  ],
  [
    "an encoded slash",
    "/api/workflow/a%2Fb",
    { payload: "{}", headers: JSON_TYPE },
    400,
    /encoded slash/,
  ],
  ["a broken escape", "/api/workflow/%zz", { payload: "{}", headers: JSON_TYPE }, 400, /%zz/],
  [
    "U+0000 in the path",
    "/api/workflow/%00",
    { payload: "{}", headers: JSON_TYPE },
    400,
    /U\+0000/,
  ],
  [
    "a priority of 100",
    "/api/workflow/x?priority=100",
    { payload: "{}", headers: JSON_TYPE },
    400,
    /^Validation failed/,
  ],
  [
    "an unknown status",
    "/api/tasks/w/r/DONE",
    { payload: "{}", headers: JSON_TYPE },
    400,
    /'DONE' is none of/,
  ],
];
for (const [what, url, sent, status, message] of refused) {
  test(`${what} is a ${status}`, async () => {
    const response = await send("POST", url, sent);
    assert.equal(response.statusCode, status, response.body);
    assert.equal(response.json().status, status);
    assert.match(response.json().message, message);
  });
}

test("validation errors have no instance, but a place each", async () => {
  const response = await send("POST", "/api/workflow", {
    payload: '{"priority":-1}',
    headers: JSON_TYPE,
  });
  assert.deepEqual(response.json(), {
    status: 400,
    message: "Validation failed, check below errors for detail.",
    retryable: false,
    validationErrors: [
      { path: "startWorkflow.arg0.name", message: "Workflow name cannot be null or empty" },
      {
        path: "startWorkflow.arg0.priority",
        message: "priority: -1 should be minimum 0",
        invalidValue: "-1",
      },
    ],
  });
});

test("JSON with a suffix, a charset or no type at all is read", async () => {
  for (const type of ["application/vnd.a+json", "application/json; charset=UTF-8", ""]) {
    const headers = type === "" ? {} : { "content-type": type };
    const response = await send("POST", "/api/metadata/taskdefs", { payload: "[]", headers });
    assert.match(response.body, /TaskDefList is empty/);
  }
});

test("a poll longer than five seconds is refused, one for nothing is answered at once", async () => {
  const long = await send("GET", "/api/tasks/poll/batch/x?timeout=5001");
  assert.equal(long.json().message, "Long Poll Timeout value cannot be more than 5 seconds");
  assert.equal((await send("GET", "/api/tasks/poll/batch/x?count=0")).body, "[]");
});

test("what we did wrong is a 500 that tells nothing", async () => {
  const app = aServer();
  const silent = console.error;
  console.error = () => undefined;
  const response = await app.inject({ method: "GET", url: "/api/workflow/x" });
  console.error = silent;
  await app.close();
  assert.deepEqual(response.json(), {
    status: 500,
    message: "Internal error",
    instance: "host-1",
    retryable: false,
  });
});

test("closing waits for no connection without a request, but for an answer that is due", async () => {
  const app = aServer();
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  app.get("/slow", async () => {
    asked.resolve();
    await answered.promise;
    return "done";
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const idle = connect(port, "127.0.0.1");
  await once(idle, "connect");
  const slow = fetch(`http://127.0.0.1:${port}/slow`);
  await asked.promise;
  const idleClosed = once(idle, "close");
  const closed = app.close();
  await idleClosed;
  answered.resolve();
  assert.equal(await (await slow).text(), "done");
  await closed;
});
