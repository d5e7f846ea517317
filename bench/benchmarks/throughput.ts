import type { Benchmark } from "../benchmark.ts";
import { registerSequence } from "../definitions.ts";
import { runLoad } from "../load/run-load.ts";
import type { ThroughputResult, UpdateMode } from "../load/throughput.ts";
import type { Options } from "../options.ts";
import { startEcho } from "../peers/echo.ts";
import { startOstinato } from "../peers/ostinato.ts";
import type { Peer } from "../peers/peer.ts";
import { type ReferencePaths, startReference } from "../peers/reference.ts";
import { cpuSecondsOf } from "../process-usage.ts";
import type { Report } from "../report.ts";

interface Rate extends ThroughputResult {
  readonly perSecond: number;
  /** CPU of the server, all threads, for each completion. */
  readonly serverMicros: number;
}

type Rates = Readonly<Partial<Record<UpdateMode, Rate>>>;

/** Enough to keep each kind of server busy: more changes nothing but the waiting. */
const SHAPE = {
  single: { connections: 96, openWorkflows: 192, pollCount: 64 },
  "update-v2": { connections: 96, openWorkflows: 192, pollCount: 1 },
  batch: { connections: 96, openWorkflows: 960, pollCount: 100 },
} as const;

const GENERATOR_MICROS_MAX = 50;

export const throughput: Benchmark = {
  about: "completions/s and CPU of 3-task workflows: single updates, update-v2, batch update",
  async run(options, report) {
    const ours = await withPeer(startOstinato(), (peer) =>
      measureAll(peer, ["single", "update-v2", "batch"], options),
    );
    const echo = await withPeer(startEcho(ours.single?.tasksPerPoll ?? 1), (peer) =>
      measure(peer, "single", options),
    );
    const theirs = options.reference === undefined ? {} : await measureReference(options.reference, options);
    reportRates(report, { ostinato: ours, echo: { single: echo }, reference: theirs });
    if (ours.single !== undefined) reportGoals(report, { ours, theirs, echo });
  },
};

async function measureReference(paths: ReferencePaths, options: Options): Promise<Rates> {
  return withPeer(startReference(paths), (peer) => measureAll(peer, ["single", "update-v2"], options));
}

async function withPeer<T>(starting: Promise<Peer>, use: (peer: Peer) => Promise<T>): Promise<T> {
  const peer = await starting;
  try {
    return await use(peer);
  } finally {
    await peer.stop();
  }
}

async function measureAll(peer: Peer, modes: readonly UpdateMode[], options: Options): Promise<Rates> {
  const rates: Partial<Record<UpdateMode, Rate>> = {};
  for (const mode of modes) {
    await registerSequence(peer.url, workflowOf(mode), 3);
    rates[mode] = await measure(peer, mode, options);
  }
  return rates;
}

function workflowOf(mode: UpdateMode): string {
  return `bench_${mode.replace("-", "_")}`;
}

/** Measures how fast a peer completes tasks. The workflow of this mode must be registered. */
export async function measure(peer: Peer, mode: UpdateMode, options: Options): Promise<Rate> {
  let cpuBefore = 0;
  let cpuAfter = 0;
  const result = await runLoad(
    "throughput",
    {
      url: peer.url,
      workflow: workflowOf(mode),
      mode,
      ...SHAPE[mode],
      warmupMs: options.warmupMs,
      measureMs: options.measureMs,
      drains: peer.name !== "echo",
    },
    {
      begin: () => {
        cpuBefore = cpuSecondsOf(peer.pid);
      },
      end: () => {
        cpuAfter = cpuSecondsOf(peer.pid);
      },
    },
  );
  return {
    ...result,
    perSecond: result.completions / result.seconds,
    serverMicros: ((cpuAfter - cpuBefore) * 1e6) / result.completions,
  };
}

function reportRates(report: Report, peers: Readonly<Record<string, Rates>>): void {
  for (const [peer, rates] of Object.entries(peers)) {
    for (const [mode, rate] of Object.entries(rates)) {
      report.figure(`${peer}, ${mode}: completions`, rate.perSecond, "/s");
      report.figure(`${peer}, ${mode}: CPU of the server per completion`, rate.serverMicros, "µs");
      report.figure(`${peer}, ${mode}: tasks per poll`, rate.tasksPerPoll);
      report.goal({
        name: `${peer}, ${mode}: CPU of the generator per completion`,
        value: rate.generatorMicros,
        unit: "µs",
        atMost: GENERATOR_MICROS_MAX,
      });
    }
  }
}

interface Compared {
  readonly ours: Rates;
  readonly theirs: Rates;
  readonly echo: Rate;
}

function reportGoals(report: Report, { ours, theirs, echo }: Compared): void {
  const { single, batch, "update-v2": v2 } = ours;
  if (single === undefined || batch === undefined || v2 === undefined) return;
  report.goal({
    name: "completions/s, single ÷ bare node:http echo",
    value: single.perSecond / echo.perSecond,
    atLeast: 0.5,
  });
  const { single: reference, "update-v2": referenceV2 } = theirs;
  if (reference === undefined || referenceV2 === undefined) return;
  const over = (rate: Rate, peer: Rate): number => rate.perSecond / peer.perSecond;
  report.goal({
    name: "CPU per completion, reference ÷ ours (single)",
    value: reference.serverMicros / single.serverMicros,
    atLeast: 60,
  });
  report.goal({ name: "completions/s, single ÷ reference", value: over(single, reference), atLeast: 30 });
  report.goal({ name: "completions/s, update-v2 ÷ reference", value: over(v2, referenceV2), atLeast: 35 });
  report.goal({ name: "completions/s, batch ÷ reference (single)", value: over(batch, reference), atLeast: 60 });
}
