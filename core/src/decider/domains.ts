import { isSystemType } from "../model/system-types.ts";
import type { Draft } from "./draft.ts";

const NO_DOMAIN = "NO_DOMAIN";

/**
 * The domain that a worker task gets, `undefined` for the plain queue. An entry of `taskToDomain` is a list in order of
 * preference: the first with an active worker, else the last one.
 * Source: engine.md 12.2.
 */
export function domainFor(draft: Draft, taskType: string): string | undefined {
  if (isSystemType(taskType)) return undefined;
  const { taskToDomain } = draft.data;
  const list = ownEntry(taskToDomain, taskType) ?? ownEntry(taskToDomain, "*");
  if (list === undefined) return undefined;
  const domains = list.split(",").map((domain) => domain.trim());
  const active = domains.find(
    (domain) => !isNone(domain) && draft.context.isDomainActive(taskType, domain),
  );
  const chosen = active ?? domains.at(-1);
  return chosen === undefined || isNone(chosen) ? undefined : chosen;
}

function ownEntry(map: Readonly<Record<string, string>>, key: string): string | undefined {
  const list = Object.hasOwn(map, key) ? map[key] : undefined;
  return list === undefined || list.trim() === "" ? undefined : list;
}

function isNone(domain: string): boolean {
  return domain === "" || domain.toUpperCase() === NO_DOMAIN;
}
