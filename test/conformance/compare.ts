import { isObject, valueAt } from "./paths.ts";
import type { Answer, Conditions, Step } from "./recording.ts";

const IGNORED = "<ignored>";
const SHOWN_CHARACTERS_MAX = 160;

/** An answer cut down to what its step compares. `normalize` is asked once, for the whole of the picked body. */
export function settle(step: Step, answer: Answer, normalize: (body: unknown) => unknown): Answer {
  const picked =
    step.pick === undefined
      ? answer.body
      : Object.fromEntries(step.pick.map((path) => [path, valueAt(answer.body, path) ?? null]));
  // Ids are numbered over the whole body first, so that ignoring a value does not renumber the others.
  const body = normalize(picked);
  for (const path of step.ignore ?? []) ignoreAt(body, path.split("."));
  for (const [path, key] of Object.entries(step.sort ?? {})) sortBy(valueAt(body, path), key);
  return {
    status: answer.status,
    ...(step.statusOnly === true ? {} : { type: answer.type ?? "", body }),
    ...(answer.timedOut === true ? { timedOut: true } : {}),
  };
}

function ignoreAt(value: unknown, path: readonly string[]): void {
  const [head = "", ...rest] = path;
  if (typeof value !== "object" || value === null) return;
  const entries = value as Record<string, unknown>;
  for (const name of head === "*" ? Object.keys(entries) : [head]) {
    if (!(name in entries)) continue;
    if (rest.length === 0) entries[name] = IGNORED;
    else ignoreAt(entries[name], rest);
  }
}

function sortBy(list: unknown, key: string): void {
  if (!Array.isArray(list)) return;
  const text = (entry: unknown): string =>
    key === "" ? JSON.stringify(entry) : String(valueAt(entry, key));
  list.sort((a, b) => text(a).localeCompare(text(b)));
}

/** Where two settled answers differ, a line each; the wanted one may say `<ignored>`. */
export function differences(want: unknown, got: unknown, path = ""): string[] {
  const bothLists = Array.isArray(want) && Array.isArray(got);
  if (bothLists || (isObject(want) && isObject(got))) {
    const wanted = want as Record<string, unknown>;
    const given = got as Record<string, unknown>;
    const names = new Set([...Object.keys(wanted), ...Object.keys(given)]);
    return [...names].flatMap((name) =>
      differences(wanted[name], given[name], path === "" ? name : `${path}.${name}`),
    );
  }
  if (want === got || want === IGNORED) return [];
  return [`${path}: expected ${show(want)}, got ${show(got)}`];
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, SHOWN_CHARACTERS_MAX);
}

/** Whether all conditions hold. `{not: x}`, `{in: […]}` and `{min: n}` are tests, any other value means equality. */
export function holds(answer: Answer, conditions: Conditions): boolean {
  return Object.entries(conditions).every(([path, want]) => {
    return meets(path === "http" ? answer.status : valueAt(answer.body, path), want);
  });
}

function meets(got: unknown, want: unknown): boolean {
  if (isObject(want)) {
    if ("not" in want) return !isSame(got, want["not"]);
    if ("in" in want) return Array.isArray(want["in"]) && want["in"].includes(got);
    if ("min" in want) return Number(got) >= Number(want["min"]);
  }
  return isSame(got, want);
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
