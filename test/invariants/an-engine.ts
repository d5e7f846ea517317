import { decide, decode, type Json, taskDefDecoder, workflowDefDecoder } from "@ostinato/core";

import { DefinitionRegistry } from "../../server/src/engine/definitions.ts";
import {
  anEngine,
  aStart,
  type EngineBed,
  type EngineOptions,
  openTestStore,
} from "../../server/src/engine/testing/an-engine.ts";
import { FakeClock } from "../../server/src/engine/testing/fake-clock.ts";
import type { Store } from "../../server/src/store/store.ts";

/** The real engine with the real core and store, on a clock that tests move. */
export interface CoreBed extends AsyncDisposable {
  readonly engine: EngineBed["engine"];
  readonly store: Store;
  readonly clock: FakeClock;
  /** Starts an execution of this definition. @returns its id */
  start(definition: Json, input?: Json): Promise<string>;
  /** What is stored of it: the workflow's status and its tasks' ones, in their order. */
  statusesOf(workflowId: string): Promise<string[]>;
}

export async function anEngineWithCore(
  taskDefs: readonly Json[],
  options: Pick<EngineOptions, "storeChanges" | "store" | "clock"> = {},
): Promise<CoreBed> {
  const clock = options.clock ?? new FakeClock();
  const store = options.store ?? (await openTestStore(clock));
  if (taskDefs.length > 0) {
    await store.putTaskDefs(taskDefs.map((json) => decode(taskDefDecoder, json)));
  }
  const definitions = new DefinitionRegistry(store);
  await definitions.load();
  const bed = await anEngine({ ...options, clock, store, deps: { decide, definitions } });
  const { engine } = bed;
  return {
    engine,
    store,
    clock,
    async start(definition, input = {}) {
      const workflowDef = decode(workflowDefDecoder, definition);
      const name = workflowDef.name ?? "";
      const text = JSON.stringify(input);
      const { workflowId } = await engine.start(aStart({ name, workflowDef, input: text }));
      return workflowId;
    },
    async statusesOf(workflowId) {
      const workflow = await store.findWorkflow(workflowId);
      const { tasks } = await store.listTasks(workflowId);
      return [workflow?.workflow.status ?? "none", ...tasks.map(({ task }) => task.status)];
    },
    async [Symbol.asyncDispose]() {
      await engine.close();
      if (options.store === undefined) await store.close();
    },
  };
}
