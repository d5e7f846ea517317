import {
  decode,
  validateWorkflowDef,
  workflowDefDecoder,
  type JsonObject,
  type WorkflowDef,
} from "@ostinato/core";

import { someDynamicFork } from "./dynamic-forks.ts";
import {
  aLeaf,
  aSimple,
  LEAVES,
  named,
  someJoinManners,
  someManners,
  someValue,
  type Making,
} from "./leaves.ts";
import type { Random } from "./random.ts";
import { DOMAINS, TASK_NAMES } from "./task-defs.ts";

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

const ALL = { ...LEAVES, switch: 9, fork: 10, dynamic: 7, child: 9, inline: 2 };
const NO_NESTING: Weights = { ...LEAVES, switch: 0, fork: 0, dynamic: 0, child: 0, inline: 0 };
const DEPTH_MAX = 3;

type Weights = Readonly<Record<keyof typeof ALL, number>>;

function someEntry(making: Making, depth: number): JsonObject[] {
  const { random } = making;
  making.left--;
  const isLeaf = depth >= DEPTH_MAX || making.left <= 0;
  const weights: Weights = {
    ...(isLeaf ? NO_NESTING : ALL),
    ...(depth > 0 ? { terminate: 2 } : {}),
  };
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
