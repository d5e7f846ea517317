import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { pack } from "../../scripts/pack.ts";
import { startServerProcess } from "../../scripts/server-process.ts";

const run = promisify(execFile);

test("the packed server installs into an empty folder and its bin runs", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "ostinato-install-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const tarball = await pack(join(folder, "out"));
  const app = join(folder, "app");
  await mkdir(app);
  await writeFile(join(app, "package.json"), "{}");
  // The Node that runs this test is new enough: the optional one of 100 MB need not come.
  const options = ["--omit=optional", "--prefer-offline", "--no-audit", "--no-fund"];
  await run("npm", ["install", ...options, tarball], { cwd: app });

  const bin = join(app, "node_modules/.bin/ostinato");
  const { stdout } = await run(process.execPath, [bin, "--version"]);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);

  const server = await startServerProcess({ bin, args: ["--database=sqlite::memory:"] });
  const health = await fetch(`${server.url}/health`);
  assert.equal(health.status, 200);
  assert.equal(await server.stop(), 0);
});
