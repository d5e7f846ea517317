import { PathError } from "./path.ts";

/** A place in a text that is being parsed. */
export interface Cursor {
  readonly text: string;
  at: number;
}

/** The character here, `""` at the end. */
export function peek(cursor: Cursor): string {
  return cursor.text.charAt(cursor.at);
}

export function isAtEnd(cursor: Cursor): boolean {
  return cursor.at >= cursor.text.length;
}

export function skipBlanks(cursor: Cursor): void {
  while (peek(cursor) === " ") cursor.at += 1;
}

/** Steps over a token if it comes next. */
export function take(cursor: Cursor, token: string): boolean {
  if (!cursor.text.startsWith(token, cursor.at)) return false;
  cursor.at += token.length;
  return true;
}

/** @throws PathError when another token comes next. */
export function expect(cursor: Cursor, token: string): void {
  if (!take(cursor, token)) throw new PathError(`expected ${token} at ${cursor.at}`);
}

/** What a sticky expression matches here, stepped over. */
export function takeMatch(cursor: Cursor, sticky: RegExp): string | undefined {
  sticky.lastIndex = cursor.at;
  const match = sticky.exec(cursor.text)?.[0];
  if (match !== undefined) cursor.at += match.length;
  return match;
}

/**
 * The content of a quoted string that starts here, its escapes resolved; steps over it.
 * @throws PathError when it does not end.
 */
export function takeQuoted(cursor: Cursor): string {
  const quote = peek(cursor);
  let content = "";
  for (let index = cursor.at + 1; index < cursor.text.length; index += 1) {
    const char = cursor.text.charAt(index);
    if (char === quote) {
      cursor.at = index + 1;
      return content;
    }
    if (char !== "\\") {
      content += char;
      continue;
    }
    const [text, length] = unescape(cursor.text.slice(index + 1, index + 6));
    content += text;
    index += length;
  }
  throw new PathError(`unclosed string at ${cursor.at}`);
}

const ESCAPES: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** What stands for an escape, and how many characters after the backslash it takes. */
function unescape(rest: string): readonly [string, number] {
  const char = rest.charAt(0);
  if (char === "u" && /^u[0-9a-fA-F]{4}/.test(rest)) {
    return [String.fromCharCode(Number.parseInt(rest.slice(1), 16)), 5];
  }
  return [Object.hasOwn(ESCAPES, char) ? (ESCAPES[char] ?? char) : char, 1];
}

/**
 * The index of the bracket that closes the one at `start`, strings left aside.
 * @throws PathError when there is none.
 */
export function closingIndex(text: string, start: number): number {
  const inner: Cursor = { text, at: start };
  let depth = 0;
  while (inner.at < text.length) {
    const char = peek(inner);
    if (char === '"' || char === "'") {
      takeQuoted(inner);
      continue;
    }
    if ("([{".includes(char)) depth += 1;
    if (")]}".includes(char)) depth -= 1;
    if (depth === 0) return inner.at;
    inner.at += 1;
  }
  throw new PathError(`unclosed bracket at ${start}`);
}
