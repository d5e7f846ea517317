import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { endWithUs, type Peer } from "./peer.ts";

/** Where the reference server lies on this machine. */
export interface ReferencePaths {
  readonly jar: string;
  /** The program that runs it, of a JDK of 21 or later. */
  readonly java: string;
}

const READY_MS_MAX = 120_000;
const LOOK_EVERY_MS = 250;

/** Starts the reference server on a fresh SQLite file, as it ships. @throws Error when it does not come up */
export async function startReference({ jar, java }: ReferencePaths): Promise<Peer> {
  const folder = await mkdtemp(join(tmpdir(), "bench-reference-"));
  const port = await freePort();
  const child = spawn(java, ["-Xmx3g", "-jar", resolve(jar), `--server.port=${port}`], {
    cwd: folder,
    stdio: "ignore",
  });
  endWithUs(child);
  const exited = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await untilHealthy(url, () => child.exitCode !== null);
  } catch (error) {
    await stop();
    throw error;
  }
  return { name: "reference", url, pid: child.pid ?? 0, stop };
}

async function untilHealthy(url: string, hasEnded: () => boolean): Promise<void> {
  const until = performance.now() + READY_MS_MAX;
  while (performance.now() < until) {
    if (hasEnded()) throw new Error("the reference server ended while it started");
    const isHealthy = await fetch(`${url}/health`).then(
      (response) => response.ok,
      () => false,
    );
    if (isHealthy) return;
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error(`the reference server was not ready after ${READY_MS_MAX} ms`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
