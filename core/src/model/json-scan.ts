import { javaNumberText } from "./java-number.ts";

/** Objects and arrays within each other, in a request. Source: Jackson's `StreamReadConstraints`. */
export const JSON_DEPTH_MAX = 1000;
/**
 * The same in what the server put together itself: payloads within payloads. `JSON.parse` with a
 * reviver overflows the stack between 2,200 and 2,400.
 */
export const OWN_JSON_DEPTH_MAX = 1500;

/**
 * Where the first JSON value of a text is, and whether JavaScript prints all its numbers as the
 * reference does.
 */
export interface FirstValue {
  readonly start: number;
  readonly end: number;
  readonly isPlain: boolean;
}

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Finds the first value by its brackets and looks at its numbers. This is no validation: what is
 * found still has to be parsed, and a text without an end is found whole.
 * @throws SyntaxError when it is nested deeper than `depthMax`.
 */
export function firstValue(text: string, depthMax: number): FirstValue {
  let start = 0;
  while (isSpace(text.charCodeAt(start))) start += 1;
  const code = text.charCodeAt(start);
  if (code === OPEN_BRACE || code === OPEN_BRACKET) return firstContainer(text, start, depthMax);
  if (code === QUOTE) return { start, end: endOfString(text, start), isPlain: true };
  let end = start;
  while (end < text.length && !isSpace(text.charCodeAt(end))) end += 1;
  const isNumber = code === MINUS || isDigit(code);
  return { start, end, isPlain: !isNumber || isPlainNumber(text, start, end) };
}

function firstContainer(text: string, start: number, depthMax: number): FirstValue {
  let depth = 0;
  let isPlain = true;
  let index = start;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) {
      index = endOfString(text, index);
      continue;
    }
    if (code === MINUS || isDigit(code)) {
      const end = endOfNumber(text, index);
      isPlain &&= isPlainNumber(text, index, end);
      index = end;
      continue;
    }
    index += 1;
    if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      depth += 1;
      if (depth > depthMax) {
        throw new SyntaxError(`JSON is nested deeper than ${depthMax} levels`);
      }
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0) break;
    }
  }
  return { start, end: index, isPlain };
}

/**
 * The index after the closing quote of the string that starts here, or after the text when there is
 * none.
 */
function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote >= 0) {
    let before = quote - 1;
    while (text.charCodeAt(before) === BACKSLASH) before -= 1;
    if ((quote - before) % 2 === 1) return quote + 1;
    quote = text.indexOf('"', quote + 1);
  }
  return text.length;
}

function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && isNumberPart(text.charCodeAt(end))) end += 1;
  return end;
}

/**
 * Whether JavaScript prints this number as the reference does. Short integers and short fractions
 * of a usual size are told by their digits; the rest is printed both ways.
 */
function isPlainNumber(text: string, start: number, end: number): boolean {
  const digits = text.charCodeAt(start) === MINUS ? start + 1 : start;
  let point = digits;
  while (point < end && isDigit(text.charCodeAt(point))) point += 1;
  if (point === end && end - digits <= 15) return true;
  if (isShortFraction(text, { digits, point, end })) return true;
  const source = text.slice(start, end);
  return javaNumberText(source) === String(Number(source));
}

/**
 * 1 to 7 digits (not just 0), a point and digits up to 15 in all, the last of them not 0: doubles
 * print these as is.
 */
function isShortFraction(
  text: string,
  at: { readonly digits: number; readonly point: number; readonly end: number },
): boolean {
  if (text.charCodeAt(at.point) !== POINT || at.point - at.digits > 7 || at.end - at.digits > 16)
    return false;
  if (text.charCodeAt(at.digits) === ZERO || text.charCodeAt(at.end - 1) === ZERO) return false;
  for (let index = at.point + 1; index < at.end; index += 1) {
    if (!isDigit(text.charCodeAt(index))) return false;
  }
  return at.end > at.point + 1;
}

function isSpace(code: number): boolean {
  return code === SPACE || code === LINE_FEED || code === CARRIAGE_RETURN || code === TAB;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

/** Digits, sign, point and exponent. */
function isNumberPart(code: number): boolean {
  return (
    isDigit(code) ||
    code === POINT ||
    code === MINUS ||
    code === 0x2b ||
    code === 0x45 ||
    code === 0x65
  );
}
