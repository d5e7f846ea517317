import type { Marks } from "./scenario.ts";
import { runDeadlines } from "./deadlines.ts";
import { runFill } from "./fill.ts";
import { runFork } from "./fork.ts";
import { runIdle } from "./idle.ts";
import { runLatency } from "./latency.ts";
import { runThroughput } from "./throughput.ts";

/** All that the load generator can do, by name. */
export const SCENARIOS = {
  throughput: runThroughput,
  latency: runLatency,
  fork: runFork,
  idle: runIdle,
  deadlines: runDeadlines,
  fill: runFill,
};

export type ScenarioName = keyof typeof SCENARIOS;
export type Settings<Name extends ScenarioName> = Parameters<(typeof SCENARIOS)[Name]>[0];
export type Result<Name extends ScenarioName> = Awaited<ReturnType<(typeof SCENARIOS)[Name]>>;

/** To the generator's process. */
export interface LoadOrder<Name extends ScenarioName = ScenarioName> {
  readonly scenario: Name;
  readonly settings: Settings<Name>;
}

/** From the generator's process. */
export type LoadMessage =
  | { readonly type: keyof Marks }
  | { readonly type: "result"; readonly result: unknown };
