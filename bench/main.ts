/** `npm run bench`: measures the server against its goals. See README.md. */
import type { Benchmark } from "./benchmark.ts";
import { beside, fork } from "./benchmarks/fork.ts";
import { deadlines, idle } from "./benchmarks/idle.ts";
import { latency } from "./benchmarks/latency.ts";
import { openExecutions } from "./benchmarks/open-executions.ts";
import { throughput } from "./benchmarks/throughput.ts";
import { readOptions, USAGE } from "./options.ts";
import { Report } from "./report.ts";

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  throughput,
  latency,
  fork,
  beside,
  open: openExecutions,
  idle,
  deadlines,
};

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const names = options.names.length === 0 ? Object.keys(BENCHMARKS) : options.names;
  const report = new Report();
  for (const name of names) {
    const benchmark = BENCHMARKS[name];
    if (benchmark === undefined) throw new Error(`there is no benchmark ${name}`);
    report.heading(`${name}: ${benchmark.about}`);
    await benchmark.run(options, report);
  }
  if (report.missed.length > 0) console.log(`\nMissed: ${report.missed.join("; ")}`);
}

try {
  await main();
} catch (error) {
  const names = Object.entries(BENCHMARKS).map(
    ([name, { about }]) => `  ${name.padEnd(17)}${about}`,
  );
  console.error(
    [error instanceof Error ? error.message : String(error), "", USAGE, ...names].join("\n"),
  );
  process.exitCode = 1;
}
