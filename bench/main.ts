/** `npm run bench`: measures the server against its goals. See README.md. */
import { BENCHMARKS } from "./benchmarks/benchmarks.ts";
import { readOptions, USAGE } from "./options.ts";
import { Report } from "./report.ts";

async function main(): Promise<void> {
  if (process.argv.includes("--help")) {
    console.log(usage());
    return;
  }
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

function usage(): string {
  const names = Object.entries(BENCHMARKS).map(
    ([name, { about }]) => `  ${name.padEnd(17)}${about}`,
  );
  return [USAGE, "names:", ...names].join("\n");
}

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
