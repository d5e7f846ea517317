import {
  decode,
  validateWorkflowDef,
  workflowDefDecoder,
  type JsonObject,
  type WorkflowDef,
} from "@ostinato/core";

import { someDynamicFork } from "./dynamic-forks.ts";
import type { Random } from "./random.ts";
import { DOMAINS, TASK_NAMES, UNKNOWN_TYPES } from "./task-defs.ts";

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

const FAILURE_WORKFLOW = "on-failure";

/** The definitions of this run, children before their parents. */
export function someWorkflowDefs(random: Random): WorkflowDef[] {
  const defs = [aWorkflowDef(random, { name: FAILURE_WORKFLOW, children: [], entries: 2 })];
  const count = random.int(2, 4);
  for (let n = 0; n < count; n++) {
    const children = defs.slice(1).map(({ name = "" }) => name);
    defs.push(aWorkflowDef(random, { name: `w${n}`, children, entries: random.int(4, 20) }));
  }
  return defs;
}

function aWorkflowDef(
  random: Random,
  { name, children, entries }: { name: string; children: readonly string[]; entries: number },
): WorkflowDef {
  const making: Making = { random, children, left: entries, refs: 0, workers: [] };
  const tasks = someEntries(making, { min: entries > 2 ? 3 : 1, max: 8, depth: 0 });
  const def = decode(workflowDefDecoder, {
    name,
    version: 1,
    schemaVersion: 2,
    tasks,
    restartable: !random.chance(0.1),
    timeoutPolicy: random.pick(["TIME_OUT_WF", "ALERT_ONLY"]),
    timeoutSeconds: random.chance(0.2) ? random.int(20, 900) : 0,
    variables: { v: 0 },
    ...(random.chance(0.3) ? { outputParameters: { v: "${workflow.variables.v}" } } : {}),
    ...(random.chance(0.2) ? { inputTemplate: { b: "b" } } : {}),
    ...(name !== FAILURE_WORKFLOW && random.chance(0.3)
      ? { failureWorkflow: random.chance(0.9) ? FAILURE_WORKFLOW : "nobody" }
      : {}),
  });
  const rules = {
    findTaskDef: () => undefined,
    isEnvironmentName: () => false,
    ownerEmailMandatory: false,
    nameValidation: false,
  };
  const [violation] = validateWorkflowDef(def, rules);
  if (violation !== undefined) throw new Error(`a bad definition: ${violation.message}`);
  return def;
}

export function aRef(making: Making): string {
  making.refs++;
  return `r${making.refs}`;
}

/** Entries that follow each other; a fork brings its JOIN along. */
export function someEntries(
  making: Making,
  { min, max, depth }: { readonly min: number; readonly max: number; readonly depth: number },
): JsonObject[] {
  const entries: JsonObject[] = [];
  const count = making.random.int(min, max);
  for (let n = 0; n < count && (n < min || making.left > 0); n++) {
    entries.push(...someEntry(making, depth));
  }
  return entries;
}

const LEAVES = { simple: 60, unknown: 6, variable: 5, wait: 5, noop: 4, terminate: 0 };
const ALL = { ...LEAVES, switch: 9, fork: 10, dynamic: 7, child: 9, inline: 2 };
const NO_NESTING: Weights = { ...LEAVES, switch: 0, fork: 0, dynamic: 0, child: 0, inline: 0 };
const DEPTH_MAX = 3;

type Weights = Readonly<Record<keyof typeof ALL, number>>;

function someEntry(making: Making, depth: number): JsonObject[] {
  const { random } = making;
  making.left--;
  const isLeaf = depth >= DEPTH_MAX || making.left <= 0;
  const weights: Weights = { ...(isLeaf ? NO_NESTING : ALL), ...(depth > 0 ? { terminate: 2 } : {}) };
  const kind = random.weighted(weights);
  switch (kind) {
    case "switch":
      return [aSwitch(making, depth)];
    case "fork":
      return aFork(making, depth);
    case "dynamic":
      return someDynamicFork(making);
    case "child":
      return [making.children.length === 0 ? aSimple(making) : aChild(making)];
    case "inline":
      return [anInlineChild(making, depth)];
    default:
      return [aLeaf(making, kind)];
  }
}

function aLeaf(making: Making, kind: keyof typeof LEAVES): JsonObject {
  const { random } = making;
  switch (kind) {
    case "simple":
      return aSimple(making);
    case "unknown": {
      const type = random.pick(UNKNOWN_TYPES);
      return { ...named(making, type), type, ...someManners(random) };
    }
    case "variable":
      return { ...named(making, "set"), type: "SET_VARIABLE", inputParameters: { v: someValue(making) } };
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
  const inputParameters = random.chance(0.5) ? { a: someValue(making), b: "${workflow.input.b}" } : {};
  making.workers.push(String(entry["taskReferenceName"]));
  return { ...entry, type: "SIMPLE", inputParameters, ...someManners(random) };
}

function named(making: Making, name: string): JsonObject {
  return { name, taskReferenceName: aRef(making) };
}

/** How an entry meets failure and delay. */
function someManners(random: Random): JsonObject {
  return {
    ...(random.chance(0.12) ? { optional: true } : {}),
    ...(random.chance(0.12) ? { permissive: true } : {}),
    ...(random.chance(0.1) ? { startDelay: random.int(1, 30) } : {}),
    ...(random.chance(0.1) ? { retryCount: random.int(0, 2) } : {}),
  };
}

function someValue({ random, workers }: Making): string {
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

function aSwitch(making: Making, depth: number): JsonObject {
  const { random } = making;
  const entry = named(making, "choose");
  const inputParameters = { by: someValue(making) };
  const inside = { min: 0, max: 2, depth: depth + 1 };
  const cases = random.chance(0.5) ? ["x"] : ["x", "y"];
  return {
    ...entry,
    type: "SWITCH",
    evaluatorType: "value-param",
    expression: "by",
    inputParameters,
    decisionCases: Object.fromEntries(cases.map((name) => [name, someEntries(making, inside)])),
    defaultCase: random.chance(0.6) ? someEntries(making, inside) : [],
  };
}

function aFork(making: Making, depth: number): JsonObject[] {
  const { random } = making;
  const fork = { ...named(making, "fork"), type: "FORK_JOIN" };
  const count = random.int(1, 3);
  const forkTasks = Array.from({ length: count }, () =>
    someEntries(making, { min: 1, max: 3, depth: depth + 1 }),
  );
  const lasts = forkTasks.map((branch) => branch.at(-1)?.["taskReferenceName"] ?? "");
  const joinOn = random.chance(0.85) ? lasts : lasts.filter(() => random.chance(0.6));
  return [
    { ...fork, forkTasks },
    { ...named(making, "join"), type: "JOIN", joinOn, ...someJoinManners(random) },
  ];
}

export function someJoinManners(random: Random): JsonObject {
  return {
    ...(random.chance(0.1) ? { optional: true } : {}),
    ...(random.chance(0.1) ? { permissive: true } : {}),
  };
}

function aChild(making: Making): JsonObject {
  const { random, children } = making;
  const name = random.pick(children);
  const taskToDomain = random.chance(0.15) ? { "*": random.pick(DOMAINS) } : undefined;
  return {
    ...named(making, random.chance(0.3) ? random.pick(TASK_NAMES) : "child"),
    type: "SUB_WORKFLOW",
    inputParameters: { a: someValue(making), b: "${workflow.input.b}" },
    subWorkflowParam: {
      name,
      ...(random.chance(0.5) ? { version: 1 } : {}),
      ...(taskToDomain === undefined ? {} : { taskToDomain }),
    },
    ...someManners(random),
  };
}

function anInlineChild(making: Making, depth: number): JsonObject {
  const { random } = making;
  const entry = named(making, "inline");
  const own: Making = { ...making, workers: [], left: 3 };
  const tasks = someEntries(own, { min: 1, max: 2, depth: depth + 1 });
  making.refs = own.refs;
  const workflowDefinition = { name: "inline", version: 1, schemaVersion: 2, tasks };
  return {
    ...entry,
    type: "SUB_WORKFLOW",
    inputParameters: { a: "x" },
    subWorkflowParam: { name: "inline", workflowDefinition },
    ...someManners(random),
  };
}
