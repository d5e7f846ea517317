import {
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  memberOf,
  setMember,
} from "../model/json.ts";
import type { Path, Step } from "./path.ts";
import { callFunction } from "./path-functions.ts";
import type { Document } from "./scope.ts";

/**
 * What a path leads to in the document: `undefined` when a definite path leads nowhere, an array
 * (maybe empty) for an indefinite one. Throws only what the document throws.
 */
export function readPath(path: Path, document: Document): Json | undefined {
  const [first, second, third] = path.steps;
  if (first?.kind !== "member") return readFrom(path, 0, { value: whole(document), document });
  if (second?.kind !== "member") {
    return readFrom(path, 1, { value: document.readAll(first.name), document });
  }
  const member = third?.kind === "member" ? third.name : undefined;
  return readFrom(path, 2, { value: document.read(first.name, second.name, member), document });
}

/** The same from an item, for paths that begin with `@`, or from a value that is the document. */
export function readItem(path: Path, item: Json, document: Document): Json | undefined {
  return readFrom(path, 0, { value: item, document });
}

/** A value as a document of its own. */
export function documentOf(value: Json): Document {
  const readAll = (first: string): Json | undefined => memberOfValue(value, first);
  return {
    readAll,
    read: (first, second) => memberOfValue(readAll(first), second),
    names: () => (isJsonObject(value) ? Object.keys(value) : []),
  };
}

function whole(document: Document): Json {
  const object: { [key: string]: Json } = {};
  for (const name of document.names()) {
    const value = document.readAll(name);
    if (value !== undefined) setMember(object, name, value);
  }
  return object;
}

interface Start {
  readonly value: Json | undefined;
  readonly document: Document;
}

function readFrom(path: Path, at: number, { value, document }: Start): Json | undefined {
  if (path.isSimple) return walk(path.steps, at, value);
  const visit: Visit = { steps: path.steps, document, found: [], failed: false };
  if (value !== undefined) follow(visit, at, value);
  if (visit.failed) return undefined;
  return path.isDefinite ? visit.found[0] : visit.found;
}

function walk(steps: readonly Step[], at: number, start: Json | undefined): Json | undefined {
  let value = start;
  for (let index = at; index < steps.length && value !== undefined; index += 1) {
    const step = steps[index];
    if (step?.kind === "member") value = memberOfValue(value, step.name);
    else if (step?.kind === "index") value = isJsonArray(value) ? value.at(step.index) : undefined;
  }
  return value;
}

function memberOfValue(value: Json | undefined, name: string): Json | undefined {
  return isJsonObject(value) ? memberOf(value, name) : undefined;
}

interface Visit {
  readonly steps: readonly Step[];
  readonly document: Document;
  readonly found: Json[];
  /** A function could not be computed somewhere: then the whole path leads nowhere. */
  failed: boolean;
}

/** Takes the step `at` from a value, and from there on all that follow; ends are collected. */
function follow(visit: Visit, at: number, value: Json): void {
  const step = visit.steps[at];
  if (step === undefined) {
    visit.found.push(value);
    return;
  }
  switch (step.kind) {
    case "member":
    case "members":
      followMembers(visit, at, value);
      return;
    case "index":
      followIndex(visit, at, { value, index: step.index });
      return;
    case "indices":
      for (const index of step.indices) followIndex(visit, at, { value, index });
      return;
    case "slice":
      for (const index of sliceOf(step, value)) followIndex(visit, at, { value, index });
      return;
    case "wildcard":
      for (const child of childrenOf(value)) follow(visit, at + 1, child);
      return;
    case "scan":
      scan(visit, at + 1, value);
      return;
    case "filter":
      // An object is an item itself, an array has items.
      for (const item of isJsonArray(value) ? value : isJsonObject(value) ? [value] : []) {
        if (step.test(item, visit.document)) follow(visit, at + 1, item);
      }
      return;
    case "function":
      followFunction(visit, at, value);
  }
}

function followMembers(visit: Visit, at: number, value: Json): void {
  const step = visit.steps[at];
  if (!isJsonObject(value)) return;
  const names = step?.kind === "member" ? [step.name] : step?.kind === "members" ? step.names : [];
  if (step?.kind === "members" && at === visit.steps.length - 1) {
    visit.found.push(selected(value, names));
    return;
  }
  for (const name of names) {
    const member = memberOf(value, name);
    if (member !== undefined) follow(visit, at + 1, member);
  }
}

function selected(value: JsonObject, names: readonly string[]): JsonObject {
  const some: { [key: string]: Json } = {};
  for (const name of names) {
    const member = memberOf(value, name);
    if (member !== undefined) setMember(some, name, member);
  }
  return some;
}

function followIndex(
  visit: Visit,
  at: number,
  { value, index }: { readonly value: Json; readonly index: number },
): void {
  const item = isJsonArray(value) ? value.at(index) : undefined;
  if (item !== undefined) follow(visit, at + 1, item);
}

/**
 * The indices of a slice. With both ends given, negative ones are not taken from the end before
 * they are compared: `[0:-1]` is nothing.
 * Source: Jayway JsonPath.
 */
function sliceOf(step: Step & { kind: "slice" }, value: Json): readonly number[] {
  const length = isJsonArray(value) ? value.length : 0;
  let from = step.from ?? 0;
  let to = step.to ?? length;
  if (step.to === undefined) from = Math.max(0, from < 0 ? length + from : from);
  if (step.from === undefined && to < 0) to += length;
  from = Math.max(from, -length);
  to = Math.min(to, length);
  return Array.from({ length: Math.max(0, to - from) }, (_, offset) => from + offset);
}

function childrenOf(value: Json): readonly Json[] {
  if (isJsonArray(value)) return value;
  return isJsonObject(value) ? Object.values(value) : [];
}

/** Takes the step `at` from a value and from everything within it where that step can begin. */
function scan(visit: Visit, at: number, value: Json): void {
  if (!isJsonArray(value) && !isJsonObject(value)) return;
  const step = visit.steps[at];
  if (step !== undefined && canBegin(step, value, visit)) follow(visit, at, value);
  for (const child of childrenOf(value)) scan(visit, at, child);
}

function canBegin(step: Step, value: Json, visit: Visit): boolean {
  switch (step.kind) {
    case "member":
      return isJsonObject(value);
    case "members":
      // Several at the end of a path make one object, and there all of them must be.
      if (!isJsonObject(value)) return false;
      return step !== visit.steps.at(-1) || step.names.every((name) => Object.hasOwn(value, name));
    case "index":
    case "indices":
    case "slice":
      return isJsonArray(value);
    case "filter":
      return step.test(value, visit.document);
    case "wildcard":
      return true;
    case "scan":
    case "function":
      return false;
  }
}

function followFunction(visit: Visit, at: number, value: Json): void {
  const step = visit.steps[at];
  if (step?.kind !== "function") return;
  const args: Json[] = [];
  for (const arg of step.args) {
    if ("value" in arg) args.push(arg.value);
    else args.push(readArgument(arg.path, value, visit.document));
  }
  const result = callFunction(step.name, value, args);
  if (result === undefined) visit.failed = true;
  else follow(visit, at + 1, result);
}

function readArgument(path: Path, value: Json, document: Document): Json {
  return (path.isFromRoot ? readPath(path, document) : readItem(path, value, document)) ?? null;
}
