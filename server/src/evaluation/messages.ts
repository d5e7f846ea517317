/** The texts of what goes wrong, as the reference words them where it does. */

/** What was thrown, as the sandbox tells it. */
export interface Thrown {
  /** `TypeError: x`, or the text of a value that is no error. */
  readonly text: string;
  /** Where an error was made; absent for other values. */
  readonly stack?: string;
  /** Made by the script with `new`, and not by the engine: the reference names no line then. */
  readonly isOwn: boolean;
}

/** The sandbox's name for a script in the stacks of errors. */
export const SCRIPT_FILE = "script";

export function outOfTime(timeMs: number): string {
  return `Script not evaluated within ${timeMs / 1000} seconds, interrupted.`;
}

export function outOfMemory(memoryBytes: number): string {
  return `Script stopped: it needs more than ${memoryBytes / 1024 / 1024} MB of memory.`;
}

export function jqOutOfTime(timeMs: number): string {
  return `jq program not evaluated within ${timeMs / 1000} seconds, interrupted.`;
}

export function jqOutOfMemory(memoryBytes: number): string {
  return `jq program stopped: it needs more than ${memoryBytes / 1024 / 1024} MB of memory.`;
}

export function scriptError(thrown: Thrown, script: string): string {
  return `Error evaluating the script ${describe(thrown, script)}`;
}

/** The thrown thing and its line: `` `ReferenceError: boom is not defined` at line 1 ``. */
export function describe(thrown: Thrown, script: string): string {
  const quoted = `\`${asReferenceSays(thrown.text)}\``;
  if (thrown.isOwn) return quoted;
  const line = thrown.stack === undefined ? lineOfThrow(script, thrown.text) : lineIn(thrown.stack);
  return `${quoted} at line ${line}`;
}

/** Some errors of the engine are so usual that somebody may look for their text. */
function asReferenceSays(text: string): string {
  return text
    .replace(/^ReferenceError: '(.*)' is not defined$/s, "ReferenceError: $1 is not defined")
    .replace(/^TypeError: cannot (read|set) property /, "TypeError: Cannot $1 property ")
    .replace(
      /^(Internal|Syntax)Error: stack overflow$/,
      "RangeError: Maximum call stack size exceeded",
    );
}

function lineIn(stack: string): string {
  return new RegExp(`\\b${SCRIPT_FILE}:(\\d+)`).exec(stack)?.[1] ?? "1";
}

/**
 * The engine does not tell where a value that is no error was thrown: this is the line of the only `throw`, else of
 * the first one that has the value beside it, else of the first.
 */
function lineOfThrow(script: string, text: string): number {
  const lines = script.split("\n").map((line, index) => ({ line, number: index + 1 }));
  const throwing = lines.filter(({ line }) => /\bthrow\b/.test(line));
  return (throwing.find(({ line }) => line.includes(text)) ?? throwing[0])?.number ?? 1;
}
