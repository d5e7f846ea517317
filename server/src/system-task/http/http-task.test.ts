import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { gzipSync } from "node:zlib";

import { isJsonObject, type Json, type JsonObject, parseJson } from "@ostinato/core";

import { parseEgressRules } from "../../settings/egress-rules.ts";
import type { SystemTaskResult } from "../system-task.ts";
import { createHttpExecutor } from "./http-task.ts";

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

async function aServer(t: TestContext, answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => answer(request, response, Buffer.concat(chunks).toString()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Given {
  readonly allow?: string;
  readonly deny?: string;
  readonly answerBytesMax?: number;
  readonly asyncComplete?: boolean;
}

async function run(
  t: TestContext,
  input: JsonObject,
  given: Given = {},
): Promise<SystemTaskResult> {
  const executor = createHttpExecutor({
    allow: parseEgressRules(given.allow ?? ""),
    deny: parseEgressRules(given.deny ?? ""),
    nullTimeouts: { connectMs: 100, readMs: 150 },
    answerBytesMax: given.answerBytesMax ?? 1_000_000,
  });
  t.after(() => executor.close?.());
  const { asyncComplete = false } = given;
  const attempt = { taskId: "t", workflowId: "w", input, asyncComplete };
  return executor.execute(attempt, new AbortController().signal);
}

function response({ outputData }: SystemTaskResult): JsonObject {
  const output = parseJson(outputData);
  assert.ok(isJsonObject(output) && isJsonObject(output["response"]), outputData);
  return output["response"];
}

test("a JSON answer comes back parsed, with status, reason phrase and headers as received", async (t) => {
  const server = await aServer(t, (_request, answer) => {
    answer.writeHead(201, ["X-Some", "a", "X-Some", "b", "Content-Type", "application/json"]);
    answer.end('{"id":9,"big":12345678901234567890}');
  });
  const result = await run(t, { http_request: { uri: `${server}/ok`, method: "GET" } });
  assert.equal(result.status, "COMPLETED");
  const { headers, statusCode, reasonPhrase } = response(result);
  assert.deepEqual([statusCode, reasonPhrase], [201, "Created"]);
  assert.deepEqual((headers as JsonObject)["X-Some"], ["a", "b"]);
  assert.match(result.outputData, /"body":{"id":9,"big":12345678901234567890}/);
});

const BODIES: readonly (readonly [sent: string, body: string])[] = [
  ["", "null"],
  ["42", "42.0"],
  ["true", '"true"'],
  ["null", '"null"'],
  ['"abc"', '"abc"'],
  ["[1,null]", "[1,null]"],
  ["plain text", '"plain text"'],
  ["12 monkeys", '"12 monkeys"'],
  ['{"a":1}\n{"a":2}', '"{\\"a\\":1}\\n{\\"a\\":2}"'],
];
for (const [sent, body] of BODIES) {
  test(`the answer ${JSON.stringify(sent)} has the body ${body}`, async (t) => {
    const server = await aServer(t, (_request, answer) => answer.end(sent));
    const result = await run(t, { uri: server, method: "GET" });
    assert.ok(result.outputData.includes(`"body":${body},"statusCode":200`), result.outputData);
  });
}

test("an object is sent as JSON, with the given headers and the defaults", async (t) => {
  const seen: Json[] = [];
  const server = await aServer(t, ({ method = "", headers }, answer, body) => {
    const { accept = "", "content-type": type = "" } = headers;
    seen.push(method, accept, type, String(headers["x-t"]), "x-null" in headers, body);
    answer.end();
  });
  const headers = { "X-T": 5, "X-Null": null, "Content-Length": 999 };
  await run(t, {
    http_request: { uri: server, method: "POST", body: { a: [1, null] }, headers },
  });
  const json = "application/json";
  assert.deepEqual(seen, ["POST", json, json, "5", false, '{"a":[1,null]}']);
});

test("a text is sent as it is, under the content type that the task names", async (t) => {
  const seen: string[] = [];
  const server = await aServer(t, ({ headers, url = "" }, answer, body) => {
    seen.push(headers["content-type"] ?? "", headers.accept ?? "", url, body);
    answer.end();
  });
  await run(t, {
    uri: `${server}/x?q=a%20b`,
    method: "PUT",
    body: "a=1&b=2",
    contentType: "application/x-www-form-urlencoded",
    accept: ["text/plain", "*/*"],
  });
  const form = "application/x-www-form-urlencoded";
  assert.deepEqual(seen, [form, "text/plain, */*", "/x?q=a%20b", "a=1&b=2"]);
});

test("an answer of 4xx or 5xx fails with code, url without query and body", async (t) => {
  const server = await aServer(t, (_request, answer) => {
    answer.writeHead(500, "").end('{"err":\n"x"}');
  });
  const result = await run(t, { uri: `${server}/p?secret=1`, method: "POST" });
  const text = `java.lang.Exception: 500  on POST request for "${server}/p": "{"err":<EOL>"x"}"`;
  assert.equal(result.status, "FAILED");
  assert.equal(result.reasonForIncompletion, `Failed to invoke HTTP task due to: ${text}`);
  assert.equal(result.outputData, JSON.stringify({ response: text }));
});

test("an answer that is neither a success nor an error fails, and is kept", async (t) => {
  const server = await aServer(t, (_request, answer) => answer.writeHead(304).end());
  const result = await run(t, { uri: server, method: "GET" });
  assert.equal(result.status, "FAILED");
  assert.equal(result.reasonForIncompletion, "No response from the remote service");
  assert.equal(response(result)["statusCode"], 304);
});

const FAULTS: readonly (readonly [input: JsonObject, reason: RegExp])[] = [
  [{ method: "GET" }, /^Missing HTTP URI\. {2}See documentation for HttpTask/],
  [{ uri: "http://127.0.0.1:1/" }, /^No HTTP method specified$/],
  [
    { uri: "http://127.0.0.1:1/", method: "get" },
    /IllegalArgumentException: Invalid HTTP method: get$/,
  ],
  [{ uri: "nonsense", method: "GET" }, /URI is not absolute: nonsense/],
  [{ uri: "file:///etc/passwd", method: "GET" }, /unknown protocol: file/],
  [{ uri: "http://h/{id}", method: "GET" }, /Not enough variable values available to expand 'id'/],
  [{ http_request: "text" }, /http_request is not an object/],
  [{ uri: "http://h/", method: "GET", headers: [] }, /headers are not an object/],
  [{ uri: "http://h/", method: "GET", readTimeOut: "soon" }, /readTimeOut is not a number: soon/],
  [{ uri: "http://h/", method: "GET", contentType: "nothing" }, /Invalid mime type "nothing"/],
  [
    { uri: "http://h/", method: "POST", body: {}, contentType: "application/xml" },
    /No HttpMessageConverter for java\.util\.LinkedHashMap and content type "application\/xml"/,
  ],
  [
    { uri: "http://127.0.0.1:1/none?q=1", method: "GET" },
    /I\/O error on GET request for "http:\/\/127\.0\.0\.1:1\/none": Connect to http:\/\/127\.0\.0\.1:1 failed: Connection refused$/,
  ],
  [{ uri: "http://nobody.invalid/", method: "GET" }, /nobody\.invalid: Name or service not known$/],
  [{ uri: "http://127.0.0.1:1/", method: "GET", headers: { "a b": "c" } }, /invalid header key/],
];
for (const [input, reason] of FAULTS) {
  test(`${JSON.stringify(input)} fails: ${reason.source}`, async (t) => {
    const result = await run(t, input);
    assert.equal(result.status, "FAILED");
    assert.match(result.reasonForIncompletion ?? "", reason);
  });
}

test("silence for longer than readTimeOut fails, before the answer and within it", async (t) => {
  const server = await aServer(t, ({ url }, answer) => {
    if (url === "/within") answer.write("some");
  });
  for (const path of ["/before", "/within"]) {
    const result = await run(t, { uri: server + path, method: "GET", readTimeOut: "100" });
    assert.match(result.reasonForIncompletion ?? "", /I\/O error on GET .*: Read timed out$/);
  }
});

test("redirects are followed for GET, without credentials to another origin, and not for POST", async (t) => {
  const seen: unknown[] = [];
  const other = await aServer(t, ({ headers }, answer) => {
    seen.push(headers.authorization, headers["x-t"]);
    answer.end("there");
  });
  const server = await aServer(t, ({ url }, answer) => {
    answer.writeHead(302, { location: url === "/round" ? "/round" : `${other}/` }).end();
  });
  const headers = { Authorization: "Bearer 1", "X-T": "2" };
  const followed = await run(t, { uri: server, method: "GET", headers });
  assert.equal(response(followed)["body"], "there");
  assert.deepEqual(seen, [undefined, "2"]);
  const posted = await run(t, { uri: server, method: "POST", headers });
  assert.deepEqual([posted.status, response(posted)["statusCode"]], ["FAILED", 302]);
  const round = await run(t, { uri: `${server}/round`, method: "GET" });
  assert.match(round.reasonForIncompletion ?? "", /Maximum redirects \(20\) exceeded/);
});

test("an answer beyond the limit fails for good, also one that grows by being decompressed", async (t) => {
  const server = await aServer(t, ({ url }, answer) => {
    const body = "x".repeat(100_000);
    if (url === "/zip") answer.setHeader("Content-Encoding", "gzip");
    answer.end(url === "/zip" ? gzipSync(body) : body);
  });
  for (const path of ["/", "/zip"]) {
    const call = { uri: server + path, method: "GET" };
    const result = await run(t, call, { answerBytesMax: 10_000 });
    assert.equal(result.status, "FAILED_WITH_TERMINAL_ERROR");
    assert.match(result.reasonForIncompletion ?? "", /the answer is larger than 10000 bytes/);
    assert.equal(response(await run(t, call))["body"], "x".repeat(100_000));
  }
});

test("with asyncComplete a success is IN_PROGRESS, a failure still fails", async (t) => {
  const server = await aServer(t, ({ url }, answer) => {
    answer.writeHead(url === "/ok" ? 200 : 500).end("done");
  });
  const given = { asyncComplete: true };
  const result = await run(t, { uri: `${server}/ok`, method: "GET" }, given);
  assert.equal(result.status, "IN_PROGRESS");
  assert.equal(response(result)["body"], "done");
  assert.equal((await run(t, { uri: server, method: "GET" }, given)).status, "FAILED");
});

test("the egress policy holds for addresses, for what names resolve to, and for redirects", async (t) => {
  let calls = 0;
  const server = await aServer(t, ({ url }, answer) => {
    calls += 1;
    if (url === "/away") answer.writeHead(302, { location: "http://169.254.169.254/" });
    answer.end();
  });
  const byName = server.replace("127.0.0.1", "localhost");
  const refused: readonly (readonly [uri: string, rules: Given])[] = [
    [server, { deny: "private" }],
    [byName, { deny: "private" }],
    [byName, { deny: "127.0.0.0/8,::1" }],
    [byName, { deny: "localhost" }],
    [byName, { allow: "*.example.com" }],
    [server.replace("127.0.0.1", "[::ffff:127.0.0.1]"), { deny: "private" }],
    [server.replace("127.0.0.1", "2130706433"), { deny: "private" }],
  ];
  for (const [uri, rules] of refused) {
    const result = await run(t, { uri, method: "GET" }, rules);
    assert.equal(result.status, "FAILED_WITH_TERMINAL_ERROR", JSON.stringify([uri, rules]));
    assert.match(result.reasonForIncompletion ?? "", /egress policy .* does not allow calls to/);
  }
  assert.equal(calls, 0);
  const allowed = { allow: "localhost,127.0.0.1", deny: "10.0.0.0/8" };
  assert.equal((await run(t, { uri: byName, method: "GET" }, allowed)).status, "COMPLETED");
  const away = await run(t, { uri: `${server}/away`, method: "GET" }, { deny: "169.254.0.0/16" });
  assert.match(away.reasonForIncompletion ?? "", /does not allow calls to 169\.254\.169\.254/);
});
