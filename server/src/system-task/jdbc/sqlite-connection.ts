import { type ChildProcess, fork } from "node:child_process";

import type { SqlAnswer, SqlRequest } from "./sqlite-statement.ts";

interface Waiting {
  readonly request: SqlRequest;
  readonly answer: (answer: SqlAnswer) => void;
}

/**
 * A database of the configuration, in a process of its own that starts with the first statement. Statements run one
 * after the other; one that nobody waits for any more ends with its process, and the next has a new one. A thread would
 * be smaller, but SQLite cannot be interrupted from outside it: a statement without an end would keep it for ever.
 */
export class SqliteConnection {
  readonly #file: string;
  readonly #queue: Waiting[] = [];
  #process: ChildProcess | undefined;
  #running: Waiting | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** Never rejects. */
  run(request: SqlRequest, signal: AbortSignal): Promise<SqlAnswer> {
    if (signal.aborted) return Promise.resolve(GIVEN_UP);
    return new Promise((resolve) => {
      const waiting: Waiting = {
        request,
        answer: (answer) => {
          signal.removeEventListener("abort", onAbort);
          resolve(answer);
        },
      };
      const onAbort = (): void => this.#giveUp(waiting);
      signal.addEventListener("abort", onAbort, { once: true });
      this.#queue.push(waiting);
      this.#next();
    });
  }

  /** Nothing is running any more. */
  close(): void {
    this.#process?.kill("SIGKILL");
    this.#process = undefined;
  }

  #next(): void {
    if (this.#running !== undefined) return;
    this.#running = this.#queue.shift();
    if (this.#running === undefined) return;
    this.#process ??= this.#start();
    // An idle connection keeps no program from ending; one that works does.
    this.#process.channel?.ref();
    this.#process.send(this.#running.request);
  }

  #start(): ChildProcess {
    const child = fork(new URL("./sqlite-process.ts", import.meta.url), [this.#file], {
      execArgv: ["--disable-warning=ExperimentalWarning"],
      // It needs none of the server's environment, where secrets may be.
      env: {},
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    child.unref();
    child.on("message", (answer) => this.#end(child, answer as SqlAnswer));
    const ended = (error: unknown): void => {
      if (this.#process !== child) return;
      this.#process = undefined;
      this.#answer({ type: "failed", message: `the connection has ended: ${String(error)}` });
    };
    child.on("error", ended);
    child.on("exit", (code, signal) => ended(signal ?? code));
    return child;
  }

  /** What a process says that has been given up concerns nobody. */
  #end(child: ChildProcess, answer: SqlAnswer): void {
    if (this.#process !== child) return;
    child.channel?.unref();
    this.#answer(answer);
  }

  #answer(answer: SqlAnswer): void {
    const ended = this.#running;
    this.#running = undefined;
    ended?.answer(answer);
    this.#next();
  }

  #giveUp(waiting: Waiting): void {
    if (this.#running === waiting) {
      this.close();
      this.#answer(GIVEN_UP);
      return;
    }
    this.#queue.splice(this.#queue.indexOf(waiting), 1);
    waiting.answer(GIVEN_UP);
  }
}

const GIVEN_UP: SqlAnswer = { type: "failed", message: "the statement was given up" };
