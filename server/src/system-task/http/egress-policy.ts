import { lookup as resolve, type LookupAddress, type LookupOptions } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

/** Where calls may or may not go. Source: the settings `ostinato.egress.…`. */
export type EgressRule =
  | { readonly type: "host"; readonly host: string }
  | { readonly type: "suffix"; readonly suffix: string }
  | { readonly type: "range"; readonly address: string; readonly bits: number }
  | { readonly type: "private" };

/** A call that the operator of this server does not allow. */
export class EgressError extends Error {
  override readonly name = "EgressError";
}

export interface EgressPolicy {
  /**
   * Of a host that is an address itself: no name is looked up for it.
   * @throws EgressError when calls to it are not allowed.
   */
  checkHost(hostname: string): void;
  /** Resolves names for a connection, to addresses that may be called. */
  readonly lookup: LookupFunction;
}

/**
 * What is denied may not be called; with a list of what is allowed, nothing else may. Both count for names as they are
 * written and for every address that a name stands for: a name that is allowed gives no way to an address that is
 * denied.
 */
export function createEgressPolicy(rules: {
  readonly allow: readonly EgressRule[];
  readonly deny: readonly EgressRule[];
}): EgressPolicy {
  const allowed = matcherOf(rules.allow);
  const denied = matcherOf(rules.deny);
  const permits = (host: string, address: string): boolean =>
    !denied(host, address) && (rules.allow.length === 0 || allowed(host, address));

  const lookup: LookupFunction = (hostname, options, callback) => {
    const all: LookupOptions & { all: true } = { ...options, all: true };
    resolve(hostname, all, (error, addresses) => {
      if (error !== null) {
        callback(error, "", 0);
        return;
      }
      const host = withoutFinalDot(hostname);
      answer(
        host,
        addresses.filter(({ address }) => permits(host, address)),
      );
    });

    function answer(host: string, addresses: LookupAddress[]): void {
      const [first] = addresses;
      if (first === undefined) callback(notAllowed(host), "", 0);
      else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    }
  };

  return {
    checkHost(hostname) {
      const address = hostname.replace(/^\[(.*)\]$/, "$1");
      if (isIP(address) !== 0 && !permits(address, address)) throw notAllowed(address);
    },
    lookup,
  };
}

function notAllowed(host: string): EgressError {
  return new EgressError(`the egress policy of this server does not allow calls to ${host}`);
}

function withoutFinalDot(hostname: string): string {
  return hostname.toLowerCase().replace(/\.$/, "");
}

type Matcher = (host: string, address: string) => boolean;

function matcherOf(rules: readonly EgressRule[]): Matcher {
  const ranges = new BlockList();
  const hosts = new Set<string>();
  const suffixes: string[] = [];
  for (const rule of rules) {
    if (rule.type === "host") hosts.add(rule.host);
    else if (rule.type === "suffix") suffixes.push(rule.suffix);
    else if (rule.type === "range") addRange(ranges, rule.address, rule.bits);
    else for (const [address, bits] of PRIVATE_RANGES) addRange(ranges, address, bits);
  }
  return (host, address) =>
    hosts.has(host) ||
    suffixes.some((suffix) => host.endsWith(suffix)) ||
    ranges.check(address, familyOf(address));
}

function addRange(list: BlockList, address: string, bits: number): void {
  list.addSubnet(address, bits, familyOf(address));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 4 ? "ipv4" : "ipv6";
}

/**
 * What is not on the public internet. IPv6 addresses that stand for IPv4 ones are found by the ranges of those.
 * Source: the special-purpose address registries of IANA (RFC 6890).
 */
const PRIVATE_RANGES: readonly (readonly [address: string, bits: number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  ["::", 128],
  ["::1", 128],
  ["64:ff9b:1::", 48],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
];
