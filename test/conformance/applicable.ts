import { isObject } from "./paths.ts";
import type { Recording, Step } from "./recording.ts";
import {
  PROVIDER_TYPES,
  SUPPORTED_ROUTES,
  UNSUPPORTED_ANSWER_KEYS,
  UNSUPPORTED_EVALUATORS,
  UNSUPPORTED_OUTPUT_BYTES,
  UNSUPPORTED_ROUTES,
  UNSUPPORTED_TYPES,
} from "./supported.ts";

/** Why a recording is set aside: the first thing in it that is not supported so far; else `undefined`. */
export function findUnsupported(recording: Recording): string | undefined {
  return firstDefined(recording.steps.map(unsupportedIn));
}

function unsupportedIn(step: Step): string | undefined {
  const wanted = step.better?.answer ?? step.answer;
  const status = wanted?.status ?? 200;
  // What is to be refused uses nothing: a route that does not exist, a definition that is not accepted.
  const route = NO_SUCH_ROUTE.has(status) ? undefined : unsupportedRoute(step);
  const task = status >= 400 ? undefined : unsupportedTask(bodyOf(step));
  return (
    route ??
    task ??
    unsupportedOutput(step) ??
    unsupportedText(wanted?.body, UNSUPPORTED_ANSWER_KEYS)
  );
}

/** A script that makes a text of so many characters. */
const REPEAT = /\.repeat\((\d+)\)/;

function unsupportedOutput(step: Step): string | undefined {
  const { min, max } = UNSUPPORTED_OUTPUT_BYTES;
  const bytes = Number(REPEAT.exec(JSON.stringify(step.body ?? null))?.[1] ?? 0);
  return bytes > min && bytes <= max ? `an output of ${bytes} bytes` : undefined;
}

const NO_SUCH_ROUTE: ReadonlySet<number> = new Set([404, 405]);

function unsupportedRoute(step: Step): string | undefined {
  const line = step.do ?? step.until;
  if (line === undefined) return undefined;
  const [route = ""] = line.split("?");
  const isKnown = SUPPORTED_ROUTES.some((pattern) => matches(route, pattern));
  const isLater = UNSUPPORTED_ROUTES.some((pattern) => matches(route, pattern));
  return isKnown && !isLater ? undefined : `route ${route}`;
}

/** A route also answers HEAD and OPTIONS, and with a slash at its end. */
function matches(route: string, pattern: string): boolean {
  const given = route
    .replace(/^(?:HEAD|OPTIONS) /, "GET ")
    .replace(/([^/])\/$/, "$1")
    .split("/");
  const wanted = pattern.split("/");
  return (
    given.length === wanted.length &&
    wanted.every((segment, index) => segment === given[index] || (segment === "{}" && given[index]))
  );
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
  return UNSUPPORTED_EVALUATORS.has(evaluator) ? `SWITCH by ${evaluator}` : undefined;
}

function unsupportedText(value: unknown, texts: readonly string[]): string | undefined {
  const json = JSON.stringify(value ?? null);
  return texts.find((text) => json.includes(text));
}

function firstDefined<T>(values: readonly (T | undefined)[]): T | undefined {
  return values.find((value) => value !== undefined);
}
