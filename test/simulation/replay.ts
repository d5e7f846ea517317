/** Plays one seed and tells what happened, or so many from one on: `node test/simulation/replay.ts SEED [COUNT]`. */
import { Coverage } from "./coverage.ts";
import { SimulatedDisk } from "./database.ts";
import { runSeed } from "./run.ts";

const [seed = 1, count = 1] = process.argv.slice(2).map(Number);
const disk = new SimulatedDisk();
const all = new Coverage();
const startedAt = performance.now();
const cpuBefore = process.cpuUsage();
let executed = 0;
for (let n = seed; n < seed + count; n++) {
  const { hash, violations, trace, coverage, executions, steps } = await runSeed(n, disk);
  all.add(coverage);
  executed += executions;
  if (count === 1) console.log([describeDefinitions(), ...trace].join("\n"));
  const outcome = violations.length === 0 ? "ok" : "FAILED";
  console.log(`seed ${n}: ${outcome}, ${executions} executions, ${steps} steps, history ${hash}`);
  for (const violation of violations) console.log(`  ${violation}`);
}
const seconds = (performance.now() - startedAt) / 1_000;
const cpuSeconds = process.cpuUsage(cpuBefore).user / 1_000_000;
const commands = all.sum("command:");
const attempts = all.sum("type:") / executed;
console.log(all.table());
console.log(
  `${commands} commands in ${seconds.toFixed(1)} s: ${Math.round(commands / seconds)}/s ` +
    `(${Math.round(commands / cpuSeconds)} per second of CPU); ` +
    `${executed} executions with ${attempts.toFixed(1)} attempts each`,
);

function describeDefinitions(): string {
  const sql = "SELECT text FROM task_def UNION ALL SELECT text FROM workflow_def";
  const rows = disk.database.prepare(sql).all();
  return rows.map((row) => String(row["text"])).join("\n");
}
