/** A server that is asked to stop under load: what it accepted it answers, and what it answered is kept. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { type ServerProcess, startServerProcess } from "../../scripts/server-process.ts";

const STARTERS = 8;
const LOAD_MS = 300;
const IDLE_POLLS = 20;
/** Much less than what is waited for, and much more than a busy machine needs. */
const STOP_MS_MAX = 30_000;

interface Refusal {
  readonly status: number;
  readonly text: string;
}

/** Starts executions until the server is gone. @returns the acknowledged ones; refusals are added to `refused` */
async function startUntilGone(url: string, refused: Refusal[]): Promise<string[]> {
  const started: string[] = [];
  for (;;) {
    try {
      const body = JSON.stringify({ name: "waits", input: {} });
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${url}/api/workflow`, { method: "POST", headers, body });
      const text = await response.text();
      if (response.status === 200) started.push(text);
      else refused.push({ status: response.status, text });
    } catch {
      return started;
    }
  }
}

async function define(server: ServerProcess): Promise<void> {
  const tasks = [{ name: "idle", taskReferenceName: "idle", type: "SIMPLE", inputParameters: {} }];
  const response = await fetch(`${server.url}/api/metadata/workflow`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "waits", version: 1, schemaVersion: 2, timeoutSeconds: 0, tasks }),
  });
  assert.equal(response.status, 200);
}

function execute(server: ServerProcess): Promise<Response> {
  return fetch(`${server.url}/api/workflow/execute/waits/1?waitForSeconds=600`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "waits", version: 1, input: {} }),
  });
}

/** A caller that never sends the rest of its request. */
async function stall(server: ServerProcess): Promise<void> {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write("POST /api/workflow HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n{");
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} under load: all that was accepted is answered and kept, who waits is sent away`, async (context) => {
    const folder = await mkdtemp(join(tmpdir(), "ostinato-stop-"));
    context.after(() => rm(folder, { recursive: true, force: true }));
    const args = [`--database=sqlite:${folder}/stop.db`, "--ostinato.log-level=silent"];
    const server = await startServerProcess({ args });
    context.after(() => server.process.kill("SIGKILL"));
    await define(server);
    const refused: Refusal[] = [];
    const polls = Array.from({ length: IDLE_POLLS }, () =>
      fetch(`${server.url}/api/tasks/poll/batch/nothing?timeout=5000`),
    );
    const executing = execute(server);
    const starting = Array.from({ length: STARTERS }, () => startUntilGone(server.url, refused));
    await stall(server);
    await sleep(LOAD_MS);

    const askedAt = performance.now();
    server.process.kill(signal);
    const answers = await Promise.all(polls);
    for (const answer of answers) assert.equal(await answer.text(), "[]");
    const executed = await executing;
    assert.equal(executed.status, 200);
    const { status, workflowId } = (await executed.json()) as Record<string, string>;
    assert.equal(status, "RUNNING");
    const started = (await Promise.all(starting)).flat();
    assert.equal(await server.exited, 0);
    const stopMs = performance.now() - askedAt;
    assert.ok(stopMs < STOP_MS_MAX, `it took ${stopMs} ms`);
    for (const { status: refusal, text } of refused) {
      assert.equal(refusal, 503, text);
      assert.match(text, /"retryable":true/);
    }

    const next = await startServerProcess({ args });
    const running = await fetch(`${next.url}/api/workflow/running/waits`);
    const ids = new Set((await running.json()) as string[]);
    assert.deepEqual(ids, new Set([...started, workflowId]));
    assert.equal(await next.stop(), 0);
    context.diagnostic(
      `${started.length} starts, ${refused.length} refused; stopped after ${Math.round(stopMs)} ms`,
    );
  });
}
