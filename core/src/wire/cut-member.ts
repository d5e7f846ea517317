/**
 * Cuts one member of a JSON object out of its text without parsing it, so that payloads stay text.
 *
 * The scan reads every character once and validates as it goes. It only answers for plain text,
 * which is nearly all there is: no `\u` escapes, no numbers that would be written differently, no repeated keys, no deep
 * nesting, nothing after the object. Whatever else comes is left to a full parse, which knows every
 * rule.
 */

import { javaNumberText } from "../model/java-number.ts";

/** An object's text in two parts. */
export interface Cut {
  /** The text of the member's value, exactly as written; `undefined` when the object has no such member. */
  readonly value: string | undefined;
  /** The object's text with `null` in place of that value. */
  readonly rest: string;
}

/** Objects with more keys than this are left to the full parse: their keys are compared pair by pair. */
const KEYS_MAX = 64;
/** Deeper texts are left to the full parse. */
const DEPTH_MAX = 64;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

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
  return unlessUnusual(() => new Scan(text).cut(member));
}

/** Whether the text is that of an object that may be kept as it is. */
export function isPlainObject(text: string): boolean {
  return unlessUnusual(() => new Scan(text).object()) === true;
}

/** The texts of a list's elements; `undefined` as for `cutMember`. */
export function cutElements(text: string): string[] | undefined {
  return unlessUnusual(() => new Scan(text).elements());
}

function unlessUnusual<T>(scan: () => T): T | undefined {
  try {
    return scan();
  } catch (error) {
    if (error === UNUSUAL) return undefined;
    throw error;
  }
}

class Scan {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  object(): boolean {
    this.#open(OPEN_OBJECT);
    this.#members(() => this.#value(1));
    this.#end();
    return true;
  }

  elements(): string[] {
    const elements: string[] = [];
    this.#open(OPEN_LIST);
    this.#list(() => {
      const start = this.#at;
      this.#value(1);
      elements.push(this.#text.slice(start, this.#at));
    });
    this.#end();
    return elements;
  }

  cut(member: string): Cut {
    let from = -1;
    let to = -1;
    this.#open(OPEN_OBJECT);
    this.#members((key) => {
      const start = this.#at;
      this.#value(1);
      if (key !== member) return;
      from = start;
      to = this.#at;
    });
    this.#end();
    if (from < 0) return { value: undefined, rest: this.#text };
    const rest = this.#text.slice(0, from) + "null" + this.#text.slice(to);
    return { value: this.#text.slice(from, to), rest };
  }

  #open(bracket: number): void {
    this.#space();
    if (this.#next() !== bracket) throw UNUSUAL;
  }

  #end(): void {
    this.#space();
    if (this.#at < this.#text.length) throw UNUSUAL;
  }

  /** Reads the members up to the closing brace; `each` reads one value. */
  #members(each: (key: string) => void): void {
    const keys: string[] = [];
    this.#space();
    if (this.#peek() === CLOSE_OBJECT) {
      this.#at++;
      return;
    }
    for (;;) {
      this.#space();
      const key = this.#key();
      if (keys.length === KEYS_MAX || keys.includes(key)) throw UNUSUAL;
      keys.push(key);
      this.#space();
      if (this.#next() !== COLON) throw UNUSUAL;
      this.#space();
      each(key);
      this.#space();
      const end = this.#next();
      if (end === CLOSE_OBJECT) return;
      if (end !== COMMA) throw UNUSUAL;
    }
  }

  #list(each: () => void): void {
    this.#space();
    if (this.#peek() === CLOSE_LIST) {
      this.#at++;
      return;
    }
    for (;;) {
      this.#space();
      each();
      this.#space();
      const end = this.#next();
      if (end === CLOSE_LIST) return;
      if (end !== COMMA) throw UNUSUAL;
    }
  }

  #value(depth: number): void {
    if (depth > DEPTH_MAX) throw UNUSUAL;
    const code = this.#peek();
    switch (code) {
      case QUOTE:
        this.#string();
        return;
      case OPEN_OBJECT:
        this.#at++;
        this.#members(() => this.#value(depth + 1));
        return;
      case OPEN_LIST:
        this.#at++;
        this.#list(() => this.#value(depth + 1));
        return;
      default:
        if (code === MINUS || (code >= ZERO && code <= NINE)) this.#number();
        else this.#word();
    }
  }

  /** A string without escapes: what keys nearly always are. */
  #key(): string {
    const start = this.#at;
    this.#string();
    const key = this.#text.slice(start + 1, this.#at - 1);
    if (key.includes("\\")) throw UNUSUAL;
    return key;
  }

  #string(): void {
    const text = this.#text;
    let at = this.#at;
    if (text.charCodeAt(at) !== QUOTE) throw UNUSUAL;
    for (at++; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#at = at + 1;
        return;
      }
      // A surrogate in the text itself came from well-formed UTF-8, so it has its other half.
      if (code < 0x20) throw UNUSUAL;
      if (code === BACKSLASH && !'"\\/bfnrt'.includes(text.charAt(++at) || "u")) throw UNUSUAL;
    }
    throw UNUSUAL;
  }

  #number(): void {
    const start = this.#at;
    while (isNumberPart(this.#peek())) this.#at++;
    const written = this.#text.slice(start, this.#at);
    if (!NUMBER.test(written) || javaNumberText(written) !== written) throw UNUSUAL;
  }

  #word(): void {
    for (const word of ["true", "false", "null"]) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return;
    }
    throw UNUSUAL;
  }

  #space(): void {
    const text = this.#text;
    let code = text.charCodeAt(this.#at);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      code = text.charCodeAt(++this.#at);
    }
  }

  /** NaN at the end, which equals nothing. */
  #peek(): number {
    return this.#text.charCodeAt(this.#at);
  }

  #next(): number {
    return this.#text.charCodeAt(this.#at++);
  }
}

/** Digits, signs, the point and the exponent. */
function isNumberPart(code: number): boolean {
  if (code >= ZERO && code <= NINE) return true;
  return code === 0x2e || code === MINUS || code === 0x2b || code === 0x65 || code === 0x45;
}
