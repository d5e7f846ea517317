import { isTerminalWorkflow, type Decision, type ExternalCommand } from "@ostinato/core";

import { DOMAINS } from "./task-defs.ts";
import { isExpected, type World } from "./world.ts";

const OPERATIONS = {
  pause: 8,
  resume: 10,
  terminate: 4,
  retry: 12,
  restart: 4,
  remove: 1.5,
  decide: 6,
  resetCallbacks: 4,
  requeue: 4,
  byReference: 2,
};

/** Those who start executions. A start that is not heard of is tried again if it has a key. */
export async function startExecutions(world: World, count: number): Promise<void> {
  const { random, schedule } = world;
  const isGradual = random.chance(0.5);
  for (let n = 0; n < count; n++) {
    world.spawn(startOne(world));
    if (isGradual && random.chance(0.5)) await schedule.sleep(random.int(0, 10_000));
  }
}

async function startOne(world: World): Promise<void> {
  const { random, schedule, oracle, coverage } = world;
  const command = aStart(world);
  for (let tries = 0; tries < 3; tries++) {
    try {
      const { workflowId, decision } = await world.call((engine) => engine.start(command));
      coverage.hit(`start:${decision.type}`);
      const isThere = oracle.executions.has(workflowId) || oracle.removed.has(workflowId);
      if (decision.type === "accept" && !isThere) {
        oracle.violate(`the start of ${workflowId} was acknowledged, but it is not there`);
      }
      return;
    } catch (error) {
      if (!isExpected(error)) throw error;
      coverage.hit("start:not heard of");
      await schedule.sleep(random.int(100, 5_000));
    }
  }
}

function aStart({ random, workflowNames }: World): Extract<ExternalCommand, { type: "start-workflow" }> {
  const domain = random.pick(DOMAINS);
  return {
    type: "start-workflow",
    name: random.pick(workflowNames),
    input: JSON.stringify({ a: random.pick(["x", "y", "z"]), b: random.int(0, 9) }),
    priority: random.int(0, 99),
    taskToDomain: random.chance(0.2)
      ? random.pick([{ "*": domain }, { t0: `${domain},NO_DOMAIN` }, { t1: "d1,d2" }])
      : {},
    ...(random.chance(0.3) ? { correlationId: "together" } : {}),
    ...(random.chance(0.25)
      ? {
          idempotency: {
            key: random.pick(["k1", "k2"]),
            strategy: random.pick(["FAIL", "RETURN_EXISTING", "FAIL_ON_RUNNING"]),
          },
        }
      : {}),
  };
}

/** Somebody who does what comes to mind to executions, until the storm is over. */
export async function operate(world: World): Promise<void> {
  const { random, schedule, oracle } = world;
  const pace = random.pick([500, 3_000, 20_000]);
  while (world.phase === "storm") {
    await schedule.sleep(random.int(0, pace));
    const ids = [...oracle.executions.keys()];
    if (ids.length === 0) continue;
    const workflowId = random.pick(ids);
    const command = someOperation(world, workflowId);
    try {
      check(world, workflowId, command, await world.submit(workflowId, command));
    } catch (error) {
      if (!isExpected(error)) throw error;
    }
  }
}

function check(
  { oracle }: World,
  ...[workflowId, command, decision]: [string, ExternalCommand, Decision]
): void {
  if (decision.type !== "accept") return;
  const execution = oracle.executions.get(workflowId);
  if (command.type === "remove-workflow" && execution !== undefined) {
    oracle.violate(`the removal of ${workflowId} was acknowledged, but it is there`);
  }
  if (command.type !== "terminate-workflow" || execution === undefined) return;
  if (isTerminalWorkflow(execution.workflow.status) || oracle.revived.has(workflowId)) return;
  oracle.violate(`the termination of ${workflowId} was acknowledged, but it is open`);
}

function someOperation({ random, oracle }: World, workflowId: string): ExternalCommand {
  const tasks = [...(oracle.executions.get(workflowId)?.tasks.values() ?? [])];
  switch (random.weighted(OPERATIONS)) {
    case "pause":
      return { type: "pause-workflow" };
    case "resume":
      return { type: "resume-workflow" };
    case "terminate":
      return { type: "terminate-workflow", ...(random.chance(0.5) ? { reason: "enough" } : {}) };
    case "retry":
      return { type: "retry-workflow" };
    case "restart":
      return { type: "restart-workflow", useLatestDefinitions: random.chance(0.5) };
    case "remove":
      return { type: "remove-workflow", archive: random.chance(0.5) };
    case "decide":
      return { type: "continue" };
    case "resetCallbacks":
      return { type: "reset-callbacks" };
    case "requeue":
      return { type: "requeue-tasks", taskIds: tasks.map(({ taskId }) => taskId) };
    case "byReference": {
      const ref = tasks.length === 0 ? "r1" : random.pick(tasks).referenceTaskName;
      const outputData = '{"pick":"x"}';
      return {
        type: "update-task-by-ref",
        ref,
        status: random.pick(["COMPLETED", "FAILED"]),
        outputData,
        clearWorkerId: true,
        logs: [],
      };
    }
  }
}

/** The power fails, or the servers are stopped and started again, a few times. */
export async function interrupt(world: World): Promise<void> {
  const { random, schedule } = world;
  for (let times = random.pick([0, 0, 1, 1, 2, 4]); times > 0; times--) {
    await schedule.sleep(random.int(0, 40_000));
    if (world.phase !== "storm") return;
    if (random.chance(0.75)) world.losePower();
    else await world.shutDown();
    await schedule.sleep(random.pick([0, 10, 5_000, 45_000]));
    await world.start();
  }
}
