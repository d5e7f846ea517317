import {
  decode,
  taskDefDecoder,
  validateTaskDef,
  type JsonObject,
  type TaskDef,
} from "@ostinato/core";

import type { Random } from "./random.ts";

/** Names of worker tasks; those that `someTaskDefs` leaves out have no definition. */
export const TASK_NAMES: readonly string[] = ["t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"];
/** Types that nobody knows: workers poll them all the same. */
export const UNKNOWN_TYPES: readonly string[] = ["MIX", "BLEND"];
export const DOMAINS: readonly string[] = ["d1", "d2"];

/** How the task types of this run meet failure; hardly any two runs agree. */
export function someTaskDefs(random: Random): TaskDef[] {
  const named = [...TASK_NAMES.slice(0, -1), ...UNKNOWN_TYPES].filter(() => random.chance(0.85));
  const taskDefs = named.map((name) => decode(taskDefDecoder, someTaskDef(random, name)));
  for (const taskDef of taskDefs) {
    const [violation] = validateTaskDef(taskDef, { ownerEmailMandatory: false });
    if (violation !== undefined) throw new Error(`a bad task definition: ${violation.message}`);
  }
  return taskDefs;
}

function someTaskDef(random: Random, name: string): JsonObject {
  const responseTimeoutSeconds = random.pick([1, 5, 10, 60, 600]);
  const timeoutSeconds = random.chance(0.4) ? responseTimeoutSeconds + random.int(0, 60) : 0;
  return {
    name,
    retryCount: random.int(0, 3),
    retryLogic: random.pick(["FIXED", "EXPONENTIAL_BACKOFF", "LINEAR_BACKOFF"]),
    retryDelaySeconds: random.pick([0, 0, 1, 5, 60]),
    backoffScaleFactor: random.int(1, 3),
    responseTimeoutSeconds,
    timeoutSeconds,
    timeoutPolicy: random.pick(["RETRY", "RETRY", "TIME_OUT_WF", "ALERT_ONLY"]),
    ...(random.chance(0.3) ? { maxRetryDelaySeconds: random.int(1, 20) } : {}),
    ...(random.chance(0.3) ? { backoffJitterMs: random.int(1, 2_000) } : {}),
    ...(random.chance(0.2) ? { pollTimeoutSeconds: random.int(1, 60) } : {}),
    ...(random.chance(0.15) ? { totalTimeoutSeconds: timeoutSeconds + random.int(5, 120) } : {}),
    ...someLimits(random),
  };
}

function someLimits(random: Random): JsonObject {
  return {
    ...(random.chance(0.25) ? { concurrentExecLimit: random.int(1, 2) } : {}),
    ...(random.chance(0.2)
      ? { rateLimitPerFrequency: random.int(1, 3), rateLimitFrequencyInSeconds: random.int(1, 10) }
      : {}),
  };
}
