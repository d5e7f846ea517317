import type { Json } from "../model/json.ts";

/**
 * The document that expressions are read from, without having to exist as a whole:
 * `{ workflow: {…}, <ref>: {…}, … }`.
 *
 * It may throw what it likes (a signal that something has to be loaded first): nothing here catches
 * it.
 */
export interface Document {
  /**
   * The member `second` of `first`, for a path that begins with these. Of an object the member
   * `third` suffices, if there is a `third`; without one, all is needed.
   * @returns `undefined` when there is none.
   */
  read(first: string, second: string, third: string | undefined): Json | undefined;
  /** `first` with all its members, for any other path that begins with it. */
  readAll(first: string): Json | undefined;
  /** All that `first` can be, for paths that begin with a wildcard or a deep scan. */
  names(): readonly string[];
}

/** All that the expressions of a template can see. */
export interface Scope extends Document {
  /** The attempt being made; absent where there is none, then `${CPEWF_TASK_ID}` stays literal. */
  readonly taskId?: string;
  /** A process variable or system property that expressions may see. */
  environment(name: string): string | undefined;
  /** A value of the environment store, for `${workflow.env.NAME}`. */
  workflowEnv(name: string): string | undefined;
}
