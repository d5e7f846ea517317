import { inHashOrder } from "../model/hash-order.ts";
import {
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  memberOf,
  setMember,
} from "../model/json.ts";
import { boundedCache } from "../bounded-cache.ts";
import type { Scope } from "./scope.ts";
import { parseTemplateText, type Part, type TemplateText, valueOf } from "./template-text.ts";

/** A compiled template: how to resolve it, and what that reads. */
interface Template {
  /** Absent: there is nothing to resolve, the template is its own result. */
  readonly resolve?: (scope: Scope) => Json;
  readonly names: ReadonlySet<string>;
}

const STATIC: Template = { names: new Set() };

/** Templates are immutable, so a compiled one holds as long as the object lives. */
const compiledObjects = new WeakMap<object, Template>();
const compiledStrings = boundedCache<Template>(2_000);

/**
 * The template with all its `${…}` resolved, in strings at any depth; keys are never looked at. A
 * template (or a part of it) without expressions and with its maps in order is returned as it is, and
 * compiled ones are kept by the template object: whoever uses one often should keep the object.
 *
 * A string that is exactly one expression becomes the value with its type, any other string a text.
 * What cannot be found or read is null; nothing is thrown but what the scope throws.
 * `${workflow.secrets.…}` stays as it is written.
 */
export function resolveTemplate(template: Json, scope: Scope): Json {
  return resolveWith(compileTemplate(template), template, scope);
}

function resolveWith({ resolve }: Template, template: Json, scope: Scope): Json {
  return resolve === undefined ? template : resolve(scope);
}

/**
 * The first segments of all expressions in the template: what they may read of the document, so
 * what has to be there. `*` is among them when only the values will tell (`${${x}.output}`), or
 * when a path begins with a wildcard.
 */
export function referencedNames(template: Json): ReadonlySet<string> {
  return compileTemplate(template).names;
}

function compileTemplate(template: Json): Template {
  if (typeof template === "string") return compileString(template);
  if (typeof template !== "object" || template === null) return STATIC;
  let compiled = compiledObjects.get(template);
  if (compiled === undefined) {
    compiled = compileContainer(template);
    compiledObjects.set(template, compiled);
  }
  return compiled;
}

function compileContainer(template: Json): Template {
  if (isJsonArray(template)) {
    const items = template.map((value) => ({ value, compiled: compileTemplate(value) }));
    const parts = items.map(({ compiled }) => compiled);
    return fromParts(parts, (scope) =>
      items.map(({ value, compiled }) => resolveWith(compiled, value, scope)),
    );
  }
  return isJsonObject(template) ? compileObject(template) : STATIC;
}

/** Maps list their members as the reference does, which shows where they are made into text. */
function compileObject(template: JsonObject): Template {
  const members = inHashOrder(Object.keys(template)).map((key) => {
    const value = memberOf(template, key) ?? null;
    return { key, value, compiled: compileTemplate(value) };
  });
  const resolve = (scope: Scope): Json => {
    const result: { [key: string]: Json } = {};
    for (const { key, value, compiled } of members) {
      setMember(result, key, resolveWith(compiled, value, scope));
    }
    return result;
  };
  const parts = members.map(({ compiled }) => compiled);
  const isInOrder = Object.keys(template).every((key, index) => key === members[index]?.key);
  return isInOrder || parts.some((part) => part.resolve !== undefined)
    ? fromParts(parts, resolve)
    : { resolve, names: STATIC.names };
}

function fromParts(parts: readonly Template[], resolve: (scope: Scope) => Json): Template {
  if (parts.every((part) => part.resolve === undefined)) return STATIC;
  const names = new Set<string>();
  for (const part of parts) for (const name of part.names) names.add(name);
  return { resolve, names };
}

function compileString(text: string): Template {
  // Most strings have no expression: those are not worth a place in the cache.
  if (!text.includes("${")) return STATIC;
  let compiled = compiledStrings.get(text);
  if (compiled === undefined) {
    const parsed = parseTemplateText(text);
    compiled = parsed === undefined ? STATIC : fromText(parsed);
    compiledStrings.set(text, compiled);
  }
  return compiled;
}

function fromText(text: TemplateText): Template {
  const names = new Set<string>();
  addNames(text, names);
  return { resolve: (scope) => valueOf(text, scope), names };
}

function addNames(text: TemplateText, names: Set<string>): void {
  for (const part of text.parts) {
    if (typeof part === "string") continue;
    for (const name of part.expression?.names ?? namesOfNested(part)) names.add(name);
  }
}

/** Of an expression made from another one, the first segment if that is written out. */
function namesOfNested({ inside }: Part): ReadonlySet<string> {
  const names = new Set<string>();
  if (inside === undefined) return names;
  addNames(inside, names);
  const [first] = inside.parts;
  const segment = typeof first === "string" ? /^(?:\$\.)?([^$@.[(*\s]+)[.[]/.exec(first) : null;
  names.add(segment?.[1] ?? "*");
  return names;
}
