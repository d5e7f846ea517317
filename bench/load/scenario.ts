import type { Target } from "./connection.ts";

/** How a scenario tells the process that started it where the measured part begins and ends. */
export interface Marks {
  begin(): void;
  end(): void;
}

/** A server under load; `workflow` names the workflow to start, and `…_1`, `…_2`, … its task types. */
export interface LoadTarget {
  readonly url: string;
  readonly workflow: string;
}

export function targetOf({ url }: LoadTarget): Target {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

/** @throws Error with what was answered instead */
export function expectOk(what: string, status: number, body: string): void {
  if (status !== 200) throw new Error(`${what} was answered ${status}: ${body.slice(0, 500)}`);
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** CPU time of this process so far, in seconds. */
export function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
