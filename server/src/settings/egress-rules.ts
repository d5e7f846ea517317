import { isIP } from "node:net";

import { parseList, SettingError } from "./values.ts";

/** Where calls may or may not go. */
export type EgressRule =
  /** That host, as it is named. */
  | { readonly type: "host"; readonly host: string }
  /** All hosts whose names end so, `.example.com`. */
  | { readonly type: "suffix"; readonly suffix: string }
  /** Addresses, whatever name they were found under. */
  | { readonly type: "range"; readonly address: string; readonly bits: number }
  /** Loopback, link-local, private and other addresses that are not on the public internet. */
  | { readonly type: "private" };

/**
 * Understands a comma-separated list of hosts, `*.example.com`, addresses, CIDR ranges and the word `private`.
 * @throws SettingError for anything else.
 */
export function parseEgressRules(text: string): EgressRule[] {
  return parseList(text).map(parseRule);
}

/** As it would be written. */
export function egressRuleText(rule: EgressRule): string {
  switch (rule.type) {
    case "host":
      return rule.host;
    case "suffix":
      return `*${rule.suffix}`;
    case "range":
      return `${rule.address}/${rule.bits}`;
    case "private":
      return "private";
  }
}

function parseRule(text: string): EgressRule {
  const rule = text.toLowerCase();
  if (rule === "private") return { type: "private" };
  if (rule === "*") return { type: "suffix", suffix: "" };
  const range = parseRange(rule);
  if (range !== undefined) return range;
  if (/^\*(?:\.[\w-]+)+$/.test(rule)) return { type: "suffix", suffix: rule.slice(1) };
  if (/^[\w-]+(?:\.[\w-]+)*$/.test(rule)) return { type: "host", host: rule };
  throw new SettingError(
    `${JSON.stringify(text)} is no host, *.domain, address, range such as 10.0.0.0/8, or private`,
  );
}

function parseRange(rule: string): EgressRule | undefined {
  const [address = "", size, ...rest] = rule.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return undefined;
  const bitsMax = version === 4 ? 32 : 128;
  const bits = size === undefined ? bitsMax : /^\d{1,3}$/.test(size) ? Number(size) : Number.NaN;
  return bits <= bitsMax ? { type: "range", address, bits } : undefined;
}
