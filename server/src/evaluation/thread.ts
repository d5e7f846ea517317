import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";

import type { Limits, ThreadAnswer } from "./evaluation.ts";

/** A thread that evaluates one thing at a time. */
export interface Thread<Work> {
  /** At most once before `answered` is called. */
  run(work: Work): void;
  /** Whatever it is doing. */
  stop(): Promise<void>;
}

export interface ThreadHooks {
  /** It can be given work. */
  ready(): void;
  answered(answer: ThreadAnswer): void;
  /** It has ended, and not because it was stopped. */
  died(error: unknown): void;
}

/** Recursion in WebAssembly takes of this, and fails hard at its end: a sandbox has to notice before. */
const STACK_MB = 16;
/** For results on their way out of jq, which collects them byte by byte. */
const HEAP_MB = 512;

/**
 * Starts one of the `…-thread.ts`, which says "ready" when it has loaded what it needs, and from then on answers every
 * message with a `ThreadAnswer`.
 */
export function startThread<Work>(file: URL, limits: Limits, hooks: ThreadHooks): Thread<Work> {
  const worker = new Worker(file, {
    workerData: limits,
    // Flags such as --input-type are for the main script only; a profile is to show this thread too.
    execArgv: process.execArgv.filter((flag) => flag.startsWith("--cpu-prof")),
    // Nothing of the server's; only where compiled code is kept.
    env: compileCacheEnvironment(),
    resourceLimits: { stackSizeMb: STACK_MB, maxOldGenerationSizeMb: HEAP_MB },
    // jq prints the messages of its `debug`.
    stdout: true,
    stderr: true,
  });
  worker.stdout.resume();
  worker.stderr.resume();
  let isStopped = false;
  let failure: unknown;
  worker.on("message", (message: "ready" | ThreadAnswer) => {
    if (message === "ready") hooks.ready();
    else hooks.answered(message);
  });
  worker.on("error", (error) => {
    failure = error;
  });
  worker.on("exit", () => {
    if (!isStopped) hooks.died(failure);
  });
  return {
    run: (work) => worker.postMessage(work),
    stop: async () => {
      isStopped = true;
      await worker.terminate();
    },
  };
}

/** The variable names the folder in which Node makes one for each of its versions. */
function compileCacheEnvironment(): Record<string, string> {
  const folder = getCompileCacheDir();
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}
