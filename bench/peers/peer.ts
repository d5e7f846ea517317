import type { ChildProcess } from "node:child_process";

/** A server that is measured, in a process of its own. */
export interface Peer {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Lets no server outlive this process, however it ends, unless it is killed outright. */
export function endWithUs(child: ChildProcess): void {
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
}

/** Uses a server while it runs, and stops it in any case. */
export async function withPeer<T>(
  starting: Promise<Peer>,
  use: (peer: Peer) => Promise<T>,
): Promise<T> {
  const peer = await starting;
  try {
    return await use(peer);
  } finally {
    await peer.stop();
  }
}
