import { randomBytes } from "node:crypto";

import type { Decision, ExternalCommand, StartWorkflow } from "@ostinato/core";

import { openSqliteStore } from "../../store/sqlite/open-sqlite-store.ts";
import type { Store } from "../../store/store.ts";
import { afterThisTurn } from "../clock.ts";
import { decideCounter } from "./counter-machine.ts";
import { createEngine } from "../create-engine.ts";
import { DefinitionRegistry } from "../definitions.ts";
import { DEFAULT_LIMITS, NO_METRICS, type EngineDeps, type EngineLimits } from "../deps.ts";
import type { Engine } from "../engine.ts";
import { FakeClock } from "./fake-clock.ts";

/** An engine of counters on a real store, with what tests want to look at. For tests only. */
export interface EngineBed extends AsyncDisposable {
  readonly engine: Engine;
  readonly store: Store;
  readonly clock: FakeClock;
  /** Messages of everything logged as a warning or an error. */
  readonly logged: string[];
  /** How many groups each commit had. */
  readonly commits: number[];
  /** What the counter has counted so far, as it is stored. */
  stepsOf(workflowId: string): Promise<readonly string[]>;
  startCounter(command?: Partial<StartWorkflow>): Promise<string>;
  add(workflowId: string, ref: string, settle?: "consequences"): Promise<Decision>;
}

export interface EngineOptions {
  readonly clock?: FakeClock;
  /** A store that another engine has used before; else a new one in memory. */
  readonly store?: Store;
  readonly limits?: Partial<EngineLimits>;
  readonly deps?: Partial<EngineDeps>;
  /** Members of the store that behave differently. */
  readonly storeChanges?: (store: Store) => Partial<Store>;
}

export async function anEngine(options: EngineOptions = {}): Promise<EngineBed> {
  const clock = options.clock ?? new FakeClock();
  const real = options.store ?? (await openTestStore(clock));
  const commits: number[] = [];
  const counted = overlay(real, {
    commit: (groups) => {
      commits.push(groups.length);
      return real.commit(groups);
    },
  });
  const store = overlay(counted, options.storeChanges?.(counted) ?? {});
  const logged: string[] = [];
  const log = (_fields: object, message: string): void => {
    logged.push(message);
  };
  const engine = await createEngine({
    store,
    decide: decideCounter,
    definitions: new DefinitionRegistry(store),
    clock,
    soon: afterThisTurn,
    evaluate: () => Promise.reject(new Error("the counter evaluates nothing")),
    randomBytes,
    renderWorkflow: (workflowId) => Promise.resolve(`"${workflowId}"`),
    environment: () => undefined,
    workflowEnv: () => undefined,
    serverOffsetMs: () => 0,
    payloadLimits: NO_LIMITS,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    log: { error: log, warn: log, info: () => undefined },
    metrics: NO_METRICS,
    ...options.deps,
  });
  return {
    engine,
    store: real,
    clock,
    logged,
    commits,
    stepsOf: async (workflowId) =>
      (await real.findWorkflow(workflowId))?.data.failedTaskNames ?? [],
    startCounter: async (command = {}) => (await engine.start(aStart(command))).workflowId,
    add: (workflowId, ref, settle) => engine.submit(workflowId, anAdd(ref), settle),
    [Symbol.asyncDispose]: async () => {
      await engine.close();
      if (options.store === undefined) await real.close();
    },
  };
}

const NO_LIMITS: EngineDeps["payloadLimits"] = {
  workflowInputBytesMax: Infinity,
  workflowOutputBytesMax: Infinity,
  taskInputBytesMax: Infinity,
  taskOutputBytesMax: Infinity,
  variablesBytesMax: Infinity,
};

export function openTestStore(clock: FakeClock): Promise<Store> {
  return openSqliteStore({ file: ":memory:", clock });
}

export function aStart(command: Partial<StartWorkflow> = {}): StartWorkflow {
  return {
    type: "start-workflow",
    name: "counter",
    input: "{}",
    priority: 0,
    taskToDomain: {},
    ...command,
  };
}

export function anAdd(ref: string): ExternalCommand {
  return {
    type: "update-task-by-ref",
    ref,
    status: "COMPLETED",
    outputData: "{}",
    clearWorkerId: false,
    logs: [],
  };
}

export function aResult(taskId: string): ExternalCommand {
  return { type: "update-task", taskId, status: "COMPLETED", callbackAfterSeconds: 0, logs: [] };
}

/** The same store but for these members. */
function overlay(store: Store, changes: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(changes, name) ?? Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

/** Resolves once the claim holds; what it waits for happens within milliseconds, or never. */
export async function eventually(claim: () => Promise<boolean> | boolean): Promise<void> {
  for (let tries = 0; tries < EVENTUALLY_TRIES_MAX; tries++) {
    if (await claim()) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 1);
    });
  }
  throw new Error("it never came to pass");
}

const EVENTUALLY_TRIES_MAX = 3_000;
