/** A disk without room: 503 for what would have to be written, while it lasts; reads go on; nothing acknowledged is lost. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { type ServerProcess, startServerProcess } from "../../scripts/server-process.ts";

/** A way to take all room from a running server, and to give it back. */
interface Shortage {
  readonly name: string;
  /** Absent: it can be made here. */
  readonly unavailable?: string | undefined;
  /** What the server is started with. @param folder - where its database is */
  under(folder: string): readonly string[];
  begin(pid: number, folder: string): void;
  end(pid: number, folder: string): void;
}

function whyNot(command: string, args: readonly string[]): string | undefined {
  const { status } = spawnSync(command, args);
  return status === 0 ? undefined : `${command} cannot be used here`;
}

/** Mounts a small disk that only the server sees, and its children. */
const MOUNT = 'mount -t tmpfs -o size="$0" none "$1" && shift && exec "$@"';

function withSmallDisk(size: string, folder: string): readonly string[] {
  return ["unshare", "--map-root-user", "--mount", "sh", "-c", MOUNT, size, folder];
}

const SMALL_DISK_UNAVAILABLE = whyNot("unshare", [
  ...withSmallDisk("64k", tmpdir()).slice(1),
  "true",
]);

const SHORTAGES: readonly Shortage[] = [
  {
    name: "a full disk",
    unavailable: SMALL_DISK_UNAVAILABLE,
    under: (folder) => withSmallDisk("8m", folder),
    begin(pid, folder) {
      const disk = `/proc/${pid}/root${folder}`;
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(`${disk}/filler`, Buffer.alloc(bavail * bsize));
    },
    end: (pid, folder) => rmSync(`/proc/${pid}/root${folder}/filler`),
  },
  {
    name: "a file that may not grow",
    unavailable: whyNot("prlimit", ["--version"]),
    under: () => [],
    begin(pid, folder) {
      const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
      limitFiles(pid, `${Math.max(...sizes)}`);
    },
    end: (pid) => limitFiles(pid, "unlimited"),
  },
];

function limitFiles(pid: number, bytes: string): void {
  // The hard limit stays: only root could raise it again.
  const { status, stderr } = spawnSync("prlimit", [`--pid=${pid}`, `--fsize=${bytes}:`]);
  assert.equal(status, 0, String(stderr));
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | null;
}

async function ask(
  server: ServerProcess,
  method: string,
  path: string,
  body?: object,
): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { "content-type": "application/json" },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const retryAfter = response.headers.get("retry-after");
  return { status: response.status, text: await response.text(), retryAfter };
}

async function define(server: ServerProcess): Promise<void> {
  const quick = { name: "quick", retryCount: 0, timeoutSeconds: 0, responseTimeoutSeconds: 1 };
  const slow = { ...quick, name: "slow", responseTimeoutSeconds: 600 };
  assert.equal((await ask(server, "POST", "/api/metadata/taskdefs", [quick, slow])).status, 200);
  for (const name of ["quick", "slow"]) {
    const tasks = [{ name, taskReferenceName: name, type: "SIMPLE", inputParameters: {} }];
    const workflowDef = { name, version: 1, schemaVersion: 2, timeoutSeconds: 0, tasks };
    const { status, text } = await ask(server, "POST", "/api/metadata/workflow", workflowDef);
    assert.equal(status, 200, text);
  }
}

async function start(server: ServerProcess, name: string): Promise<Answer> {
  return ask(server, "POST", "/api/workflow", { name, correlationId: "full", input: {} });
}

/** Starts an execution and takes its only attempt. */
async function startAndPoll(
  server: ServerProcess,
  name: string,
): Promise<{ workflowId: string; taskId: string }> {
  const { text: workflowId, status } = await start(server, name);
  assert.equal(status, 200, workflowId);
  const polled = await ask(server, "GET", `/api/tasks/poll/${name}`);
  const { taskId } = JSON.parse(polled.text) as { taskId: string };
  return { workflowId, taskId };
}

async function statusOf(server: ServerProcess, workflowId: string): Promise<string> {
  const { text } = await ask(server, "GET", `/api/workflow/${workflowId}?includeTasks=false`);
  return (JSON.parse(text) as { status: string }).status;
}

async function runningIds(server: ServerProcess): Promise<string[]> {
  const { text } = await ask(server, "GET", "/api/workflow/running/slow");
  return (JSON.parse(text) as string[]).sort();
}

function assertUnavailable({ status, text, retryAfter }: Answer): void {
  assert.equal(status, 503, text);
  const { message, ...rest } = JSON.parse(text) as Record<string, unknown>;
  assert.equal(typeof message, "string");
  assert.deepEqual({ ...rest, instance: "" }, { status: 503, instance: "", retryable: true });
  assert.equal(retryAfter, "1");
}

async function aServer(
  context: TestContext,
  under: Shortage["under"] = () => [],
): Promise<{ server: ServerProcess; folder: string; pid: number }> {
  const folder = await mkdtemp(join(tmpdir(), "ostinato-full-"));
  const args = [`--database=sqlite:${folder}/full.db`, "--ostinato.log-level=silent"];
  const server = await startServerProcess({ args, under: under(folder) });
  context.after(async () => {
    server.process.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  });
  return { server, folder, pid: server.process.pid ?? 0 };
}

for (const { name, unavailable, under, begin, end } of SHORTAGES) {
  const options = unavailable === undefined ? {} : { skip: unavailable };
  test(
    `${name} is answered 503 while it lasts, and nothing acknowledged is lost`,
    options,
    async (context) => {
      const { server, folder, pid } = await aServer(context, under);
      await define(server);
      const quick = await startAndPoll(server, "quick");
      const slow = await startAndPoll(server, "slow");
      const acknowledged = [slow.workflowId, (await start(server, "slow")).text];

      begin(pid, folder);
      let refused = await start(server, "slow");
      for (let n = 0; n < 100 && refused.status === 200; n++) {
        acknowledged.push(refused.text);
        refused = await start(server, "slow");
      }
      assertUnavailable(refused);
      const { workflowId: workflowInstanceId, taskId } = slow;
      const result = { taskId, workflowInstanceId, status: "COMPLETED", outputData: { x: 1 } };
      assertUnavailable(await ask(server, "POST", "/api/tasks", result));
      assertUnavailable(await ask(server, "GET", "/api/tasks/poll/slow"));
      assertUnavailable(await ask(server, "DELETE", `/api/workflow/${workflowInstanceId}`));
      assert.equal((await ask(server, "GET", "/health")).status, 503);
      assert.deepEqual(await runningIds(server), acknowledged.toSorted());
      // The lease of the quick one ends while nothing can be written of it.
      await sleep(1_200);
      assert.equal(await statusOf(server, quick.workflowId), "RUNNING");

      end(pid, folder);
      assert.equal((await ask(server, "GET", "/health")).status, 200);
      assert.equal((await ask(server, "POST", "/api/tasks", result)).status, 200);
      assert.equal(await statusOf(server, slow.workflowId), "COMPLETED");
      assert.equal((await ask(server, "GET", "/api/tasks/poll/slow")).status, 200);
      acknowledged.push((await start(server, "slow")).text);
      assert.deepEqual(await runningIds(server), acknowledged.slice(1).sort());
      await until(async () => (await statusOf(server, quick.workflowId)) !== "RUNNING");
      assert.equal(await server.stop(), 0);
    },
  );
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 100; n++) {
    if (await holds()) return;
    await sleep(50);
  }
  assert.fail("it does not come");
}

test(
  "a start without room for the tables is refused in one line",
  SMALL_DISK_UNAVAILABLE === undefined ? {} : { skip: SMALL_DISK_UNAVAILABLE },
  async (context) => {
    const error = await aServer(context, (folder) => withSmallDisk("64k", folder)).then(
      () => undefined,
      (reason: unknown) => String(reason),
    );
    assert.match(
      error ?? "it started",
      /status 1\nostinato: cannot start: [^\n]*full\.db[^\n]*full[^\n]*$/,
    );
  },
);
