import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startServerProcess } from "../../scripts/server-process.ts";
import { endWithUs, type Peer } from "./peer.ts";

export interface OstinatoOptions {
  /** The SQLite file; a fresh one that is gone at the end unless given. */
  readonly file?: string;
  readonly nodeArgs?: readonly string[];
  readonly readyMsMax?: number;
}

/** Starts our server as a user would, every acknowledged write durable. */
export async function startOstinato(options: OstinatoOptions = {}): Promise<Peer> {
  const folder = await mkdtemp(join(tmpdir(), "bench-ostinato-"));
  const server = await startServerProcess({
    ...options,
    args: [`--database=sqlite:${options.file ?? join(folder, "bench.db")}`],
  });
  endWithUs(server.process);
  return {
    name: "ostinato",
    url: server.url,
    pid: server.process.pid ?? 0,
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
