/** A server that is measured, in a process of its own. */
export interface Peer {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}
