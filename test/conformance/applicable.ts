import { isObject } from "./paths.ts";
import type { Recording, Step } from "./recording.ts";
import {
  PROVIDER_TYPES,
  SUPPORTED_EVALUATORS,
  SUPPORTED_ROUTES,
  UNSUPPORTED_ANSWER_KEYS,
  UNSUPPORTED_QUERIES,
  UNSUPPORTED_ROUTES,
  UNSUPPORTED_TYPES,
} from "./supported.ts";

/** Why a recording is set aside: the first thing in it that is not supported so far; else `undefined`. */
export function findUnsupported(recording: Recording): string | undefined {
  const childIds = new Set(recording.steps.flatMap(savedChildIds));
  for (const step of recording.steps) {
    const found = unsupportedRoute(step) ?? unsupportedRevival(step, childIds);
    const inside = found ?? unsupportedTask(bodyOf(step)) ?? unsupportedAnswer(step);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

function lineOf(step: Step): string | undefined {
  return step.do ?? step.until;
}

function unsupportedRoute(step: Step): string | undefined {
  const line = lineOf(step);
  if (line === undefined) return undefined;
  const [route = "", query = ""] = line.split("?");
  const isKnown = SUPPORTED_ROUTES.some((pattern) => matches(route, pattern));
  const isLater = UNSUPPORTED_ROUTES.some((pattern) => matches(route, pattern));
  if (!isKnown || isLater) return `route ${route}`;
  const parameter = UNSUPPORTED_QUERIES.find((text) => query.includes(text));
  return parameter === undefined ? undefined : `query ${parameter}`;
}

function matches(route: string, pattern: string): boolean {
  const given = route.split("/");
  const wanted = pattern.split("/");
  return (
    given.length === wanted.length &&
    wanted.every((segment, index) => segment === given[index] || (segment === "{}" && given[index]))
  );
}

function savedChildIds(step: Step): string[] {
  return Object.entries(step.save ?? {})
    .filter(([, path]) => path.toLowerCase().endsWith("subworkflowid"))
    .map(([name]) => name);
}

/** Operations on a child that bring its ended ancestors back to life. */
function unsupportedRevival(step: Step, childIds: ReadonlySet<string>): string | undefined {
  const id = /^POST \/workflow\/\{\{(\w+)\}\}\/(retry|restart|rerun)\b/.exec(step.do ?? "")?.[1];
  return id !== undefined && childIds.has(id) ? "revival of ancestors" : undefined;
}

function bodyOf(step: Step): unknown {
  if (step.raw === undefined) return step.body;
  try {
    return JSON.parse(step.raw);
  } catch {
    return undefined; // Broken on purpose: no definition in it.
  }
}

/** Task types may stand anywhere: in definitions, in lists of a dynamic fork's input, in what a worker answers. */
function unsupportedTask(value: unknown): string | undefined {
  if (Array.isArray(value)) return firstDefined(value.map(unsupportedTask));
  if (!isObject(value)) return undefined;
  const own = typesNamedBy(value).find((type) => isUnsupportedType(type));
  if (own !== undefined) return `type ${own}`;
  return unsupportedSwitch(value) ?? firstDefined(Object.values(value).map(unsupportedTask));
}

function typesNamedBy(value: Record<string, unknown>): string[] {
  const names = [value["forkTaskType"], value["forkTaskName"]];
  const isTask = "taskReferenceName" in value;
  // The name of a SIMPLE task is its type: one that is named like a system type is that type.
  const isSimple = (value["type"] ?? "SIMPLE") === "SIMPLE";
  if (isTask) names.push(isSimple ? value["name"] : value["type"]);
  return names.filter((name) => typeof name === "string");
}

function isUnsupportedType(type: string): boolean {
  return UNSUPPORTED_TYPES.has(type) || PROVIDER_TYPES.has(type);
}

function unsupportedSwitch(value: Record<string, unknown>): string | undefined {
  const evaluator = value["evaluatorType"];
  if (value["type"] !== "SWITCH" || typeof evaluator !== "string") return undefined;
  return SUPPORTED_EVALUATORS.has(evaluator) ? undefined : `SWITCH by ${evaluator}`;
}

function unsupportedAnswer(step: Step): string | undefined {
  const text = JSON.stringify((step.better?.answer ?? step.answer)?.body ?? null);
  return UNSUPPORTED_ANSWER_KEYS.find((key) => text.includes(key));
}

function firstDefined<T>(values: readonly (T | undefined)[]): T | undefined {
  return values.find((value) => value !== undefined);
}
