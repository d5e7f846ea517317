import { Worker } from "node:worker_threads";

import type { SqlAnswer, SqlRequest } from "./sqlite-statement.ts";

interface Waiting {
  readonly request: SqlRequest;
  readonly signal: AbortSignal;
  readonly answer: (answer: SqlAnswer) => void;
}

/**
 * A database of the configuration, in a thread that starts with the first statement. Statements run one after the other;
 * one that nobody waits for any more ends with its thread, and the next has a new one.
 */
export class SqliteConnection {
  readonly #file: string;
  readonly #queue: Waiting[] = [];
  #worker: Worker | undefined;
  #running: Waiting | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** Never rejects. */
  run(request: SqlRequest, signal: AbortSignal): Promise<SqlAnswer> {
    return new Promise((resolve) => {
      const waiting: Waiting = {
        request,
        signal,
        answer: (answer) => {
          signal.removeEventListener("abort", onAbort);
          resolve(answer);
        },
      };
      const onAbort = (): void => this.#abort(waiting);
      if (signal.aborted) {
        resolve(GIVEN_UP);
        return;
      }
      signal.addEventListener("abort", onAbort, { once: true });
      this.#queue.push(waiting);
      this.#next();
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #next(): void {
    if (this.#running !== undefined) return;
    this.#running = this.#queue.shift();
    if (this.#running === undefined) return;
    this.#worker ??= this.#start();
    this.#worker.postMessage(this.#running.request);
  }

  #start(): Worker {
    const worker = new Worker(new URL("./sqlite-worker.ts", import.meta.url), {
      workerData: { file: this.#file },
      execArgv: [],
    });
    worker.unref();
    worker.on("message", (answer: SqlAnswer) => this.#end(worker, answer));
    worker.on("error", (error) => {
      this.#end(worker, { type: "failed", message: String(error) });
    });
    worker.on("exit", () => {
      if (this.#worker === worker) this.#worker = undefined;
      this.#end(worker, { type: "failed", message: "the connection has ended" });
    });
    return worker;
  }

  /** What a thread says that has been given up concerns nobody. */
  #end(worker: Worker, answer: SqlAnswer): void {
    if (this.#worker !== undefined && this.#worker !== worker) return;
    const ended = this.#running;
    this.#running = undefined;
    ended?.answer(answer);
    this.#next();
  }

  #abort(waiting: Waiting): void {
    const at = this.#queue.indexOf(waiting);
    if (at >= 0) this.#queue.splice(at, 1);
    waiting.answer(GIVEN_UP);
    if (this.#running !== waiting) return;
    const worker = this.#worker;
    this.#worker = undefined;
    this.#running = undefined;
    void worker?.terminate();
    this.#next();
  }
}

const GIVEN_UP: SqlAnswer = { type: "failed", message: "the statement was given up" };
