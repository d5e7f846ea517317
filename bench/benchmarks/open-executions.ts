import { existsSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { Benchmark } from "../benchmark.ts";
import { registerTaskDefs, registerWorkflow, simpleTask, taskDef } from "../definitions.ts";
import { runLoad } from "../load/run-load.ts";
import { type OstinatoOptions, startOstinato } from "../peers/ostinato.ts";
import { withPeer } from "../peers/peer.ts";
import { residentBytesOf } from "../process-usage.ts";
import type { Report } from "../report.ts";

const EXECUTIONS = 1_000_000;
const QUEUES = 50;
/** Every tenth queue's tasks have a deadline within a day. */
const DEADLINE_EVERY = 10;
const DAY_SECONDS = 86_400;
const CONNECTIONS = 256;
const READY_SECONDS_MAX = 10;
const READY_MS_PATIENCE = 600_000;
const MEGABYTES_MAX = 1_024;
/** The server may still be taking up what was left open when it is ready. */
const SETTLE_MS = 5_000;

/** `--scale 0.1` takes 100,000 executions; `--file` keeps them for the next run. */
export const openExecutions: Benchmark = {
  about: "restart and memory with 1,000,000 open executions in the file",
  async run({ scale, file: given, server }, report) {
    const folder = await mkdtemp(join(tmpdir(), "bench-open-"));
    const file = given ?? join(folder, "open.db");
    const count = EXECUTIONS * scale;
    try {
      if (!existsSync(file)) await fill({ ...server, file }, count, report);
      report.figure("the file", (await stat(file)).size / 1e6, "MB");
      await restart({ ...server, file }, { count, scale }, report);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function fill(server: OstinatoOptions, count: number, report: Report): Promise<void> {
  await withPeer(startOstinato(server), async ({ url }) => {
    const types = Array.from({ length: QUEUES }, (_, index) => `bench_open_${index}`);
    await registerTaskDefs(
      url,
      types.map((type, index) => {
        const pollTimeoutSeconds = DAY_SECONDS - index * 60;
        return taskDef(type, index % DEADLINE_EVERY === 0 ? { pollTimeoutSeconds } : {});
      }),
    );
    for (const type of types) {
      await registerWorkflow(url, { name: type, tasks: [simpleTask(type, {})] });
    }
    const ms = await runLoad("fill", { url, workflows: types, count, connections: CONNECTIONS });
    report.figure("starts, filling the file", (count * 1_000) / ms, "/s");
  });
}

async function restart(
  server: OstinatoOptions,
  { count, scale }: { readonly count: number; readonly scale: number },
  report: Report,
): Promise<void> {
  const beganAt = performance.now();
  await withPeer(
    startOstinato({ ...server, readyMsMax: READY_MS_PATIENCE }),
    async ({ url, pid }) => {
      const seconds = (performance.now() - beganAt) / 1_000;
      const waiting = await tasksWaiting(url);
      if (waiting !== count) throw new Error(`${waiting} tasks wait in the file, not ${count}`);
      report.goal({
        name: "from the restart until it is ready",
        value: seconds,
        unit: "s",
        atMost: READY_SECONDS_MAX * Math.max(scale, 0.1),
      });
      report.figure("memory when ready", residentBytesOf(pid) / 2 ** 20, "MB");
      await sleep(SETTLE_MS);
      report.goal({
        name: "memory",
        value: residentBytesOf(pid) / 2 ** 20,
        unit: "MB",
        atMost: MEGABYTES_MAX,
      });
    },
  );
}

async function tasksWaiting(url: string): Promise<number> {
  const response = await fetch(`${url}/api/tasks/queue/all`);
  const sizes = (await response.json()) as Readonly<Record<string, number>>;
  return Object.values(sizes).reduce((sum, size) => sum + size, 0);
}
