import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../server/bin/ostinato.js", import.meta.url));
const READY_MS_MAX = 20_000;

/** A server in a process of its own, as a user would run it. */
export interface ServerProcess {
  readonly url: string;
  readonly process: ChildProcess;
  /** Resolves at its end with its exit status; `null` when a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Asks it to stop. @returns its exit status; `null` when a signal ended it */
  stop(): Promise<number | null>;
}

export interface ServerProcessOptions {
  /** `--key=value` arguments; a free port is taken unless one is among them. */
  readonly args: readonly string[];
  /** The program to run instead of the one in this repository. */
  readonly bin?: string;
  /** What runs it, with its arguments; it has to become the program by `exec`. */
  readonly under?: readonly string[];
  /** Told of the process before it is ready. */
  readonly onSpawn?: (child: ChildProcess) => void;
  /** Arguments for Node itself. */
  readonly nodeArgs?: readonly string[];
  /** How long it may take to be ready. */
  readonly readyMsMax?: number;
}

/** Starts a server and waits until it says where it listens. @throws Error with what it said instead */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { under = [], nodeArgs = [], bin = BIN, args: ownArgs } = options;
  const flags = ["--disable-warning=ExperimentalWarning", ...nodeArgs];
  const program = [process.execPath, ...flags, bin, "--port=0", ...ownArgs];
  const [command = "", ...args] = [...under, ...program];
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  options.onSpawn?.(child);
  const exited = once(child, "exit").then(([code]: unknown[]) => (code ?? null) as number | null);
  const url = await readyUrl(child, options.readyMsMax ?? READY_MS_MAX);
  return {
    url,
    process: child,
    exited,
    stop() {
      child.kill("SIGTERM");
      return exited;
    },
  };
}

/** The address in the banner. What the server says is read on, so that it never waits for a reader. */
function readyUrl(child: ChildProcess, readyMsMax: number): Promise<string> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error("the server's output is not piped");
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer);
      reject(new Error([why, ...said].join("\n")));
    };
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      fail(`the server was not ready after ${readyMsMax} ms`);
    }, readyMsMax);
    createInterface(stderr).on("line", (line) => said.push(line));
    createInterface(stdout).on("line", (line) => {
      said.push(line);
      const url = /is ready at (\S+)/.exec(line)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
    // `close` comes after the last line was read.
    child.once("close", (code) => fail(`the server ended with status ${code}`));
  });
}
