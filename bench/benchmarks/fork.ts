import type { Benchmark } from "../benchmark.ts";
import { registerTaskDefs, registerWorkflow, taskDef } from "../definitions.ts";
import type { ForkResult } from "../load/fork.ts";
import type { LatencySample } from "../load/latency.ts";
import { runLoad } from "../load/run-load.ts";
import { startOstinato } from "../peers/ostinato.ts";
import { type Peer, withPeer } from "../peers/peer.ts";
import type { Report } from "../report.ts";
import {
  measureLatency,
  quantilesOf,
  registerLatencyWorkflow,
  reportQuantiles,
} from "./latency.ts";

const WORKFLOW = "bench_fork";
const SHAPE = { connections: 64, pollers: 2, pollCount: 200 } as const;
const SMALL = 1_000;
const MEDIUM = 10_000;
const LARGE = 100_000;
const MEDIUM_SECONDS_MAX = 3;
const LARGE_SECONDS_MAX = 30;
const PER_BRANCH_TIMES_MAX = 1.5;
const P99_TIMES_MAX = 3;
const BESIDE_STARTS_PER_SECOND = 50;
const BESIDE_MS_MAX = 300_000;

/** `--scale 0.1` makes the largest fork one of 10,000. */
export const fork: Benchmark = {
  about: "dynamic forks of 1,000, 10,000 and 100,000 branches, workers included",
  async run({ scale, server }, report) {
    await withPeer(startOstinato(server), async (peer) => {
      await registerFork(peer);
      await runBranches(peer, SMALL);
      const small = await runBranches(peer, SMALL);
      const medium = await runBranches(peer, MEDIUM);
      reportFork(report, SMALL, small);
      reportFork(report, MEDIUM, medium);
      report.goal({
        name: "time per branch, at 10,000 ÷ at 1,000",
        value: medium.endMs / MEDIUM / (small.endMs / SMALL),
        atMost: PER_BRANCH_TIMES_MAX,
      });
      report.goal({
        name: "10,000 branches, start to COMPLETED",
        value: medium.endMs / 1_000,
        unit: "s",
        atMost: MEDIUM_SECONDS_MAX,
      });
      const large = await runBranches(peer, LARGE * scale);
      reportFork(report, LARGE * scale, large);
      report.goal({
        name: `${(LARGE * scale).toLocaleString("en")} branches, start to COMPLETED`,
        value: large.endMs / 1_000,
        unit: "s",
        atMost: LARGE_SECONDS_MAX * scale,
      });
    });
  },
};

/** Whether others suffer from a large fork. */
export const beside: Benchmark = {
  about: "how long 3-task workflows take at 50 starts/s beside a fork of 100,000 branches",
  async run({ measureMs, scale, server }, report) {
    await withPeer(startOstinato(server), async (peer) => {
      await registerFork(peer);
      await registerLatencyWorkflow(peer);
      const startsPerSecond = BESIDE_STARTS_PER_SECOND;
      await runBranches(peer, SMALL);
      await measureLatency(peer, { startsPerSecond, measureMs: measureMs / 2 });
      const alone = await measureLatency(peer, { startsPerSecond, measureMs });
      const during = await latencyDuringFork(peer, LARGE * scale);
      reportQuantiles(report, "alone", alone);
      reportQuantiles(report, "beside the fork", during);
      report.goal({
        name: "p99, beside the fork ÷ alone",
        value: quantilesOf(during).p99 / quantilesOf(alone).p99,
        atMost: P99_TIMES_MAX,
      });
    });
  },
};

async function latencyDuringFork(peer: Peer, branches: number): Promise<LatencySample[]> {
  const stop = new AbortController();
  const running = Promise.withResolvers<void>();
  const measuring = measureLatency(
    peer,
    { startsPerSecond: BESIDE_STARTS_PER_SECOND, measureMs: BESIDE_MS_MAX },
    { begin: running.resolve, stop: stop.signal },
  );
  await running.promise;
  const { beganAt, endedAt } = await runBranches(peer, branches).finally(() => stop.abort());
  const samples = await measuring;
  return samples.filter(({ dueAt }) => dueAt >= beganAt && dueAt < endedAt);
}

async function registerFork({ url }: Peer): Promise<void> {
  const forkTaskName = `${WORKFLOW}_1`;
  await registerTaskDefs(url, [taskDef(forkTaskName)]);
  const tasks = [
    {
      name: "fork",
      taskReferenceName: "fork",
      type: "FORK_JOIN_DYNAMIC",
      inputParameters: { forkTaskName, forkTaskInputs: "${workflow.input.items}" },
    },
    { name: "join", taskReferenceName: "join", type: "JOIN", joinOn: [] },
  ];
  await registerWorkflow(url, { name: WORKFLOW, tasks });
}

function runBranches({ url }: Peer, branches: number): Promise<ForkResult> {
  return runLoad("fork", { url, workflow: WORKFLOW, branches, ...SHAPE });
}

function reportFork(report: Report, branches: number, { firstTaskMs, endMs }: ForkResult): void {
  const what = `${branches.toLocaleString("en")} branches`;
  report.figure(`${what}: first task handed out after`, firstTaskMs, "ms");
  report.figure(`${what}: time per branch`, (endMs * 1_000) / branches, "µs");
}
