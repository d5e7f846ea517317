import { type Cursor, closingIndex, expect, isAtEnd, peek, skipBlanks, take } from "./cursor.ts";
import { takeMatch, takeQuoted } from "./cursor.ts";
import { parseFilter } from "./filter-parser.ts";
import { takeLiteral } from "./literal.ts";
import type { Argument } from "./path.ts";
import { type Path, PathError, type Step } from "./path.ts";

/** Paths within filters within paths, and brackets within those. */
const NESTING_MAX = 20;

/**
 * Parses a path in Jayway's dialect of JSONPath. `$.` may be left out.
 * @throws PathError when it is none.
 * Source: Jayway JsonPath, and recordings of what it really does.
 */
export function parsePath(text: string, nesting: number = NESTING_MAX): Path {
  if (nesting <= 0) throw new PathError("nested too deep");
  const trimmed = text.trim();
  const isRooted = trimmed.startsWith("$") || trimmed.startsWith("@");
  const cursor: Cursor = { text: isRooted ? trimmed : `$.${text.trimEnd()}`, at: 1 };
  if (!isAtEnd(cursor) && !/[.[]/.test(peek(cursor))) throw new PathError("expected . or [");
  const parser: Parser = { cursor, names: new Set(), steps: [], nesting };
  while (!isAtEnd(cursor)) takeStep(parser);
  return finish(parser);
}

interface Parser {
  readonly cursor: Cursor;
  readonly names: Set<string>;
  readonly steps: Step[];
  readonly nesting: number;
}

function finish({ cursor, names, steps }: Parser): Path {
  const isFromRoot = cursor.text.startsWith("$");
  const [first] = steps;
  if (isFromRoot) names.add(first?.kind === "member" ? first.name : "*");
  return {
    steps,
    names,
    isFromRoot,
    isDefinite: steps.every((step, index) => isDefiniteStep(step, index === steps.length - 1)),
    isSimple: steps.every((step) => step.kind === "member" || step.kind === "index"),
  };
}

function isDefiniteStep(step: Step, isLast: boolean): boolean {
  if (step.kind === "members") return isLast;
  return step.kind === "member" || step.kind === "index" || step.kind === "function";
}

function takeStep(parser: Parser): void {
  const { cursor, steps } = parser;
  if (take(cursor, "..")) {
    steps.push({ kind: "scan" });
    if (isAtEnd(cursor) || peek(cursor) === ".") throw new PathError("expected a step after ..");
  } else if (take(cursor, ".")) {
    if (isAtEnd(cursor) || peek(cursor) === ".") throw new PathError("expected a step after .");
  }
  if (peek(cursor) === "[") steps.push(takeBracket(parser));
  else if (take(cursor, "*")) steps.push({ kind: "wildcard" });
  else steps.push(takeName(parser));
}

function takeName(parser: Parser): Step {
  const { cursor } = parser;
  const name = takeMatch(cursor, /[^ .[(]+/y);
  if (name === undefined || peek(cursor) === " ") {
    throw new PathError(`expected a name without blanks at ${cursor.at}`);
  }
  return peek(cursor) === "(" ? takeFunction(parser, name) : { kind: "member", name };
}

function takeFunction(parser: Parser, name: string): Step {
  const { cursor } = parser;
  const end = closingIndex(cursor.text, cursor.at);
  const content = cursor.text.slice(cursor.at + 1, end);
  cursor.at = end + 1;
  return { kind: "function", name, args: parseArguments(parser, content) };
}

function parseArguments(parser: Parser, content: string): readonly Argument[] {
  const args: Argument[] = [];
  const inner: Cursor = { text: content, at: 0 };
  skipBlanks(inner);
  if (isAtEnd(inner)) return args;
  do {
    skipBlanks(inner);
    if (/[$@]/.test(peek(inner))) args.push({ path: nested(parser, takePathText(inner, ",")) });
    else args.push({ value: takeLiteral(inner, parser.nesting) });
    skipBlanks(inner);
  } while (take(inner, ","));
  if (!isAtEnd(inner)) throw new PathError(`expected , in ${content}`);
  return args;
}

/** A path within this one; what it reads of the document, this one reads. */
function nested(parser: Parser, text: string): Path {
  const path = parsePath(text, parser.nesting - 1);
  for (const name of path.names) parser.names.add(name);
  return path;
}

/** The text of a path up to a blank, an operator, a closing bracket or one of `stops`. */
function takePathText(cursor: Cursor, stops: string): string {
  const start = cursor.at;
  while (!isAtEnd(cursor)) {
    const char = peek(cursor);
    if (char === "[" || char === "(") cursor.at = closingIndex(cursor.text, cursor.at);
    else if (` )]<>=~!&|${stops}`.includes(char)) break;
    cursor.at += 1;
  }
  return cursor.text.slice(start, cursor.at);
}

function takeBracket(parser: Parser): Step {
  const { cursor } = parser;
  expect(cursor, "[");
  skipBlanks(cursor);
  const step = takeBracketContent(parser);
  skipBlanks(cursor);
  expect(cursor, "]");
  return step;
}

function takeBracketContent(parser: Parser): Step {
  const { cursor, nesting } = parser;
  if (take(cursor, "*")) return { kind: "wildcard" };
  if (peek(cursor) === "'" || peek(cursor) === '"') return takeNames(cursor);
  if (!take(cursor, "?")) return takeIndices(cursor);
  skipBlanks(cursor);
  const takePath = (): Path => nested(parser, takePathText(cursor, ""));
  return { kind: "filter", test: parseFilter(cursor, { takePath, nesting }) };
}

function takeNames(cursor: Cursor): Step {
  const names: string[] = [];
  do {
    skipBlanks(cursor);
    if (!/["']/.test(peek(cursor))) throw new PathError(`expected a name at ${cursor.at}`);
    names.push(takeQuoted(cursor));
    skipBlanks(cursor);
  } while (take(cursor, ","));
  const [name] = names;
  if (names.length === 1 && name !== undefined) return { kind: "member", name };
  return { kind: "members", names };
}

/** An index, several (`1, -2`) or a slice (`1:3`, `-2:`, `:2`; a third part has no meaning). */
function takeIndices(cursor: Cursor): Step {
  const slice = takeMatch(cursor, /-?\d*:[-\d:]*/y);
  if (slice !== undefined) {
    const [from, to] = slice.split(":").map((part) => (part === "" ? undefined : toIndex(part)));
    if (from === undefined && to === undefined) throw new PathError("a slice without ends");
    return { kind: "slice", from, to };
  }
  const list = takeMatch(cursor, /-?\d+(?: *, *-?\d+)*/y);
  if (list === undefined) throw new PathError(`expected an index at ${cursor.at}`);
  const indices = list.split(",").map((part) => toIndex(part.trim()));
  const [index] = indices;
  if (indices.length === 1 && index !== undefined) return { kind: "index", index };
  return { kind: "indices", indices };
}

function toIndex(text: string): number {
  const index = Number(text);
  if (!/^-?\d+$/.test(text) || Math.abs(index) > 2 ** 31) throw new PathError(`no index: ${text}`);
  return index;
}
