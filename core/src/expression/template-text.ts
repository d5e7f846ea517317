import { type Json, writeJson } from "../model/json.ts";
import { compileExpression, type Expression, SECRETS_PREFIX } from "./expression.ts";
import { javaText } from "./java-text.ts";
import type { Scope } from "./scope.ts";

/**
 * A string cut into literal text and expressions: `a ${b.${c}} d` is `"a "`, an expression whose
 * inside is again such a text, and `" d"`.
 *
 * An expression begins at `${` without another `$` before it and ends at the brace that balances
 * its own; quotes have no meaning. One without an end is literal text. `$${` is an escape.
 */
export interface TemplateText {
  readonly parts: readonly (string | Part)[];
  /** Has no expression, only escapes. */
  readonly isConstant: boolean;
}

export interface Part {
  /** As it is written, with its braces. */
  readonly source: string;
  /** Absent when it has an expression within it: then its text has to be made first. */
  readonly expression?: Expression;
  readonly inside?: TemplateText;
}

/** Expressions within expressions; what is deeper is literal text. */
const NESTING_MAX = 20;

/** Cuts a string up, or gives `undefined` when there is nothing in it to resolve. */
export function parseTemplateText(text: string): TemplateText | undefined {
  if (!text.includes("${")) return undefined;
  return cut(text, { ends: matchingBraces(text), from: 0, to: text.length }, NESTING_MAX);
}

export interface WrittenExpression {
  /** What stands between `${` and `}`. */
  readonly inside: string;
  /** There are expressions in it, so that it is no path yet. */
  readonly hasNested: boolean;
}

/** The expressions in a text as they are written, those within others after them. */
export function listExpressions(text: string): readonly WrittenExpression[] {
  const template = parseTemplateText(text);
  return template === undefined ? [] : written(template);
}

function written({ parts }: TemplateText): readonly WrittenExpression[] {
  return parts.flatMap((part) => {
    if (typeof part === "string") return [];
    const own = { inside: part.source.slice(2, -1), hasNested: part.inside !== undefined };
    return [own, ...(part.inside === undefined ? [] : written(part.inside))];
  });
}

/** For each opening brace that follows a `$`, the index of the brace that balances it. */
function matchingBraces(text: string): ReadonlyMap<number, number> {
  const ends = new Map<number, number>();
  const open: number[] = [];
  for (let index = text.search(/[{}]/); index < text.length && index >= 0; index += 1) {
    const char = text.charAt(index);
    if (char === "{") open.push(index);
    if (char !== "}") continue;
    const start = open.pop();
    if (start !== undefined && text.charAt(start - 1) === "$") ends.set(start, index);
  }
  return ends;
}

interface Span {
  readonly ends: ReadonlyMap<number, number>;
  readonly from: number;
  readonly to: number;
}

function cut(text: string, { ends, from, to }: Span, nesting: number): TemplateText {
  const parts: (string | Part)[] = [];
  let literalFrom = from;
  let dollar = text.indexOf("${", from);
  while (dollar >= 0 && dollar < to) {
    const end = ends.get(dollar + 1);
    const isEscaped = dollar > from && text.charAt(dollar - 1) === "$";
    if (end === undefined || end >= to || isEscaped || nesting === 0) {
      dollar = text.indexOf("${", dollar + 2);
      continue;
    }
    if (dollar > literalFrom) parts.push(text.slice(literalFrom, dollar));
    const inside = cut(text, { ends, from: dollar + 2, to: end }, nesting - 1);
    parts.push(toPart(text.slice(dollar, end + 1), inside));
    literalFrom = end + 1;
    dollar = text.indexOf("${", literalFrom);
  }
  if (to > literalFrom) parts.push(text.slice(literalFrom, to));
  return { parts, isConstant: parts.every((part) => typeof part === "string") };
}

function toPart(source: string, inside: TemplateText): Part {
  const text = source.slice(2, -1);
  if (text.startsWith(SECRETS_PREFIX)) return { source, expression: compileExpression(text) };
  if (!inside.isConstant) return { source, inside };
  return { source, expression: compileExpression(unescapeText(text)) };
}

/** The value of a string: that of its expression if it is exactly one, else a text. */
export function valueOf(template: TemplateText, scope: Scope): Json {
  const [only] = template.parts;
  if (template.parts.length !== 1 || only === undefined || typeof only === "string") {
    return textOf(template, scope);
  }
  const value = expressionOf(only, scope).find(scope);
  return value === undefined ? only.source : value;
}

/** The text of a string. The escapes are undone in all of it, inserted values included. */
function textOf({ parts }: TemplateText, scope: Scope): string {
  let text = "";
  for (const part of parts) text += typeof part === "string" ? part : partText(part, scope);
  return unescapeText(text);
}

function partText(part: Part, scope: Scope): string {
  const expression = expressionOf(part, scope);
  const value = expression.find(scope);
  if (value === undefined) return part.source;
  return expression.isDefinite ? javaText(value) : writeJson(value);
}

function expressionOf(part: Part, scope: Scope): Expression {
  if (part.expression !== undefined) return part.expression;
  return compileExpression(part.inside === undefined ? "" : textOf(part.inside, scope));
}

function unescapeText(text: string): string {
  return text.includes("$${") ? text.replaceAll("$${", () => "${") : text;
}
