import type { Benchmark } from "../benchmark.ts";
import { registerTaskDefs, registerWorkflow, simpleTask, taskDef } from "../definitions.ts";
import { runLoad } from "../load/run-load.ts";
import { quantile } from "../load/scenario.ts";
import { startOstinato } from "../peers/ostinato.ts";
import { withPeer } from "../peers/peer.ts";
import { cpuSecondsOf } from "../process-usage.ts";

const POLLS = { types: 50, pollersPerType: 24, timeoutMs: 5_000 } as const;
const CPU_PERCENT_MAX = 3;
const LATE_MS_MAX = 20;
const WAITS = 200;
const WAIT_SECONDS = 2;

export const idle: Benchmark = {
  about: "CPU of the server while 24 long pollers wait on each of 50 idle task types",
  async run({ warmupMs, measureMs, server }, report) {
    await withPeer(startOstinato(server), async ({ url, pid }) => {
      const cpu = { before: 0, after: 0 };
      const settings = { url, ...POLLS, warmupMs, measureMs };
      const { seconds, polls } = await runLoad("idle", settings, {
        begin: () => {
          cpu.before = cpuSecondsOf(pid);
        },
        end: () => {
          cpu.after = cpuSecondsOf(pid);
        },
      });
      const used = cpu.after - cpu.before;
      report.figure("polls answered", polls / seconds, "/s");
      report.figure("CPU of the server per poll", (used * 1e6) / polls, "µs");
      report.goal({
        name: "CPU of the server",
        value: (100 * used) / seconds,
        unit: "% of a core",
        atMost: CPU_PERCENT_MAX,
      });
    });
  },
};

export const deadlines: Benchmark = {
  about: "how late tasks behind a wait reach a waiting worker, server idle",
  async run({ server }, report) {
    await withPeer(startOstinato(server), async ({ url }) => {
      const workflow = "bench_wait";
      const type = `${workflow}_1`;
      await registerTaskDefs(url, [taskDef(type)]);
      const wait = {
        name: "wait",
        taskReferenceName: "wait",
        type: "WAIT",
        inputParameters: { duration: `${WAIT_SECONDS} s` },
      };
      await registerWorkflow(url, { name: workflow, tasks: [wait, simpleTask(type, {})] });
      const settings = { url, workflow, waitMs: WAIT_SECONDS * 1_000 };
      await runLoad("deadlines", { ...settings, count: WAITS / 4 });
      const late = await runLoad("deadlines", { ...settings, count: WAITS });
      report.figure("lateness, hand-out included: p50", quantile(late, 0.5), "ms");
      report.goal({
        name: "lateness, hand-out included: p99",
        value: quantile(late, 0.99),
        unit: "ms",
        atMost: LATE_MS_MAX,
      });
    });
  },
};
