import type { JsonObject } from "@ostinato/core";

import type { Random } from "./random.ts";
import { TASK_NAMES, UNKNOWN_TYPES } from "./task-defs.ts";

/** What the entries of one definition are made with. */
export interface Making {
  readonly random: Random;
  /** Registered definitions that may be children: only earlier ones, so that there is no circle. */
  readonly children: readonly string[];
  /** How many entries there may still be. */
  left: number;
  refs: number;
  /** Refs of worker tasks so far: later inputs name them. */
  readonly workers: string[];
}

export function aRef(making: Making): string {
  making.refs++;
  return `r${making.refs}`;
}

/** Kinds of entries that hold no others, and how often each comes. */
export const LEAVES = { simple: 60, unknown: 6, variable: 5, wait: 5, noop: 4, terminate: 0 };

export function aLeaf(making: Making, kind: keyof typeof LEAVES): JsonObject {
  const { random } = making;
  switch (kind) {
    case "simple":
      return aSimple(making);
    case "unknown": {
      const type = random.pick(UNKNOWN_TYPES);
      return { ...named(making, type), type, ...someManners(random) };
    }
    case "variable":
      return {
        ...named(making, "set"),
        type: "SET_VARIABLE",
        inputParameters: { v: someValue(making) },
      };
    case "noop":
      return { ...named(making, "noop"), type: "NOOP" };
    case "wait":
      return { ...named(making, "wait"), type: "WAIT", inputParameters: someTime(random) };
    case "terminate": {
      const terminationStatus = random.pick(["COMPLETED", "FAILED", "TERMINATED"]);
      const inputParameters = { terminationStatus, workflowOutput: { why: someValue(making) } };
      return { ...named(making, "stop"), type: "TERMINATE", inputParameters };
    }
  }
}

export function aSimple(making: Making): JsonObject {
  const { random } = making;
  const entry = named(making, random.pick(TASK_NAMES));
  const inputParameters = random.chance(0.5)
    ? { a: someValue(making), b: "${workflow.input.b}" }
    : {};
  making.workers.push(entry.taskReferenceName);
  return { ...entry, type: "SIMPLE", inputParameters, ...someManners(random) };
}

export function named(
  making: Making,
  name: string,
): JsonObject & { readonly taskReferenceName: string } {
  return { name, taskReferenceName: aRef(making) };
}

/** How an entry meets failure and delay. */
export function someManners(random: Random): JsonObject {
  return {
    ...(random.chance(0.12) ? { optional: true } : {}),
    ...(random.chance(0.12) ? { permissive: true } : {}),
    ...(random.chance(0.1) ? { startDelay: random.int(1, 30) } : {}),
    ...(random.chance(0.1) ? { retryCount: random.int(0, 2) } : {}),
  };
}

export function someValue({ random, workers }: Making): string {
  if (workers.length === 0 || random.chance(0.3)) return "${workflow.input.a}";
  return `\${${random.pick(workers)}.output.pick}`;
}

function someTime(random: Random): JsonObject {
  switch (random.weighted({ duration: 6, until: 2, never: 1 })) {
    case "duration":
      return { duration: random.pick(["0 seconds", "1s", "30 seconds", "5m", "1 hour 2 minutes"]) };
    case "until":
      return { until: random.pick(["2026-09-21 14:00 UTC", "2026-09-21 15:30 UTC", "2026-09-01"]) };
    case "never":
      return {};
  }
}

export function someJoinManners(random: Random): JsonObject {
  return {
    ...(random.chance(0.1) ? { optional: true } : {}),
    ...(random.chance(0.1) ? { permissive: true } : {}),
  };
}
