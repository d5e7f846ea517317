/** The value at a dotted path (`tasks.0.status`, `tasks.length`); `""` is the value itself. */
export function valueAt(value: unknown, path: string): unknown {
  if (path === "") return value;
  let here: unknown = value;
  for (const name of path.split(".")) {
    if (here === null || here === undefined) return undefined;
    here = (Object(here) as Record<string, unknown>)[name];
  }
  return here;
}

/** A copy in which every string, keys included, went through `change`. */
export function mapStrings(value: unknown, change: (text: string) => unknown): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [String(change(key)), mapStrings(item, change)]),
  );
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
