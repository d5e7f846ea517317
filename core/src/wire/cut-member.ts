import { javaNumberText } from "../model/java-number.ts";

/**
 * Cuts one member of a JSON object out of its text without parsing it, so that payloads stay text.
 *
 * The scan reads every character once and validates as it goes. It only answers for plain text,
 * which is nearly all there is: no `\u` escapes, no numbers that would be written differently, no
 * repeated keys, no deep nesting, nothing after the object. Whatever else comes is left to a full
 * parse, which knows every rule. Every `endOf…` takes the index where something starts and gives
 * the one behind it.
 */

/** An object's text in two parts. */
export interface Cut {
  /** The text of the member's value as it is written; `undefined` when there is no such member. */
  readonly value: string | undefined;
  /** The object's text with `null` in place of that value. */
  readonly rest: string;
}

/** Objects with more keys are left to the full parse: here they are compared pair by pair. */
const KEYS_MAX = 64;
/** Deeper texts are left to the full parse. */
const DEPTH_MAX = 64;
/** Integers of so many digits are exact. */
const EXACT_DIGITS_MAX = 15;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Thrown inside the scan only: the text is malformed or unusual, the full parse decides which. */
const UNUSUAL: Error = new Error("unusual JSON");

/**
 * Cuts the value of `member` out of the text of an object.
 * @returns `undefined` when the text is not an object, is malformed or is unusual: parse it then.
 */
export function cutMember(text: string, member: string): Cut | undefined {
  return unlessUnusual(() => {
    const found = { from: -1, to: -1 };
    const end = endOfObject(text, afterSpace(text, 0), { depth: 0, member, found });
    requireEnd(text, end);
    const { from, to } = found;
    if (from < 0) return { value: undefined, rest: text };
    return { value: text.slice(from, to), rest: `${text.slice(0, from)}null${text.slice(to)}` };
  });
}

/** Whether the text is that of an object that may be kept as it is. */
export function isPlainObject(text: string): boolean {
  const end = unlessUnusual(() => {
    const behind = endOfObject(text, afterSpace(text, 0), { depth: 0 });
    requireEnd(text, behind);
    return behind;
  });
  return end !== undefined;
}

/** The texts of a list's elements; `undefined` as for `cutMember`. */
export function cutElements(text: string): string[] | undefined {
  return unlessUnusual(() => {
    const elements: string[] = [];
    const end = endOfList(text, afterSpace(text, 0), { depth: 0, elements });
    requireEnd(text, end);
    return elements;
  });
}

function unlessUnusual<T>(scan: () => T): T | undefined {
  try {
    return scan();
  } catch (error) {
    if (error === UNUSUAL) return undefined;
    throw error;
  }
}

function requireEnd(text: string, at: number): void {
  if (afterSpace(text, at) < text.length) throw UNUSUAL;
}

/** Where in the tree an object or list is, and what the caller wants to know of it. */
interface Place {
  readonly depth: number;
  /** Where the value of this member is, goes to `found`. */
  readonly member?: string;
  readonly found?: { from: number; to: number };
  /** Gets the texts of a list's elements. */
  readonly elements?: string[];
}

function endOfObject(text: string, start: number, place: Place): number {
  if (text.charCodeAt(start) !== OPEN_OBJECT) throw UNUSUAL;
  let at = afterSpace(text, start + 1);
  if (text.charCodeAt(at) === CLOSE_OBJECT) return at + 1;
  const keys: string[] = [];
  for (;;) {
    const behindKey = endOfString(text, at);
    const key = text.slice(at + 1, behindKey - 1);
    if (keys.length === KEYS_MAX || keys.includes(key) || key.includes("\\")) throw UNUSUAL;
    keys.push(key);
    at = afterSpace(text, behindKey);
    if (text.charCodeAt(at) !== COLON) throw UNUSUAL;
    const from = afterSpace(text, at + 1);
    at = endOfValue(text, from, place.depth + 1);
    if (place.found !== undefined && key === place.member) {
      place.found.from = from;
      place.found.to = at;
    }
    at = afterSpace(text, at);
    const code = text.charCodeAt(at);
    if (code === CLOSE_OBJECT) return at + 1;
    if (code !== COMMA) throw UNUSUAL;
    at = afterSpace(text, at + 1);
  }
}

function endOfList(text: string, start: number, place: Place): number {
  if (text.charCodeAt(start) !== OPEN_LIST) throw UNUSUAL;
  let at = afterSpace(text, start + 1);
  if (text.charCodeAt(at) === CLOSE_LIST) return at + 1;
  for (;;) {
    const end = endOfValue(text, at, place.depth + 1);
    place.elements?.push(text.slice(at, end));
    at = afterSpace(text, end);
    const code = text.charCodeAt(at);
    if (code === CLOSE_LIST) return at + 1;
    if (code !== COMMA) throw UNUSUAL;
    at = afterSpace(text, at + 1);
  }
}

function endOfValue(text: string, start: number, depth: number): number {
  if (depth > DEPTH_MAX) throw UNUSUAL;
  const code = text.charCodeAt(start);
  if (code === QUOTE) return endOfString(text, start);
  if (code === OPEN_OBJECT) return endOfObject(text, start, { depth });
  if (code === OPEN_LIST) return endOfList(text, start, { depth });
  if (code === MINUS || isDigit(code)) return endOfNumber(text, start);
  return endOfWord(text, start);
}

function endOfString(text: string, start: number): number {
  if (text.charCodeAt(start) !== QUOTE) throw UNUSUAL;
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) {
      at += 1;
      if (at === text.length || !'"\\/bfnrt'.includes(text.charAt(at))) throw UNUSUAL;
    } else if (code < SPACE) throw UNUSUAL;
  }
  throw UNUSUAL;
}

function endOfNumber(text: string, start: number): number {
  const first = text.charCodeAt(start) === MINUS ? start + 1 : start;
  let end = first;
  while (isDigit(text.charCodeAt(end))) end += 1;
  const digits = end - first;
  const isShort = digits > 0 && digits <= EXACT_DIGITS_MAX && text.charCodeAt(first) !== ZERO;
  if (isShort && !isNumberPart(text.charCodeAt(end))) return end;
  while (isNumberPart(text.charCodeAt(end))) end += 1;
  const written = text.slice(start, end);
  if (NUMBER.test(written) && javaNumberText(written) === written) return end;
  throw UNUSUAL;
}

function endOfWord(text: string, start: number): number {
  if (text.startsWith("true", start) || text.startsWith("null", start)) return start + 4;
  if (text.startsWith("false", start)) return start + 5;
  throw UNUSUAL;
}

function afterSpace(text: string, start: number): number {
  let at = start;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== SPACE && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at += 1;
  }
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

/** Digits, signs, the point and the exponent. */
function isNumberPart(code: number): boolean {
  return (
    isDigit(code) || code === 0x2e || code === MINUS || code === 0x2b || (code | 0x20) === 0x65
  );
}
