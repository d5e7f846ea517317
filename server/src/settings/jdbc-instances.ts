import { parseDatabaseUrl } from "./database-url.ts";
import type { Given } from "./sources.ts";
import { SettingError } from "./values.ts";

/** A database that JDBC tasks may name. */
export interface JdbcInstance {
  readonly name: string;
  readonly database: { readonly type: "sqlite"; readonly file: string };
  readonly source: Given["source"];
}

/** `conductor.jdbc.instances[0].name` and the like, in canonical form; the environment has no brackets. */
const KEY =
  /^conductorjdbcinstances\[?(\d+)\]?(name|connectiondatasourceurl|connectionjdbcdriver)$/;

/**
 * The databases that `conductor.jdbc.instances[i].name` and `….connection.datasourceURL` name, in their order.
 * @returns them, and the canonical keys that had a meaning
 * @throws SettingError when one is incomplete or of a kind that is not supported
 */
export function readJdbcInstances(gathered: ReadonlyMap<string, Given>): {
  readonly instances: readonly JdbcInstance[];
  readonly understood: readonly string[];
} {
  const byIndex = new Map<number, Map<string, Given>>();
  const understood: string[] = [];
  for (const [key, given] of gathered) {
    const [, index, member = ""] = KEY.exec(key) ?? [];
    if (index === undefined) continue;
    understood.push(key);
    const members = byIndex.get(Number(index)) ?? new Map<string, Given>();
    members.set(member, given);
    byIndex.set(Number(index), members);
  }
  const instances = [...byIndex]
    .sort(([a], [b]) => a - b)
    .map(([index, members]) => instanceOf(index, members));
  return { instances, understood };
}

function instanceOf(index: number, members: ReadonlyMap<string, Given>): JdbcInstance {
  const where = `conductor.jdbc.instances[${index}]`;
  const name = members.get("name");
  const url = members.get("connectiondatasourceurl");
  if (name === undefined || name.value.trim() === "")
    throw new SettingError(`${where}.name is missing`);
  if (url === undefined) throw new SettingError(`${where}.connection.datasourceURL is missing`);
  try {
    const { file = ":memory:" } = parseDatabaseUrl(url.value);
    return { name: name.value.trim(), database: { type: "sqlite", file }, source: name.source };
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
    throw new SettingError(`${url.key} (${url.source}): ${error.message}`, { cause: error });
  }
}
