import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

import type { LoadMessage, LoadOrder, Result, ScenarioName, Settings } from "./scenarios.ts";
import type { Marks } from "./scenario.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

export interface LoadOptions extends Partial<Marks> {
  /** Aborted: the scenario comes to its end, and its result is what there is. */
  readonly stop?: AbortSignal;
}

/**
 * Plays a scenario in a process of its own.
 * @param options - `begin` and `end` are called when the measured part begins and ends
 * @throws Error when the generator gives up; it has said why
 */
export function runLoad<Name extends ScenarioName>(
  scenario: Name,
  settings: Settings<Name>,
  options: LoadOptions = {},
): Promise<Result<Name>> {
  const child = fork(MAIN, { execArgv: ["--disable-warning=ExperimentalWarning"] });
  return new Promise((resolve, reject) => {
    child.on("message", (received) => {
      const message = received as LoadMessage;
      if (message.type === "result") resolve(message.result as Result<Name>);
      else options[message.type]?.();
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the load generator ended with status ${code}`)));
    options.stop?.addEventListener("abort", () => child.send("stop"), { once: true });
    child.send({ scenario, settings } satisfies LoadOrder<Name>);
  });
}
