/** Plays one seed, or several from one on, and tells what happened: `node test/simulation/replay.ts SEED [COUNT]`. */
import { SimulatedDisk } from "./database.ts";
import { runSeed } from "./run.ts";

const [seed = 1, count = 1] = process.argv.slice(2).map(Number);
const disk = new SimulatedDisk();
const startedAt = performance.now();
const cpuBefore = process.cpuUsage();
let commands = 0;
let executed = 0;
let tasks = 0;
for (let n = seed; n < seed + count; n++) {
  const { hash, violations, trace, coverage, executions, steps } = await runSeed(n, disk);
  commands += coverage.sum("command:");
  tasks += coverage.sum("type:");
  executed += executions;
  const outcome = violations.length === 0 ? "ok" : "FAILED";
  console.log(`seed ${n}: ${outcome}, ${executions} executions, ${steps} steps, history ${hash}`);
  if (count === 1) console.log([describeDefinitions(), ...trace, coverage.table()].join("\n"));
  for (const violation of violations) console.log(`  ${violation}`);
}
const seconds = (performance.now() - startedAt) / 1_000;
const cpuSeconds = process.cpuUsage(cpuBefore).user / 1_000_000;
console.log(
  `${commands} commands in ${seconds.toFixed(1)} s: ${Math.round(commands / seconds)}/s ` +
    `(${Math.round(commands / cpuSeconds)} per second of CPU); ` +
    `${executed} executions with ${(tasks / executed).toFixed(1)} attempts each`,
);

function describeDefinitions(): string {
  const sql = "SELECT text FROM task_def UNION ALL SELECT text FROM workflow_def";
  return disk.database.prepare(sql).all().map((row) => String(row["text"])).join("\n");
}
