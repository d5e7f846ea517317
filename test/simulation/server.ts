import { decide } from "@ostinato/core";

import { createEngine } from "../../server/src/engine/create-engine.ts";
import { DefinitionRegistry } from "../../server/src/engine/definitions.ts";
import { DEFAULT_LIMITS, NO_METRICS, type EngineLimits } from "../../server/src/engine/deps.ts";
import type { Engine } from "../../server/src/engine/engine.ts";
import { createExecutionReader } from "../../server/src/service/execution-reader.ts";
import type { Store } from "../../server/src/store/store.ts";
import type { Coverage } from "./coverage.ts";
import { faultyStore, type FaultProfile } from "./faults.ts";
import type { Handouts } from "./handouts.ts";
import type { Oracle } from "./oracle.ts";
import type { Random } from "./random.ts";
import type { Schedule } from "./schedule.ts";

export interface ServerPorts {
  readonly schedule: Schedule;
  readonly random: Random;
  readonly oracle: Oracle;
  readonly handouts: Handouts;
  readonly countClaimed: (limitName: string) => number;
  readonly coverage: Coverage;
  readonly profile: () => FaultProfile;
  readonly limits: Partial<EngineLimits>;
}

const PAYLOADS = {
  workflowInputBytesMax: 5_000_000,
  workflowOutputBytesMax: 5_000_000,
  taskInputBytesMax: 3_000_000,
  taskOutputBytesMax: 3_000_000,
  variablesBytesMax: 256_000,
};

/** A clock of one process: once that is dead, nothing of it happens any more. */
export interface MortalClock {
  readonly now: () => number;
  readonly setTimer: (at: number, callback: () => void) => () => void;
  readonly kill: () => void;
}

export function mortalClock(schedule: Schedule): MortalClock {
  let isAlive = true;
  return {
    now: schedule.now,
    setTimer: (at, callback) =>
      schedule.setTimer(at, () => {
        if (isAlive) callback();
      }),
    kill: () => {
      isAlive = false;
    },
  };
}

/** An engine on the store, as the server's composition root makes one. */
export async function startEngine(
  disk: Store,
  clock: MortalClock,
  ports: ServerPorts,
): Promise<Engine> {
  const { random, oracle, coverage } = ports;
  const store = faultyStore(disk, { ...ports, clock });
  const definitions = new DefinitionRegistry(store);
  await definitions.load();
  const reader = createExecutionReader({ store, definitions, now: clock.now });
  const defect = (fields: object, message: string): void => {
    const { err } = fields as { readonly err?: { readonly stack?: string } };
    oracle.violate(`${message}: ${err?.stack ?? ""}`);
  };
  return createEngine({
    store,
    decide: (execution, commands, context) => {
      const result = decide(execution, commands, context);
      oracle.decided(execution, commands, result);
      return result;
    },
    definitions,
    clock,
    soon: (run) => {
      clock.setTimer(clock.now(), run);
    },
    randomBytes: (count) => random.bytes(count),
    evaluate: () => Promise.reject(new Error("no evaluator yet")),
    renderWorkflow: (workflowId) => reader.workflowText(workflowId, { includeTasks: true }),
    environment: () => undefined,
    workflowEnv: () => undefined,
    serverOffsetMs: () => 0,
    payloadLimits: PAYLOADS,
    limits: { ...DEFAULT_LIMITS, ...ports.limits },
    log: {
      error: defect,
      warn: (_fields, message) => {
        coverage.hit(`warning:${message}`);
      },
      info: () => undefined,
    },
    metrics: {
      ...NO_METRICS,
      decided: (type, answer) => {
        coverage.hit(`command:${type}${answer === "accept" ? "" : "!"}`);
      },
      conflict: () => {
        coverage.hit("engine:conflict");
      },
      batch: (commands, executions) => {
        coverage.hit("engine:batch");
        if (commands > executions) coverage.hit("engine:several commands of one execution");
        if (executions > 1) coverage.hit("engine:several executions");
      },
    },
  });
}
