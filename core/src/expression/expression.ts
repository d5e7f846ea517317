import { type Json, parseJson } from "../model/json.ts";
import { boundedCache } from "../bounded-cache.ts";
import { compilePath } from "./compile-path.ts";
import { documentOf, readItem, readPath } from "./path-reader.ts";
import type { Scope } from "./scope.ts";

/** What stands between the braces of `${…}`, once nothing in it is left to be resolved. */
export interface Expression {
  /** `undefined`: the expression stays in its place as it is written. */
  find(scope: Scope): Json | undefined;
  /** Its text is that of a value; that of an indefinite path is JSON. */
  readonly isDefinite: boolean;
  /** What it reads of the document; `*` for all. */
  readonly names: ReadonlySet<string>;
}

export const SECRETS_PREFIX = "workflow.secrets.";
const ENVIRONMENT_PREFIX = "workflow.env.";

const NOTHING: ReadonlySet<string> = new Set();

const compiled = boundedCache<Expression>(5_000);

/** Compiles the inside of an expression. Remembers the last ones. */
export function compileExpression(inside: string): Expression {
  let expression = compiled.get(inside);
  if (expression === undefined) {
    expression = compile(inside);
    compiled.set(inside, expression);
  }
  return expression;
}

/** The order of the cases is the reference's order of resolution. */
function compile(inside: string): Expression {
  if (inside.trim() === "") return constant("");
  if (inside.startsWith(SECRETS_PREFIX)) return constant(undefined);
  if (inside.startsWith(ENVIRONMENT_PREFIX)) {
    return fromEnvironmentStore(inside.slice(ENVIRONMENT_PREFIX.length));
  }
  switch (inside) {
    case "CPEWF_TASK_ID":
      return { find: (scope) => scope.taskId, isDefinite: true, names: NOTHING };
    case "NETFLIX_ENV":
    case "NETFLIX_STACK":
      return { find: (scope) => scope.environment(inside), isDefinite: true, names: NOTHING };
    default:
      return fromDocument(inside);
  }
}

function constant(value: Json | undefined): Expression {
  return { find: () => value, isDefinite: true, names: NOTHING };
}

/** `NAME` is a value as it is; `NAME.path` reads it as JSON. */
function fromEnvironmentStore(rest: string): Expression {
  const dot = rest.indexOf(".");
  const find =
    dot < 0
      ? (scope: Scope) => scope.workflowEnv(rest) ?? null
      : (scope: Scope) =>
          findInText(scope.workflowEnv(rest.slice(0, dot)), rest.slice(dot + 1)) ?? null;
  return { find, isDefinite: true, names: NOTHING };
}

/**
 * Reads a text as JSON and a path in it; `undefined` when one of the two is nothing of the kind.
 */
export function findInText(text: string | undefined, pathText: string): Json | undefined {
  const path = compilePath(pathText);
  if (text === undefined || path === undefined) return undefined;
  let value: Json;
  try {
    value = parseJson(text);
  } catch (error) {
    // A value that is no JSON has no members; the rules of expressions make that null.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return readItem(path, value, documentOf(value));
}

function fromDocument(inside: string): Expression {
  const path = compilePath(inside);
  if (path === undefined) return withEnvironment(inside, constant(null));
  const { isDefinite, names } = path;
  const find = (scope: Scope): Json => readPath(path, scope) ?? null;
  return withEnvironment(inside, { find, isDefinite, names });
}

/** A single word may name a variable of the environment, which comes first. */
function withEnvironment(inside: string, expression: Expression): Expression {
  if (/[.[\s]/.test(inside)) return expression;
  return { ...expression, find: (scope) => scope.environment(inside) ?? expression.find(scope) };
}
