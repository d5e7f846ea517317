import type { Coverage } from "./coverage.ts";
import type { SimulatedDisk } from "./database.ts";
import { checkEnding, unfinished } from "./ending.ts";
import { interrupt, operate, startExecutions } from "./operators.ts";
import { isExpected, World } from "./world.ts";
import { Workers } from "./workers.ts";

export interface RunReport {
  readonly seed: number;
  /** Of all that happened, in order. */
  readonly hash: string;
  readonly coverage: Coverage;
  readonly executions: number;
  readonly steps: number;
  /** Empty: everything held. */
  readonly violations: readonly string[];
  /** The last things that happened. */
  readonly trace: readonly string[];
}

const STEPS_MAX = 200_000;
/** In the calm, so long after the storm, a deadline is dealt with within `OVERDUE_MS`. */
const AFTERMATH_MS = 60_000;
const OVERDUE_MS = 3_000;
const LATE_MS = 120_000;
const SETTLE_MS_MAX = 7 * 24 * 3_600_000;

/** One run from one seed. */
export async function runSeed(seed: number, disk: SimulatedDisk): Promise<RunReport> {
  const world = new World(seed, disk);
  const { schedule, oracle, coverage } = world;
  world.spawn(play(world));
  await schedule.run(STEPS_MAX);
  if (!world.isOver && oracle.violations.length === 0) {
    const left = unfinished(world).map(({ workflow }) => workflow.workflowId).join(", ");
    oracle.violate(`it never came to rest: ${left}; ${disk.describeQueues()}`);
  }
  world.isOver = true;
  return {
    seed,
    hash: oracle.hash,
    coverage,
    executions: oracle.executions.size + oracle.removed.size,
    steps: schedule.steps,
    violations: oracle.violations,
    trace: oracle.trace,
  };
}

async function play(world: World): Promise<void> {
  const { random, schedule } = world;
  await world.begin();
  const workers = new Workers(world);
  workers.start(random.int(1, 4));
  world.spawn(startExecutions(world, random.pick([2, 5, 10, 30])));
  world.spawn(operate(world));
  const interrupted = interrupt(world);
  await schedule.sleep(random.pick([5_000, 30_000, 120_000]));
  world.phase = "calm";
  await interrupted;
  await comeToRest(world, workers);
  await checkEnding(world);
  world.isOver = true;
  schedule.stop();
}

/** Nothing fails any more and workers finish all there is; some of what is paused goes on. */
async function comeToRest(world: World, workers: Workers): Promise<void> {
  const { random, schedule, oracle, disk } = world;
  for (const { workflow } of [...oracle.executions.values()]) {
    if (workflow.status !== "PAUSED" || random.chance(0.3)) continue;
    await world.submit(workflow.workflowId, { type: "resume-workflow" }).catch((error: unknown) => {
      if (!isExpected(error)) throw error;
    });
  }
  const calmSince = schedule.now();
  const giveUpAt = calmSince + SETTLE_MS_MAX;
  for (let pause = 500; schedule.now() < giveUpAt; pause = Math.min(2 * pause, 120_000)) {
    await schedule.sleep(pause);
    await workers.finishAll();
    const overdue = disk.countOverdue(schedule.now() - OVERDUE_MS);
    if (overdue > 0 && schedule.now() > calmSince + AFTERMATH_MS) {
      oracle.violate(`${overdue} deadlines have not been dealt with`);
    }
    if (unfinished(world).length > 0) continue;
    // What was still on its way comes late, and must not change anything.
    await schedule.sleep(LATE_MS);
    if (unfinished(world).length === 0) return;
  }
}
