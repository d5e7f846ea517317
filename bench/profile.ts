/**
 * Where the server's time goes: runs a benchmark with our server under V8's profiler and prints, for each thread, the
 * functions with most time of their own. `node bench/profile.ts NAME [options of the benchmarks]`
 */
import { globSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { BENCHMARKS } from "./benchmarks/benchmarks.ts";
import { readOptions } from "./options.ts";
import { Report } from "./report.ts";

/** What V8 writes, as far as it is read here. Times are in microseconds. */
interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly children?: readonly number[];
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
  };
}

type Times = Map<string, number>;

const FUNCTIONS_SHOWN = 45;
/** Samples that say only that nothing ran. */
const IDLE = new Set(["(idle)", "(root)"]);

function nameOf({ callFrame }: ProfileNode): string {
  const { functionName, url, lineNumber } = callFrame;
  const file = url.split("/").slice(-3).join("/");
  const place = file === "" ? "" : ` ${file}:${lineNumber + 1}`;
  return `${functionName === "" ? "(anonymous)" : functionName}${place}`;
}

/** Time by function, in microseconds: its own, and with all that it called. */
function timesOf({ nodes, samples, timeDeltas }: CpuProfile): { own: Times; whole: Times } {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const sampled = new Map<number, number>();
  samples.forEach((id, index) => {
    sampled.set(id, (sampled.get(id) ?? 0) + (timeDeltas[index] ?? 0));
  });
  const own: Times = new Map();
  const whole: Times = new Map();
  const walk = (id: number, callers: ReadonlySet<string>): number => {
    const node = byId.get(id);
    if (node === undefined) return 0;
    const name = nameOf(node);
    let micros = sampled.get(id) ?? 0;
    own.set(name, (own.get(name) ?? 0) + micros);
    const within = new Set(callers).add(name);
    for (const child of node.children ?? []) micros += walk(child, within);
    // Of a function that calls itself only the outermost call counts.
    if (!callers.has(name)) whole.set(name, (whole.get(name) ?? 0) + micros);
    return micros;
  };
  walk(nodes[0]?.id ?? 0, new Set());
  return { own, whole };
}

function printProfile(title: string, profile: CpuProfile): void {
  const { own, whole } = timesOf(profile);
  for (const name of IDLE) own.delete(name);
  const total = [...own.values()].reduce((sum, time) => sum + time, 0);
  console.log(`\n${title}: busy for ${(total / 1e6).toFixed(1)} s`);
  printTimes("of their own", own, total);
  const ours = [...whole].filter(([name]) => /\.ts:\d+$/.test(name));
  printTimes("with all that they call, our functions only", new Map(ours), total);
}

function printTimes(title: string, times: Times, total: number): void {
  console.log(` ${title}`);
  const longest = [...times].sort((a, b) => b[1] - a[1]).slice(0, FUNCTIONS_SHOWN);
  for (const [name, time] of longest) {
    const share = ((100 * time) / total).toFixed(1).padStart(5);
    console.log(`  ${share} %  ${(time / 1_000).toFixed(0).padStart(6)} ms  ${name}`);
  }
}

const options = readOptions(process.argv.slice(2));
const folder = await mkdtemp(join(tmpdir(), "bench-profile-"));
try {
  const server = { nodeArgs: ["--cpu-prof", `--cpu-prof-dir=${folder}`] };
  for (const name of options.names) {
    await BENCHMARKS[name]?.run({ ...options, server }, new Report());
  }
  for (const file of globSync("*.cpuprofile", { cwd: folder }).sort()) {
    // Named after the process, the thread (0: main) and a number.
    const thread = Number(file.split(".").at(-3));
    const profile = JSON.parse(readFileSync(join(folder, file), "utf8")) as CpuProfile;
    printProfile(thread === 0 ? "main thread" : `thread ${thread}`, profile);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
