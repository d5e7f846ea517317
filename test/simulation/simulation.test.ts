/**
 * The simulation: the real engine, core and SQLite adapter, with everything that is left to chance drawn from one seed.
 *
 *     seed ─► Random ─► Schedule (time, and the order of whatever happens)
 *                         │
 *       callers, workers, operators ──► Engine ──► FaultyStore ──► SqliteStore ──► SimulatedDisk
 *       (operators.ts, workers.ts)        │         (faults.ts: slow,    (its indexes   (database.ts: what
 *                                         ▼          away, conflicts,     die with       survives a loss
 *                                    core `decide`   loads in parts)      the power)     of power)
 *                                         │             │
 *                                         └──► Oracle ◄─┘ judges every decision, commit and claim (oracle.ts,
 *                                                         recount.ts, handouts.ts), and the end (ending.ts)
 *
 * A run (run.ts) makes random definitions (workflow-defs.ts, dynamic-forks.ts, task-defs.ts), lets them run through a
 * storm in which everything may fail, then through a calm in which workers finish all there is. At its end every
 * execution is over or waits for somebody who paused it, nothing is stuck, and what is stored is what was committed.
 *
 * `SIMULATION_SEED` plays from that seed on, `SIMULATION_SECONDS` is the budget; `replay.ts` shows one run in detail.
 */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Coverage } from "./coverage.ts";
import { SimulatedDisk } from "./database.ts";
import { runSeed, type RunReport } from "./run.ts";

const env = process.env;
const isFull = env["TEST_FULL"] !== undefined;
const BUDGET_MS = 1_000 * Number(env["SIMULATION_SECONDS"] ?? 20);
const EXECUTIONS_FULL = 1_000_000;
const FIRST_SEED = Number(env["SIMULATION_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
/** What has to happen, however the seeds fall; the rest of the table is for the reader. */
const EXPECTED = [
  ...["start-workflow", "update-task", "update-task-by-ref", "extend-lease", "task-deadline"],
  ...["workflow-deadline", "pause-workflow", "resume-workflow", "terminate-workflow"],
  ...["restart-workflow", "retry-workflow", "reset-callbacks", "requeue-tasks", "remove-workflow"],
  ...["continue", "start-child", "child-started", "child-ended", "terminate-child"],
  ...["start-failure-workflow", "revive-ancestor", "retry-child"],
].map((type) => `command:${type}`);
const EXPECTED_TYPES = [
  ...["SWITCH", "FORK", "JOIN", "SUB_WORKFLOW", "SET_VARIABLE", "TERMINATE", "NOOP", "WAIT", "MIX"],
].map((type) => `type:${type}`);
const EXPECTED_FAULTS = [
  ...["fault:slow", "fault:conflict", "fault:partial", "fault:commit", "fault:claim"],
  ...["power:lost", "power:shut down", "power:two servers", "lookup:tasks", "lookup:refs"],
];

function check({ seed, violations }: RunReport): void {
  const replay = `node test/simulation/replay.ts ${seed}`;
  assert.equal(violations.length, 0, `seed ${seed}: ${violations.join("\n")}\nReplay: ${replay}`);
}

test("the same seed gives the same history", async () => {
  const disk = new SimulatedDisk();
  for (let seed = 1; seed <= 10; seed++) {
    const { hash } = await runSeed(seed, disk);
    const again = await runSeed(seed, new SimulatedDisk());
    assert.equal(again.hash, hash, `seed ${seed}`);
  }
});

test("nothing is lost, stuck or done twice, whatever fails", async (t) => {
  const disk = new SimulatedDisk();
  const coverage = new Coverage();
  const startedAt = performance.now();
  let executions = 0;
  let seed = FIRST_SEED;
  const isEnough = (): boolean =>
    isFull ? executions >= EXECUTIONS_FULL : performance.now() - startedAt > BUDGET_MS;
  while (!isEnough()) {
    const report = await runSeed(seed, disk);
    check(report);
    coverage.add(report.coverage);
    executions += report.executions;
    seed++;
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const perSecond = Math.round(coverage.sum("command:") / seconds);
  const attempts = (coverage.sum("type:") / executions).toFixed(1);
  t.diagnostic(`seeds ${FIRST_SEED} to ${seed - 1}, ${executions} executions of ${attempts} attempts`);
  t.diagnostic(`${perSecond} commands a second`);
  for (const line of coverage.table().split("\n")) t.diagnostic(line);
  if (seed - FIRST_SEED < SEEDS_FOR_COVERAGE) return;
  for (const feature of [...EXPECTED, ...EXPECTED_TYPES, ...EXPECTED_FAULTS]) {
    assert.ok(coverage.counts.has(feature), `nothing has exercised ${feature}`);
  }
});

/** From so many seeds on, chance has had its chance. */
const SEEDS_FOR_COVERAGE = 150;
