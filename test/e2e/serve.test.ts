import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { startServerProcess } from "../../scripts/server-process.ts";

const BIN = fileURLToPath(new URL("../../server/bin/ostinato.js", import.meta.url));

/** Runs the program to its end. */
async function runToEnd(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ status: unknown; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", BIN, ...args], {
    env: { PATH: process.env["PATH"], ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit") as Promise<unknown[]>,
  ]);
  return { status, stdout, stderr };
}

async function aFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ostinato-serve-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** One line on standard error, and status 1. */
async function assertRefused(args: readonly string[], line: RegExp): Promise<void> {
  const { status, stderr } = await runToEnd(args);
  assert.match(stderr, line);
  assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
  assert.equal(status, 1);
}

test("SIGTERM ends a server in order, with status 0, and its data is there at the next start", async (context) => {
  const database = `--database=sqlite:${await aFolder(context)}/a.db`;
  const first = await startServerProcess({ args: [database] });
  const body = JSON.stringify([{ name: "kept", retryCount: 7, timeoutSeconds: 0 }]);
  const headers = { "content-type": "application/json" };
  const put = await fetch(`${first.url}/api/metadata/taskdefs`, { method: "POST", headers, body });
  assert.equal(put.status, 200);
  assert.equal(await first.stop(), 0);

  const second = await startServerProcess({ args: [database] });
  const kept = await fetch(`${second.url}/api/metadata/taskdefs/kept`);
  const { retryCount } = (await kept.json()) as { retryCount: number };
  assert.equal(retryCount, 7);
  assert.equal(await second.stop(), 0);
});

test("SIGTERM lets a long poll end, and waits for no connection that is kept", async () => {
  const server = await startServerProcess({ args: ["--database=sqlite::memory:"] });
  const poll = fetch(`${server.url}/api/tasks/poll/batch/t?timeout=1500`);
  await fetch(`${server.url}/health`);
  const askedAt = Date.now();
  const stopped = server.stop();
  assert.deepEqual(await (await poll).json(), []);
  assert.equal(await stopped, 0);
  assert.ok(Date.now() - askedAt < 5_000, `it took ${Date.now() - askedAt} ms`);
});

test("an older Node on the PATH runs the server with the newer one of the packages", async (context) => {
  const older = findOlderNode();
  if (older === undefined) return context.skip("there is no older Node here");
  const { stdout } = await promisify(execFile)(older, [BIN, "--version"]);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

function findOlderNode(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(":");
  return folders
    .map((folder) => join(folder, "node"))
    .find((path) => existsSync(path) && !isNewEnough(path));
}

function isNewEnough(path: string): boolean {
  const version = execFileSync(path, ["--version"], { encoding: "utf8" });
  return Number.parseInt(version.slice(1), 10) >= 24;
}

test("a port in use is refused in one line", async (context) => {
  const holder = createServer().listen(0, "127.0.0.1");
  context.after(() => holder.close());
  await once(holder, "listening");
  const address = holder.address();
  assert.ok(typeof address === "object" && address !== null);
  const args = [`--port=${address.port}`, "--database=sqlite::memory:"];
  await assertRefused(args, new RegExp(`^ostinato: .*${address.port}.* in use`));
});

test("a file that is in use by another server is refused in one line", async (context) => {
  const database = `--database=sqlite:${await aFolder(context)}/a.db`;
  const server = await startServerProcess({ args: [database] });
  await assertRefused(["--port=0", database], /^ostinato: .*a\.db/);
  assert.equal(await server.stop(), 0);
});

test("a file that is no database is refused in one line and left as it is", async (context) => {
  const file = join(await aFolder(context), "notes.txt");
  await writeFile(file, "These are notes, and no database at all.\n".repeat(100));
  await assertRefused(["--port=0", `--database=sqlite:${file}`], /^ostinato: .*notes\.txt/);
});

test("a database of another program is refused in one line and left as it is", async (context) => {
  const file = join(await aFolder(context), "theirs.db");
  const theirs = new DatabaseSync(file);
  theirs.exec("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");
  theirs.close();
  const before = await readFile(file);
  const line = /^ostinato: cannot start: .*theirs\.db is not a database of this program/;
  await assertRefused(["--port=0", `--database=sqlite:${file}`], line);
  assert.deepEqual(await readFile(file), before);
});

test("a database of a newer version of the program is refused in one line", async (context) => {
  const file = join(await aFolder(context), "newer.db");
  const server = await startServerProcess({ args: [`--database=sqlite:${file}`] });
  assert.equal(await server.stop(), 0);
  const database = new DatabaseSync(file);
  database.exec("PRAGMA user_version = 99; UPDATE meta SET value = 99");
  database.close();
  const line = /^ostinato: cannot start: .*newer\.db was written by a newer version/;
  await assertRefused(["--port=0", `--database=sqlite:${file}`], line);
});

test("a start on an empty file tells how long it took, and what it holds of memory", async (context) => {
  const args = [`--database=sqlite:${await aFolder(context)}/a.db`];
  // The first start compiles, for those that follow.
  assert.equal(await (await startServerProcess({ args })).stop(), 0);
  const begunAt = performance.now();
  const server = await startServerProcess({ args });
  const readyMs = Math.round(performance.now() - begunAt);
  const memory = await readFile(`/proc/${server.process.pid}/status`, "utf8").catch(() => "");
  const megabytes = Math.round(Number(/^VmRSS:\s*(\d+) kB$/m.exec(memory)?.[1]) / 1_000);
  context.diagnostic(`ready after ${readyMs} ms (aim 1000), with ${megabytes} MB (aim 130)`);
  assert.equal(await server.stop(), 0);
});

test("a database that is not supported yet is refused in one line", async () => {
  await assertRefused(
    ["--database=postgres://h/d"],
    /^ostinato: .*PostgreSQL is not supported yet/,
  );
});

test("--print-config tells every setting in force and its source", async () => {
  const { status, stdout } = await runToEnd(["--print-config", "--port=7001"], {
    CONDUCTOR_APP_OWNEREMAILMANDATORY: "true",
  });
  assert.equal(status, 0);
  assert.match(stdout, /^server\.port=7001 \(argument\)$/m);
  assert.match(stdout, /^conductor\.app\.ownerEmailMandatory=true \(environment\)$/m);
  assert.match(stdout, /^server\.address=127\.0\.0\.1 \(default\)$/m);
});

test("--check-config names the settings that have no effect", async () => {
  const { status, stdout } = await runToEnd(["--check-config"], { CONDUCTOR_REDIS_HOSTS: "h" });
  assert.equal(status, 0);
  assert.match(stdout, /^CONDUCTOR_REDIS_HOSTS \(environment\) is not understood/);
});
