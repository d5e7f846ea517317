import { once } from "node:events";

import { type Config, readConfig } from "../config.ts";
import { type RunningServer, startServer } from "../main.ts";
import { type Arguments, readArguments } from "../settings/arguments.ts";
import { SettingError } from "../settings/values.ts";
import { VERSION } from "../version.ts";
import { banner } from "./banner.ts";
import { helpText } from "./help.ts";

/**
 * Runs the server until it is asked to stop (SIGTERM, SIGINT), or does one of the other actions.
 * @returns the exit status: 1 when the settings cannot be used or the server cannot start, after one line that says why
 */
export async function serve(args: readonly string[]): Promise<number> {
  try {
    const { action } = readArguments(args);
    if (action === "help") console.log(helpText());
    else if (action === "version") console.log(VERSION);
    else await withConfig(action, readConfig(args));
    return 0;
  } catch (error) {
    console.error(`ostinato: ${reasonOf(error)}`);
    return 1;
  }
}

async function withConfig(
  action: Exclude<Arguments["action"], "help" | "version">,
  config: Config,
): Promise<void> {
  switch (action) {
    case "print-config":
      for (const { key, value, source } of config.inForce) {
        console.log(`${key}=${value} (${source})`);
      }
      return;
    case "check-config":
      console.log([...config.notices, "The configuration can be used."].join("\n"));
      return;
    case "serve":
      await run(config);
  }
}

async function run(config: Config): Promise<void> {
  for (const notice of config.notices) console.warn(`setting ${notice}`);
  // From the beginning: whoever has read the banner may ask at once.
  const asked = untilAskedToStop();
  const server = await startServer(config);
  console.log(banner(VERSION, server.url, config));
  await asked;
  await stop(server);
}

/** The first signal stops in order; a second one does not wait for it. */
async function untilAskedToStop(): Promise<void> {
  const asked = new AbortController();
  const { signal } = asked;
  await Promise.race([
    once(process, "SIGTERM", { signal }),
    once(process, "SIGINT", { signal }),
  ]).finally(() => asked.abort());
  for (const name of ["SIGTERM", "SIGINT"]) process.once(name, () => process.exit(1));
}

async function stop(server: RunningServer): Promise<void> {
  console.log("Stopping: finishing what was accepted.");
  await server.close();
  console.log("Stopped.");
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof SettingError ? error.message : `cannot start: ${error.message}`;
}
