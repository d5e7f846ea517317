import type { Options } from "./options.ts";
import type { Report } from "./report.ts";

/** One command: takes its peers and limits itself, in the same run, and reports ratios. */
export interface Benchmark {
  readonly about: string;
  run(options: Options, report: Report): Promise<void>;
}
