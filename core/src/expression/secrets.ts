import { isJsonArray, isJsonObject, type Json, setMember, writeJson } from "../model/json.ts";
import { SECRETS_PREFIX, findInText } from "./expression.ts";
import { javaText } from "./java-text.ts";

const REFERENCE = /\$\{workflow\.secrets\.([^{}]*)\}/g;

/** Whether a text (of an input, or within it) may refer to a secret. */
export function mayHoldSecrets(text: string): boolean {
  return text.includes(`\${${SECRETS_PREFIX}`);
}

/**
 * An input with the values of its secrets, for handing it out only: never to be stored or logged.
 * A string that is exactly `${workflow.secrets.NAME}` becomes the value, with `.path` after the
 * name a member of it as JSON; one that is missing is null. Within other text it is the value's
 * text, nothing if missing. What holds no reference is returned as it is.
 * @param findSecret - the value of a name; what it throws is passed on.
 */
export function resolveSecrets(
  value: Json,
  findSecret: (name: string) => string | undefined,
): Json {
  if (typeof value === "string") return resolveText(value, findSecret);
  if (isJsonArray(value)) {
    const items = value.map((item) => resolveSecrets(item, findSecret));
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  if (!isJsonObject(value)) return value;
  const result: { [key: string]: Json } = {};
  let isChanged = false;
  for (const [key, member] of Object.entries(value)) {
    const resolved = resolveSecrets(member, findSecret);
    isChanged ||= resolved !== member;
    setMember(result, key, resolved);
  }
  return isChanged ? result : value;
}

function resolveText(text: string, findSecret: (name: string) => string | undefined): Json {
  if (!mayHoldSecrets(text)) return text;
  const find = (reference: string): Json => {
    const dot = reference.indexOf(".");
    if (dot < 0) return findSecret(reference) ?? null;
    return findInText(findSecret(reference.slice(0, dot)), reference.slice(dot + 1)) ?? null;
  };
  const [whole] = text.matchAll(REFERENCE);
  if (whole !== undefined && whole[0] === text) return find(whole[1] ?? "");
  return text.replaceAll(REFERENCE, (_, reference: string) => secretText(find(reference)));
}

function secretText(value: Json): string {
  if (value === null) return "";
  return typeof value === "object" ? writeJson(value) : javaText(value);
}
