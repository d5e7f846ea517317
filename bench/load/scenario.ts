import type { Target } from "./connection.ts";

/** Where the measured part of a scenario begins and ends: told to the process that started it. */
export interface Marks {
  begin(): void;
  end(): void;
}

/** What a scenario has to do with the process that started it. */
export interface Control extends Marks {
  /** Resolves when the scenario is asked to come to its end early. */
  readonly stopped: Promise<void>;
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

/** The value that this share (0 to 1) of the values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** CPU time of this process so far, in seconds. */
export function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
