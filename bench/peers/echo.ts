import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import type { Peer } from "./peer.ts";

const MAIN = fileURLToPath(new URL("echo-server.ts", import.meta.url));

/** Starts the echo server. @param tasksPerPoll - how many tasks it answers a poll with, at least 1 */
export async function startEcho(tasksPerPoll: number): Promise<Peer> {
  const child = fork(MAIN, [String(Math.max(1, Math.round(tasksPerPoll)))]);
  const exited = once(child, "exit");
  const [port] = (await once(child, "message")) as [number];
  return {
    name: "echo",
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    async stop() {
      child.disconnect();
      await exited;
    },
  };
}
