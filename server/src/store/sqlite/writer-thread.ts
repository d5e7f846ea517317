import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";

import { messageOf } from "./database.ts";
import type { Outcome, Step } from "./steps.ts";
import type { Execute } from "./write-queue.ts";

export interface Writer {
  readonly execute: Execute;
  close(): Promise<void>;
}

/** Starts a writer thread on a database that exists already. */
export function startWriterThread(file: string): Writer {
  const worker = new Worker(new URL("./writer.ts", import.meta.url), {
    workerData: { file },
    // Flags such as --input-type are for the main script only; a profile is to show this thread too.
    execArgv: process.execArgv.filter((flag) => flag.startsWith("--cpu-prof")),
    // A thread finds compiled code by its environment only. Reading the sources again would cost 30 MB.
    env: compileCacheEnvironment(),
  });
  let waiting: ((outcome: Outcome) => void) | undefined;
  let failure: Outcome | undefined;

  const answer = (outcome: Outcome): void => {
    const callback = waiting;
    waiting = undefined;
    callback?.(outcome);
  };
  // What was in flight may or may not have been committed; nothing more will be, until a restart.
  const fail = (reason: string): void => {
    failure ??= {
      code: "STORE_UNAVAILABLE",
      message: `the database's writer has ended: ${reason}`,
    };
    answer(failure);
  };
  const exited = new Promise<void>((resolve) => {
    worker.on("exit", () => {
      fail("exit");
      resolve();
    });
  });
  worker.on("message", answer);
  worker.on("error", (error) => fail(messageOf(error)));

  return {
    execute: (steps: readonly Step[], callback) => {
      if (failure !== undefined) {
        const outcome = failure;
        queueMicrotask(() => callback(outcome));
        return;
      }
      waiting = callback;
      worker.postMessage(steps);
    },
    close: async () => {
      worker.postMessage("close");
      await exited;
    },
  };
}

/** The variable names the folder in which Node makes one for each of its versions. */
function compileCacheEnvironment(): Record<string, string> {
  const folder = getCompileCacheDir();
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}
