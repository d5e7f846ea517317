import type { Benchmark } from "../benchmark.ts";
import { beside, fork } from "./fork.ts";
import { deadlines, idle } from "./idle.ts";
import { latency } from "./latency.ts";
import { openExecutions } from "./open-executions.ts";
import { throughput } from "./throughput.ts";

/** All benchmarks, by the names they are asked for. */
export const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  throughput,
  latency,
  fork,
  beside,
  open: openExecutions,
  idle,
  deadlines,
};
