/** The writer thread: does the transactions that it is sent, one after the other, so that no fsync blocks HTTP. */
import { parentPort, workerData } from "node:worker_threads";

import { openDatabase } from "./database.ts";
import { Executor } from "./executor.ts";
import type { Step } from "./steps.ts";

const { file } = workerData as { readonly file: string };
const executor = new Executor(openDatabase(file, "write"));

parentPort?.on("message", (message: readonly Step[] | "close") => {
  if (message === "close") {
    executor.close();
    parentPort?.close();
  } else {
    parentPort?.postMessage(executor.execute(message));
  }
});
