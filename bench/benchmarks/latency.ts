import type { Benchmark } from "../benchmark.ts";
import { registerSequence } from "../definitions.ts";
import type { LatencySample } from "../load/latency.ts";
import { type LoadOptions, runLoad } from "../load/run-load.ts";
import { quantile } from "../load/scenario.ts";
import { startOstinato } from "../peers/ostinato.ts";
import { type Peer, withPeer } from "../peers/peer.ts";
import { startReference } from "../peers/reference.ts";
import type { Report } from "../report.ts";

const WORKFLOW = "bench_latency";
const WORKERS = 4;
const OUR_P50_MS_MAX = 8;
const OUR_P99_MS_MAX = 30;
const REFERENCE_TIMES_MIN = 25;

export interface LatencyRun {
  readonly startsPerSecond: number;
  readonly measureMs: number;
}

export const latency: Benchmark = {
  about: "how long 3-task workflows take at 20 and 50 starts/s, workers waiting",
  async run({ measureMs, warmupMs, reference, server }, report) {
    const at20 = { startsPerSecond: 20, measureMs };
    const ours = await withPeer(startOstinato(server), async (peer) => {
      await registerLatencyWorkflow(peer);
      await measureLatency(peer, { startsPerSecond: 20, measureMs: warmupMs });
      const slow = await measureLatency(peer, at20);
      const fast = await measureLatency(peer, { startsPerSecond: 50, measureMs });
      return { slow, fast };
    });
    reportQuantiles(report, "ostinato, 20 starts/s", ours.slow);
    const { p50, p99 } = quantilesOf(ours.fast);
    report.goal({
      name: "ostinato, 50 starts/s: p50",
      value: p50,
      unit: "ms",
      atMost: OUR_P50_MS_MAX,
    });
    report.goal({
      name: "ostinato, 50 starts/s: p99",
      value: p99,
      unit: "ms",
      atMost: OUR_P99_MS_MAX,
    });
    if (reference === undefined) return;
    const theirs = await withPeer(startReference(reference), async (peer) => {
      await registerLatencyWorkflow(peer);
      await measureLatency(peer, { startsPerSecond: 10, measureMs: warmupMs });
      return measureLatency(peer, at20);
    });
    reportQuantiles(report, "reference, 20 starts/s", theirs);
    report.goal({
      name: "p50 at 20 starts/s, reference ÷ ours",
      value: quantilesOf(theirs).p50 / quantilesOf(ours.slow).p50,
      atLeast: REFERENCE_TIMES_MIN,
    });
  },
};

/**
 * Runs 3-task workflows on a peer; theirs must be registered. One that does not end counts with the time that it had.
 * @throws Error when that happens with our server
 */
export async function measureLatency(
  peer: Peer,
  run: LatencyRun,
  options: LoadOptions = {},
): Promise<readonly LatencySample[]> {
  const settings = { url: peer.url, workflow: WORKFLOW, workers: WORKERS, ...run };
  const { samples, unfinished } = await runLoad("latency", settings, options);
  if (unfinished > 0 && peer.name === "ostinato") {
    throw new Error(`${unfinished} workflows did not end`);
  }
  return samples;
}

export function registerLatencyWorkflow(peer: Peer): Promise<void> {
  return registerSequence(peer.url, WORKFLOW, 3);
}

export function quantilesOf(samples: readonly LatencySample[]): { p50: number; p99: number } {
  const ms = samples.map((sample) => sample.ms);
  return { p50: quantile(ms, 0.5), p99: quantile(ms, 0.99) };
}

export function reportQuantiles(
  report: Report,
  what: string,
  samples: readonly LatencySample[],
): void {
  const { p50, p99 } = quantilesOf(samples);
  report.figure(`${what}: p50`, p50, "ms");
  report.figure(`${what}: p99`, p99, "ms");
}
