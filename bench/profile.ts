/**
 * Where the server's time goes: runs a throughput benchmark under V8's profiler and prints, for each thread, the
 * functions with most time of their own. `node bench/profile.ts [single|update-v2|batch] [options of the benchmarks]`
 */
import { globSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { measureAll } from "./benchmarks/throughput.ts";
import type { UpdateMode } from "./load/throughput.ts";
import { readOptions } from "./options.ts";
import { startOstinato } from "./peers/ostinato.ts";
import { withPeer } from "./peers/peer.ts";
import { Report } from "./report.ts";

/** What V8 writes, as far as it is read here. Times are in microseconds. */
interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
  };
}

const MODES: readonly UpdateMode[] = ["single", "update-v2", "batch"];
const FUNCTIONS_SHOWN = 40;
/** Samples that say only that nothing ran. */
const IDLE = new Set(["(idle)", "(root)"]);

function nameOf({ callFrame }: ProfileNode): string {
  const { functionName, url, lineNumber } = callFrame;
  const file = url.split("/").slice(-3).join("/");
  const place = file === "" ? "" : ` ${file}:${lineNumber + 1}`;
  return `${functionName === "" ? "(anonymous)" : functionName}${place}`;
}

function printProfile(title: string, { nodes, samples, timeDeltas }: CpuProfile): void {
  const names = new Map(nodes.map((node) => [node.id, nameOf(node)]));
  const micros = new Map<string, number>();
  samples.forEach((id, index) => {
    const name = names.get(id) ?? "(unknown)";
    micros.set(name, (micros.get(name) ?? 0) + (timeDeltas[index] ?? 0));
  });
  const busy = [...micros].filter(([name]) => !IDLE.has(name)).sort((a, b) => b[1] - a[1]);
  const total = busy.reduce((sum, [, time]) => sum + time, 0);
  console.log(`\n${title}: busy for ${(total / 1e6).toFixed(1)} s`);
  for (const [name, time] of busy.slice(0, FUNCTIONS_SHOWN)) {
    const share = ((100 * time) / total).toFixed(1).padStart(5);
    console.log(`  ${share} %  ${(time / 1_000).toFixed(0).padStart(6)} ms  ${name}`);
  }
}

const [given = "single", ...args] = process.argv.slice(2);
const mode = MODES.find((known) => known === given);
if (mode === undefined) throw new Error(`no mode ${given}; there are ${MODES.join(", ")}`);
const options = readOptions(args);
const folder = await mkdtemp(join(tmpdir(), "bench-profile-"));
try {
  const nodeArgs = ["--cpu-prof", `--cpu-prof-dir=${folder}`];
  await withPeer(startOstinato({ nodeArgs }), (peer) =>
    measureAll(peer, [mode], { options, report: new Report() }),
  );
  for (const file of globSync("*.cpuprofile", { cwd: folder }).sort()) {
    // Named after the process, the thread (0: main) and a number.
    const thread = file.split(".").at(-3) ?? "";
    const title = Number(thread) === 0 ? "main thread" : `thread ${Number(thread)}`;
    printProfile(title, JSON.parse(readFileSync(join(folder, file), "utf8")) as CpuProfile);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
