import { type Evaluated, type Evaluation, failed } from "./evaluation.ts";
import type { JavascriptWork } from "./javascript.ts";
import type { JqWork } from "./jq.ts";
import { jqOutOfMemory, jqOutOfTime, outOfMemory, outOfTime } from "./messages.ts";
import { EvaluationPool } from "./pool.ts";

export interface EvaluatorOptions {
  /** At most, for scripts. Besides, two for jq. One thread alone is blocked for its time by a script that loops. */
  readonly threads: number;
  /** For one evaluation. Waiting for a thread does not count. */
  readonly timeMs: number;
  /** For one evaluation. */
  readonly memoryBytes: number;
}

/** Evaluates what definitions contain: scripts and jq programs. Nothing of it can do harm or stay behind. */
export interface Evaluator {
  /**
   * What goes wrong in a script or program is an answer.
   * @throws AppError OVERLOADED when too many are waiting; SHUTTING_DOWN. The same may be tried again later.
   */
  evaluate(evaluation: Evaluation): Promise<Evaluated>;
  /**
   * What is wrong with the syntax of a script, as ```SyntaxError: expecting ';'` at line 1``; `undefined` when it is
   * right. Nothing runs.
   */
  checkSyntax(script: string): Promise<string | undefined>;
  /** Stops everything; whoever waits is refused. */
  close(): Promise<void>;
}

/** The engine for scripts watches the time itself. Only what it cannot interrupt is stopped from outside. */
const GRACE_MS = 500;

/** Programs are short; and a jq takes 30 to 50 MB. */
const JQ_THREADS = 2;

/** Nothing starts before it is needed: a thread for scripts costs 20 MB and 50 ms. */
export function createEvaluator(options: EvaluatorOptions): Evaluator {
  const { threads, timeMs, memoryBytes } = options;
  const limits = { timeMs, memoryBytes };
  const scripts = new EvaluationPool<JavascriptWork>({
    file: new URL("./javascript-thread.ts", import.meta.url),
    threadsMax: threads,
    limits,
    stopAfterMs: timeMs + GRACE_MS,
    programOf: (work) => work.script,
    outOfTime: failed(outOfTime(timeMs), true),
    outOfMemory: failed(outOfMemory(memoryBytes)),
  });
  const jq = new EvaluationPool<JqWork>({
    file: new URL("./jq-thread.ts", import.meta.url),
    threadsMax: JQ_THREADS,
    limits,
    stopAfterMs: timeMs,
    programOf: (work) => work.program,
    outOfTime: failed(jqOutOfTime(timeMs), true),
    outOfMemory: failed(jqOutOfMemory(memoryBytes)),
  });
  return {
    evaluate: async (evaluation) =>
      evaluation.kind === "jq" ? await jq.run(evaluation) : await scripts.run(evaluation),
    checkSyntax: async (script) => {
      const checked = await scripts.run({ kind: "syntax", script });
      return checked.ok ? undefined : checked.message;
    },
    close: async () => {
      await Promise.all([scripts.close(), jq.close()]);
    },
  };
}
