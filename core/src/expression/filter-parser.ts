import type { Json } from "../model/json.ts";
import { type Cursor, expect, peek, skipBlanks, take, takeMatch } from "./cursor.ts";
import { COMPARE, type Compare } from "./filter-operators.ts";
import { takeLiteral } from "./literal.ts";
import { type Filter, type Path, PathError } from "./path.ts";
import { readItem, readPath } from "./path-reader.ts";
import type { Document } from "./scope.ts";

/** What the parser of paths lends to the one of filters. */
export interface FilterParser {
  /** Parses the path that begins at the cursor and steps over it. */
  takePath(): Path;
  /** How deep brackets may still be nested. */
  readonly nesting: number;
}

/**
 * Parses a filter, `(@.id > 1 && @.name =~ /a.*\/i)`, and steps over it.
 * @throws PathError when it is none.
 */
export function parseFilter(cursor: Cursor, parser: FilterParser): Filter {
  if (parser.nesting <= 0) throw new PathError("nested too deep");
  expect(cursor, "(");
  const filter = takeOr(cursor, parser);
  skipBlanks(cursor);
  expect(cursor, ")");
  return filter;
}

function takeOr(cursor: Cursor, parser: FilterParser): Filter {
  const filters = [takeAnd(cursor, parser)];
  while (takeOperator(cursor, "||")) filters.push(takeAnd(cursor, parser));
  const [only] = filters;
  if (filters.length === 1 && only !== undefined) return only;
  return (item, document) => filters.some((filter) => filter(item, document));
}

function takeAnd(cursor: Cursor, parser: FilterParser): Filter {
  const filters = [takeTerm(cursor, parser)];
  while (takeOperator(cursor, "&&")) filters.push(takeTerm(cursor, parser));
  const [only] = filters;
  if (filters.length === 1 && only !== undefined) return only;
  return (item, document) => filters.every((filter) => filter(item, document));
}

function takeOperator(cursor: Cursor, operator: string): boolean {
  skipBlanks(cursor);
  return take(cursor, operator);
}

function takeTerm(cursor: Cursor, parser: FilterParser): Filter {
  const inner = { ...parser, nesting: parser.nesting - 1 };
  skipBlanks(cursor);
  if (take(cursor, "!")) {
    if (inner.nesting <= 0) throw new PathError("nested too deep");
    const filter = takeTerm(cursor, inner);
    return (item, document) => !filter(item, document);
  }
  if (peek(cursor) === "(") return parseFilter(cursor, inner);
  return takeComparison(cursor, inner);
}

type Operand = (item: Json, document: Document) => Json | undefined;

const OPERATOR = /===|!==|==|!=|<=|>=|=~|<|>/y;
const WORD_OPERATOR = /(?:in|nin|contains|size|empty|subsetof|anyof|noneof|all)(?=[ '"[/@$\d-])/iy;

function takeComparison(cursor: Cursor, parser: FilterParser): Filter {
  const path = isPath(cursor) ? parser.takePath() : undefined;
  const left = path === undefined ? constant(takeLiteral(cursor, parser.nesting)) : read(path);
  skipBlanks(cursor);
  const operator = takeMatch(cursor, OPERATOR) ?? takeMatch(cursor, WORD_OPERATOR)?.toLowerCase();
  if (operator === undefined) {
    if (path === undefined) throw new PathError(`expected an operator at ${cursor.at}`);
    return exists(path);
  }
  skipBlanks(cursor);
  if (operator === "=~") return matches(left, takeRegExp(cursor));
  const right = isPath(cursor)
    ? read(parser.takePath())
    : constant(takeLiteral(cursor, parser.nesting));
  const compare: Compare | undefined = COMPARE[operator];
  if (compare === undefined) throw new PathError(`there is no operator ${operator}`);
  return (item, document) => compare(left(item, document), right(item, document));
}

function isPath(cursor: Cursor): boolean {
  return peek(cursor) === "@" || peek(cursor) === "$";
}

function constant(value: Json): Operand {
  return () => value;
}

function read(path: Path): Operand {
  if (path.isFromRoot) return (_item, document) => readPath(path, document);
  return (item, document) => readItem(path, item, document);
}

/** An indefinite path always gives an array, so that it always exists. Source: Jayway JsonPath. */
function exists(path: Path): Filter {
  const operand = read(path);
  return (item, document) => operand(item, document) !== undefined;
}

/** The whole of a string, a number or a boolean, or of one of an array, must match. */
function matches(operand: Operand, pattern: RegExp): Filter {
  const isMatch = (value: Json | undefined): boolean => {
    if (typeof value === "string") return pattern.test(value);
    return (typeof value === "number" || typeof value === "boolean") && pattern.test(`${value}`);
  };
  return (item, document) => {
    const value = operand(item, document);
    return Array.isArray(value) ? value.some(isMatch) : isMatch(value);
  };
}

function takeRegExp(cursor: Cursor): RegExp {
  const source = takeMatch(cursor, /\/(?:[^/\\]|\\.)*\/[a-zA-Z]*/y);
  if (source === undefined) throw new PathError(`expected a regular expression at ${cursor.at}`);
  const end = source.lastIndexOf("/");
  // Of Java's flags, those that JavaScript has; `x`, `d` and `u` change nothing that matters here.
  const flags = [...new Set(source.slice(end + 1).replace(/[^ims]/g, ""))].join("");
  try {
    return new RegExp(`(?<![^])(?:${source.slice(1, end)})(?![^])`, flags);
  } catch {
    // Java's syntax is wider than JavaScript's; what is no expression here makes no path.
    throw new PathError(`not a regular expression: ${source}`);
  }
}
