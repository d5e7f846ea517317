import { parseArgs } from "node:util";

import { UPDATE_MODES, type UpdateMode } from "./load/throughput.ts";
import type { OstinatoOptions } from "./peers/ostinato.ts";
import type { ReferencePaths } from "./peers/reference.ts";

export interface Options {
  /** Which benchmarks; empty: all. */
  readonly names: readonly string[];
  /** Absent: the reference is not measured, and ratios to it are left out. */
  readonly reference?: ReferencePaths;
  /** How long a rate is measured, and how long before that the load runs. */
  readonly measureMs: number;
  readonly warmupMs: number;
  /** Of this size are the large benchmarks, 1 being as the goals say. */
  readonly scale: number;
  /** A file of open executions that is kept and used again. */
  readonly file?: string;
  /** How workers report in the benchmark of the throughput. */
  readonly modes: readonly UpdateMode[];
  /** For every server of ours. */
  readonly server: OstinatoOptions;
}

export const USAGE = `npm run bench -- [NAME …] [options]
  --reference JAR  the reference server; ratios to it need this
  --java PROGRAM   what runs it (default: java); a JDK of 21 or later
  --seconds N      how long a rate is measured (default 10)
  --warmup N       for how many seconds the load runs before that (default 5)
  --scale F        size of the large benchmarks, 1 being the goal's (default 1)
  --mode MODE      only this way of reporting: ${UPDATE_MODES.join(", ")}
  --file FILE      where the open executions are kept between runs`;

/** @throws Error when the arguments cannot be used */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      reference: { type: "string" },
      java: { type: "string", default: "java" },
      seconds: { type: "string", default: "10" },
      warmup: { type: "string", default: "5" },
      scale: { type: "string", default: "1" },
      file: { type: "string" },
      mode: { type: "string" },
    },
  });
  const { reference, java, file } = values;
  return {
    names: positionals,
    measureMs: positive("seconds", values.seconds) * 1_000,
    warmupMs: positive("warmup", values.warmup) * 1_000,
    scale: positive("scale", values.scale),
    modes: UPDATE_MODES.filter((mode) => values.mode === undefined || values.mode === mode),
    server: {},
    ...(reference === undefined ? {} : { reference: { jar: reference, java } }),
    ...(file === undefined ? {} : { file }),
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} takes a number above 0, not ${text}`);
  return value;
}
