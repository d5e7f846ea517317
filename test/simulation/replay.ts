/** Plays one seed, or several from one on, and tells what happened: `node test/simulation/replay.ts SEED [COUNT]`. */
import { SimulatedDisk } from "./database.ts";
import { runSeed } from "./run.ts";

const [seed = 1, count = 1] = process.argv.slice(2).map(Number);
const disk = new SimulatedDisk();
for (let n = seed; n < seed + count; n++) {
  const { hash, violations, trace, coverage, executions, steps } = await runSeed(n, disk);
  const outcome = violations.length === 0 ? "ok" : "FAILED";
  console.log(`seed ${n}: ${outcome}, ${executions} executions, ${steps} steps, history ${hash}`);
  if (count === 1) console.log([describeDefinitions(), ...trace, coverage.table()].join("\n"));
  for (const violation of violations) console.log(`  ${violation}`);
}

function describeDefinitions(): string {
  const sql = "SELECT text FROM task_def UNION ALL SELECT text FROM workflow_def";
  return disk.database.prepare(sql).all().map((row) => String(row["text"])).join("\n");
}
