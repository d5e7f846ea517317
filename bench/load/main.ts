/** The load generator: a process of its own, started by `run-load.ts`, that plays one scenario and ends. */
import { type LoadMessage, type LoadOrder, type ScenarioName, SCENARIOS } from "./scenarios.ts";
import type { Control } from "./scenario.ts";

function tell(message: LoadMessage): Promise<void> {
  return new Promise((resolve) => process.send?.(message, () => resolve()));
}

async function play({ scenario, settings }: LoadOrder): Promise<void> {
  const control: Control = {
    begin: () => void tell({ type: "begin" }),
    end: () => void tell({ type: "end" }),
    stopped: new Promise((resolve) => {
      process.once("message", () => resolve());
    }),
  };
  const run = SCENARIOS[scenario] as (given: unknown, control: Control) => Promise<unknown>;
  await tell({ type: "result", result: await run(settings, control) });
  process.exit(0);
}

process.once("message", (order) => {
  play(order as LoadOrder<ScenarioName>).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  });
});
process.on("disconnect", () => process.exit(1));
