import type { JsonText } from "@ostinato/core";

/** What is to be evaluated. */
export type Evaluation =
  | {
      readonly kind: "javascript";
      readonly script: string;
      /** The text of an object: what the script sees as `$`. */
      readonly input: JsonText;
      /** The script is the body of a function, and its result is what that returns (LAMBDA). */
      readonly asFunction?: boolean;
    }
  | {
      readonly kind: "jq";
      readonly program: string;
      /** What the program sees as `.`. */
      readonly input: JsonText;
    };

/** What came of it. The value of a jq program is the list of all its results. */
export type Evaluated =
  | { readonly ok: true; readonly value: JsonText }
  | {
      readonly ok: false;
      /** Written to be a task's reason. */
      readonly message: string;
      /** Only for a script that ran out of time: the same one may be quicker the next time. */
      readonly isRetriable: boolean;
    };

/** Only the syntax is looked at, nothing runs; the value is `null`. */
export interface SyntaxCheck {
  readonly kind: "syntax";
  readonly script: string;
}

export interface Limits {
  /** For one evaluation, once a thread has begun it. */
  readonly timeMs: number;
  /** What a script or jq may hold. */
  readonly memoryBytes: number;
}

/** A thread's answer. It is of no use any more when it `isSpent`, and its memory should be given back. */
export interface ThreadAnswer {
  readonly evaluated: Evaluated;
  readonly isSpent: boolean;
}

export function failed(message: string, isRetriable = false): Evaluated {
  return { ok: false, message, isRetriable };
}
