import { type Json, type JsonObject, memberOf, setMember } from "../model/json.ts";
import type { Scope } from "./scope.ts";
import { resolveTemplate } from "./template.ts";

/** Merged inputs by input and template, so that the template of a task is compiled once. */
const merged = new WeakMap<JsonObject, WeakMap<JsonObject, JsonObject>>();

/**
 * The input with each top-level member of the template that is absent or null in it. The same
 * objects give the same result object.
 */
export function withTemplate(input: JsonObject, inputTemplate: JsonObject): JsonObject {
  const byTemplate = merged.get(input);
  const known = byTemplate?.get(inputTemplate);
  if (known !== undefined) return known;
  const result = fillMissing(input, inputTemplate);
  if (byTemplate !== undefined) byTemplate.set(inputTemplate, result);
  else merged.set(input, new WeakMap([[inputTemplate, result]]));
  return result;
}

/**
 * The input of a task: its `inputParameters` with the members of its definition's `inputTemplate`,
 * resolved; members that turned out null take the raw value of the template.
 * @param inputTemplate - absent for tasks whose type does not apply it.
 */
export function resolveInput(
  inputParameters: JsonObject,
  inputTemplate: JsonObject | undefined,
  scope: Scope,
): JsonObject {
  if (inputTemplate === undefined) return resolveMembers(inputParameters, scope);
  const resolved = resolveMembers(withTemplate(inputParameters, inputTemplate), scope);
  return fillMissing(resolved, inputTemplate);
}

/**
 * The input that a workflow starts with: the given one with the missing members of the definition's
 * `inputTemplate`. An input that is taken from external storage instead stays as it is.
 */
export function workflowInput(
  input: JsonObject,
  inputTemplate: JsonObject,
  hasExternalInput: boolean,
): JsonObject {
  const isGiven = Object.keys(input).length > 0;
  return hasExternalInput && !isGiven ? input : fillMissing(input, inputTemplate);
}

function resolveMembers(input: JsonObject, scope: Scope): JsonObject {
  // Resolving an object gives an object with the same keys.
  return resolveTemplate(input, scope) as JsonObject;
}

/** Every key of the template that is absent or null; the same object when there is none. */
function fillMissing(input: JsonObject, template: JsonObject): JsonObject {
  const missing = Object.keys(template).filter((key) => (memberOf(input, key) ?? null) === null);
  if (missing.length === 0) return input;
  const result: { [key: string]: Json } = {};
  for (const [key, value] of Object.entries(input)) setMember(result, key, value);
  for (const key of missing) setMember(result, key, memberOf(template, key) ?? null);
  return result;
}
