import type { Benchmark } from "../benchmark.ts";
import { registerSequence } from "../definitions.ts";
import { durableCommitsPerSecond } from "../limits.ts";
import { runLoad } from "../load/run-load.ts";
import { type ThroughputResult, UPDATE_MODES, type UpdateMode } from "../load/throughput.ts";
import type { Options } from "../options.ts";
import { startEcho } from "../peers/echo.ts";
import { startOstinato } from "../peers/ostinato.ts";
import { type Peer, withPeer } from "../peers/peer.ts";
import { startReference } from "../peers/reference.ts";
import { cpuSecondsOf } from "../process-usage.ts";
import type { Report } from "../report.ts";

interface Rate extends ThroughputResult {
  readonly perSecond: number;
  /** CPU of the server, all threads, for each completion. */
  readonly serverMicros: number;
}

type Rates = Readonly<Partial<Record<UpdateMode, Rate>>>;

interface Shape {
  readonly connections: number;
  readonly openWorkflows: number;
  readonly pollers: number;
  readonly pollCount: number;
}

/** Enough to keep our server busy: more changes nothing but the waiting. */
const SHAPE: Readonly<Record<UpdateMode, Shape>> = {
  single: { connections: 96, openWorkflows: 192, pollers: 1, pollCount: 64 },
  "update-v2": { connections: 96, openWorkflows: 192, pollers: 0, pollCount: 1 },
  batch: { connections: 96, openWorkflows: 960, pollers: 2, pollCount: 100 },
};

/** The reference does best with less at once; its polls wait until they are full, so that small ones are better. */
const REFERENCE_SHAPE: Readonly<Record<UpdateMode, Shape>> = {
  ...SHAPE,
  single: { connections: 16, openWorkflows: 64, pollers: 4, pollCount: 4 },
  "update-v2": { connections: 24, openWorkflows: 64, pollers: 0, pollCount: 1 },
};

const GENERATOR_MICROS_MAX = 50;
const ECHO_TIMES_MIN = 0.5;
const CPU_TIMES_MIN = 60;
const REFERENCE_TIMES_MIN: Readonly<Record<UpdateMode, number>> = {
  single: 30,
  "update-v2": 35,
  batch: 60,
};

export const throughput: Benchmark = {
  about: "completions/s and CPU of 3-task workflows: single updates, update-v2, batch update",
  async run(options, report) {
    const { modes, server, reference } = options;
    const run = { options, report };
    report.figure("this disk: durable commits of one row", durableCommitsPerSecond(), "/s");
    const ours = await withPeer(startOstinato(server), (peer) => measureAll(peer, modes, run));
    if (ours.single !== undefined) {
      const { tasksPerPoll } = ours.single;
      const echo = await withPeer(startEcho(tasksPerPoll), (peer) => measure(peer, "single", run));
      reportToEcho(report, ours.single, echo);
    }
    if (reference === undefined) return;
    // It has no batch update: ours is compared with its single ones.
    const theirModes = new Set(modes.map((mode) => (mode === "batch" ? "single" : mode)));
    const theirs = await withPeer(startReference(reference), (peer) =>
      measureAll(peer, [...theirModes], run),
    );
    reportToReference(report, ours, theirs);
  },
};

interface Run {
  readonly options: Options;
  readonly report: Report;
}

async function measureAll(peer: Peer, modes: readonly UpdateMode[], run: Run): Promise<Rates> {
  const rates: Partial<Record<UpdateMode, Rate>> = {};
  for (const mode of modes) {
    await registerSequence(peer.url, workflowOf(mode), 3);
    rates[mode] = await measure(peer, mode, run);
  }
  return rates;
}

function workflowOf(mode: UpdateMode): string {
  return `bench_${mode.replace("-", "_")}`;
}

async function measure(peer: Peer, mode: UpdateMode, { options, report }: Run): Promise<Rate> {
  let cpuBefore = 0;
  let cpuAfter = 0;
  const result = await runLoad(
    "throughput",
    {
      url: peer.url,
      workflow: workflowOf(mode),
      mode,
      ...(peer.name === "reference" ? REFERENCE_SHAPE : SHAPE)[mode],
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
  const rate = {
    ...result,
    perSecond: result.completions / result.seconds,
    serverMicros: ((cpuAfter - cpuBefore) * 1e6) / result.completions,
  };
  reportRate(report, `${peer.name}, ${mode}`, rate);
  return rate;
}

function reportRate(report: Report, what: string, rate: Rate): void {
  report.figure(`${what}: completions`, rate.perSecond, "/s");
  report.figure(`${what}: CPU of the server per completion`, rate.serverMicros, "µs");
  report.figure(`${what}: tasks per poll`, rate.tasksPerPoll);
  report.figure(`${what}: CPU of the generator per completion`, rate.generatorMicros, "µs");
}

function reportToEcho(report: Report, single: Rate, echo: Rate): void {
  report.goal({
    name: "CPU of the generator per completion (single)",
    value: single.generatorMicros,
    unit: "µs",
    atMost: GENERATOR_MICROS_MAX,
  });
  report.goal({
    name: "completions/s, single ÷ bare node:http echo",
    value: single.perSecond / echo.perSecond,
    atLeast: ECHO_TIMES_MIN,
  });
}

function reportToReference(report: Report, ours: Rates, theirs: Rates): void {
  const { single } = ours;
  if (single !== undefined && theirs.single !== undefined) {
    report.goal({
      name: "CPU per completion, reference ÷ ours (single)",
      value: theirs.single.serverMicros / single.serverMicros,
      atLeast: CPU_TIMES_MIN,
    });
  }
  for (const mode of UPDATE_MODES) {
    const rate = ours[mode];
    const theirMode = mode === "batch" ? "single" : mode;
    const theirRate = theirs[theirMode];
    if (rate === undefined || theirRate === undefined) continue;
    report.goal({
      name: `completions/s, ${mode} ÷ reference, ${theirMode}`,
      value: rate.perSecond / theirRate.perSecond,
      atLeast: REFERENCE_TIMES_MIN[mode],
    });
  }
}
