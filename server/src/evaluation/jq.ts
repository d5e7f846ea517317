import { createRequire } from "node:module";

import { parseJson, writeJson } from "@ostinato/core";

import {
  type Evaluated,
  type Evaluation,
  failed,
  type Limits,
  type ThreadAnswer,
} from "./evaluation.ts";
import { withWrappedValues } from "./jq-object-values.ts";
import { jqOutOfMemory } from "./messages.ts";

const require = createRequire(import.meta.url);

export type JqWork = Extract<Evaluation, { kind: "jq" }>;

/** Evaluates in the calling thread, for as long as it takes. Never throws. */
export type EvaluateJq = (work: JqWork) => ThreadAnswer;

interface JqModule {
  /** What `jq FLAGS PROGRAM` prints for the input; nothing at all is `undefined`. */
  raw(json: string, program: string, flags: readonly string[]): string | undefined;
}

/** What jq throws when it ends with another code than 0. */
interface JqFailure {
  readonly stderr: string;
  readonly exitCode: number;
}

/** The code that jq exits with. */
const COMPILE_ERROR = 3;
/** Longer ones do not fit onto the stack of the C program. */
const PROGRAM_LENGTH_MAX = 20_000;
const PAGE_BYTES = 65_536;
/** What jq has before it starts. */
const BASE_BYTES = 16 * 1024 * 1024;

/**
 * Loads jq, in WebAssembly. It changes globals of the thread that it is loaded into: how much memory WebAssembly may
 * have, the name of the program, and where warnings go.
 *
 * jq can only be stopped with its thread. A jq that had no memory any more is spent.
 */
export async function loadJq(limits: Limits): Promise<EvaluateJq> {
  const memory = limitWebAssembly(BASE_BYTES + limits.memoryBytes);
  // Programs can read it, as `$ENV._`.
  process.argv[1] = "jq";
  const jq = await (require("jq-web") as Promise<JqModule>);
  return ({ program, input }) => {
    if (program.length > PROGRAM_LENGTH_MAX) {
      return { evaluated: failed(tooLong(program)), isSpent: false };
    }
    memory.isFull = false;
    try {
      return { evaluated: listOf(runLeniently(jq, program, input)), isSpent: false };
    } catch (error) {
      if (memory.isFull) {
        return { evaluated: failed(jqOutOfMemory(limits.memoryBytes)), isSpent: true };
      }
      return isJqFailure(error)
        ? { evaluated: failed(reasonIn(error)), isSpent: false }
        : { evaluated: failed(`jq: ${String(error)}`), isSpent: true };
    }
  };
}

/** What does not compile is tried once more in jq's own grammar. */
function runLeniently(jq: JqModule, program: string, input: string): string {
  try {
    return runOnce(jq, program, input);
  } catch (error) {
    const wrapped = withWrappedValues(program);
    if (wrapped === program || !isJqFailure(error) || error.exitCode !== COMPILE_ERROR) throw error;
    return runOnce(jq, wrapped, input);
  }
}

function runOnce(jq: JqModule, program: string, input: string): string {
  // One that begins with a minus would be taken for an option.
  return jq.raw(input, ` ${program}`, ["-c"]) ?? "";
}

function tooLong(program: string): string {
  return `jq program of ${program.length} characters: at most ${PROGRAM_LENGTH_MAX} are allowed`;
}

function listOf(lines: string): Evaluated {
  return { ok: true, value: writeJson(parseJson(`[${lines.replaceAll("\n", ",")}]`)) };
}

function isJqFailure(error: unknown): error is JqFailure {
  return error instanceof Error && "exitCode" in error && "stderr" in error;
}

/** `error("mine")` gives `mine`; an error of the compiler keeps its place in the program. */
function reasonIn({ stderr, exitCode }: JqFailure): string {
  const lines = stderr.split("\n").filter((line) => !line.startsWith('["DEBUG:"'));
  const text = lines
    .join("\n")
    .replace(/\njq: \d+ compile errors?$/, "")
    .trim();
  const message = text.replace(/^jq: error( \(at [^)]*\))?( \(not a string\))?: /, "").trim();
  return message === "" ? `jq ended with code ${exitCode}` : message;
}

interface WebAssemblyMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
/** What the platform has and `lib.es2025` does not type. */
const { Memory } = (
  globalThis as unknown as { WebAssembly: { Memory: { prototype: WebAssemblyMemory } } }
).WebAssembly;

/** Memories grow only by this one call, which jq makes when it has no more; it copes with a refusal. */
function limitWebAssembly(bytesMax: number): { isFull: boolean } {
  const state = { isFull: false };
  const grow = Memory.prototype.grow;
  Memory.prototype.grow = function (this: WebAssemblyMemory, pages: number): number {
    if (this.buffer.byteLength + pages * PAGE_BYTES > bytesMax) {
      state.isFull = true;
      throw new RangeError(`no more than ${bytesMax} bytes`);
    }
    return grow.call(this, pages);
  };
  return state;
}
