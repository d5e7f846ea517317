import { setPriority } from "node:os";
import { parentPort } from "node:worker_threads";

import type { ThreadAnswer } from "./evaluation.ts";

/** As `nice` counts: a third of the weight of the threads that serve requests and write. */
const NICENESS = 5;

/** What the file of a thread does once it has loaded what it needs. */
export function answerMessages<Work>(evaluate: (work: Work) => ThreadAnswer): void {
  // On Linux a priority is the calling thread's; elsewhere it would be the whole process's.
  if (process.platform === "linux") setPriority(NICENESS);
  parentPort?.on("message", (work: Work) => parentPort?.postMessage(evaluate(work)));
  parentPort?.postMessage("ready");
}
