import assert from "node:assert/strict";
import { after, test } from "node:test";

import { readConfig, startServer } from "@ostinato/server";

import { type RawRequest, send } from "../fuzz/send.ts";

const server = await startServer(readConfig(["--port=0", "--database=sqlite::memory:"], {}));
after(() => server.close());

async function answerTo(request: RawRequest): Promise<{ status: number; message: string }> {
  const answer = await send(Number(new URL(server.url).port), request);
  assert.ok(answer, "no answer");
  const body = JSON.parse(answer.body) as Record<string, unknown>;
  assert.equal(body["status"], answer.status);
  assert.equal(body["retryable"], false);
  assert.equal(typeof body["instance"], "string");
  assert.equal(answer.headers.get("content-type"), "application/json");
  return { status: answer.status, message: String(body["message"]) };
}

const refused: readonly (readonly [string, RawRequest, number, RegExp])[] = [
  ["a verb of no HTTP", { method: "get", target: "/", headers: [] }, 400, /not valid HTTP/],
  [
    "headers beyond 16 KB",
    { method: "GET", target: "/", headers: [["x-long", "x".repeat(20_000)]] },
    431,
    /headers are too large/,
  ],
  ["QUERY", { method: "QUERY", target: "/api/version", headers: [] }, 415, /QUERY/],
];
for (const [what, request, status, message] of refused) {
  test(`${what} is a ${status} in the error shape`, async () => {
    const answer = await answerTo(request);
    assert.equal(answer.status, status);
    assert.match(answer.message, message);
  });
}

test("an expectation that nobody knows is ignored", async () => {
  const request = { method: "GET", target: "/api/version", headers: [["expect", "luck"]] } as const;
  const answer = await send(Number(new URL(server.url).port), request);
  assert.equal(answer?.status, 200);
});

async function call(method: string, path: string, body?: string): Promise<string> {
  const headers = { "content-type": "application/json" };
  const init = body === undefined ? { method } : { method, headers, body };
  const response = await fetch(`${server.url}${path}`, init);
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text;
}

test("a body of 100 MB is a 413, and the connection's peer hears of it", async () => {
  const headers = { "content-type": "application/json" };
  const body = Buffer.alloc(100 * 1024 * 1024, " ");
  const response = await fetch(`${server.url}/api/workflow`, { method: "POST", headers, body });
  assert.equal(response.status, 413);
  assert.equal(((await response.json()) as { status: number }).status, 413);
});

test("what cannot be stored is found in a list of any length", async () => {
  const headers = { "content-type": "application/json" };
  const body = `{"a":[${"0,".repeat(400_000)}"\\u0000"]}`;
  const response = await fetch(`${server.url}/api/workflow/x`, { method: "POST", headers, body });
  assert.equal(response.status, 400);
  assert.match(await response.text(), /U\+0000/);
});

test("each of many faults is listed", async () => {
  const headers = { "content-type": "application/json" };
  const body = `{"name":"x","workflowDef":{"name":"x","tasks":[${"{},".repeat(100_000)}{}]}}`;
  const response = await fetch(`${server.url}/api/workflow`, { method: "POST", headers, body });
  assert.equal(response.status, 400);
  const { validationErrors } = (await response.json()) as { validationErrors: unknown[] };
  assert.ok(validationErrors.length > 100_000);
});

test("times of thousands of years are taken, and mean never", async () => {
  const forever = "9223372036854775807";
  await call(
    "POST",
    "/api/metadata/taskdefs",
    `[{"name":"slow","timeoutSeconds":${forever},"responseTimeoutSeconds":${forever},` +
      `"totalTimeoutSeconds":${forever}}]`,
  );
  const tasks = '[{"name":"slow","taskReferenceName":"s"}]';
  const workflow = `{"name":"slow","timeoutSeconds":${forever},"tasks":${tasks}}`;
  await call("POST", "/api/metadata/workflow", workflow);
  const workflowInstanceId = await call("POST", "/api/workflow/slow", "{}");
  const { taskId } = JSON.parse(await call("GET", "/api/tasks/poll/slow")) as { taskId: string };
  const result = `"workflowInstanceId":"${workflowInstanceId}","taskId":"${taskId}"`;
  const logs = `[{"log":"l","createdTime":${forever}}]`;
  await call(
    "POST",
    "/api/tasks",
    `{${result},"status":"IN_PROGRESS","callbackAfterSeconds":${forever},"logs":${logs}}`,
  );
  assert.match(await call("GET", `/api/workflow/${workflowInstanceId}`), /"status":"RUNNING"/);
  await call("POST", "/api/tasks", `{${result},"status":"COMPLETED"}`);
  assert.match(await call("GET", `/api/workflow/${workflowInstanceId}`), /"status":"COMPLETED"/);
});

test("a payload as deep as a request may be is passed on, also to a failure workflow", async () => {
  const fail = {
    name: "deep",
    taskReferenceName: "d",
    inputParameters: { in: "${workflow.input}" },
  };
  const heir = {
    ...fail,
    inputParameters: { lost: "${workflow.input}", n: "${workflow.input.reason}" },
  };
  await call("POST", "/api/metadata/workflow", JSON.stringify({ name: "heir", tasks: [heir] }));
  const parent = {
    name: "deep",
    tasks: [fail],
    failureWorkflow: "heir",
    outputParameters: { d: "${d.output}" },
  };
  await call("POST", "/api/metadata/workflow", JSON.stringify(parent));
  const deep = '{"a":'.repeat(999) + "{}" + "}".repeat(999);
  const id = await call("POST", "/api/workflow/deep", deep);
  await call("POST", `/api/tasks/${id}/d/FAILED_WITH_TERMINAL_ERROR`, deep);
  const heirs = JSON.parse(await call("GET", "/api/workflow/running/heir")) as string[];
  assert.equal(heirs.length, 1);
  assert.match(await call("GET", `/api/workflow/${heirs[0]}`), /"status":"SCHEDULED"/);
  assert.deepEqual(await server.findStuck(), []);
});
