import type { Json } from "@ostinato/core";

import type { Random } from "../simulation/random.ts";

const TEXTS = [
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "\udc00x",
  "e\u0301\u202e\ufeff",
  "👩‍👩‍👧",
  "../../etc/passwd",
  "' OR 1=1 --",
  "%s%n%d",
  "__proto__",
  "constructor",
  "toString",
  "${workflow.input}",
  "${workflow.input.${x}}",
  "${",
  "${workflow.secrets.NONE}",
  "$.a[?(@.b == 'c')]",
  "${a.output..b[?(@.c=~/(x+x+)+y/)]}",
  "null",
  "NaN",
  "-1",
  "2147483648",
  "1e400",
  "x".repeat(300),
  "é".repeat(5_000),
] as const;

/** As they are written: most would lose their form as a JavaScript number. */
const NUMBERS = [
  "0",
  "-0",
  "-1",
  "0.1",
  "1.0",
  "3.9999999999999999999",
  "1e-400",
  "1e400",
  "-1e400",
  "2147483647",
  "2147483648",
  "-2147483649",
  "9007199254740993",
  "9223372036854775807",
  "9223372036854775808",
  "1".repeat(400),
] as const;

export function absurdText(random: Random): string {
  return random.chance(0.9) ? random.pick(TEXTS) : String.fromCharCode(random.int(0, 0xffff));
}

/** A value that nobody would send in earnest; mind that it may be right by chance. */
export function absurdJson(random: Random, depth = 0): Json {
  const kind = random.weighted({ text: 4, number: 3, other: 3, list: 1, object: 2, deep: 0.5 });
  switch (kind) {
    case "text":
      return absurdText(random);
    case "number":
      return rawNumber(random.pick(NUMBERS));
    case "other":
      return random.pick([null, true, false, [], {}]);
    case "list":
      if (depth > 2) return [];
      return Array.from({ length: random.int(1, 4) }, () => absurdJson(random, depth + 1));
    case "object":
      if (depth > 2) return {};
      return Object.fromEntries(
        Array.from({ length: random.int(1, 3) }, () => [
          absurdText(random),
          absurdJson(random, depth + 1),
        ]),
      );
    case "deep":
      return nested(random.pick([20, 200, 900]));
  }
}

function rawNumber(text: string): Json {
  return (JSON as unknown as { rawJSON(text: string): Json }).rawJSON(text);
}

function nested(depth: number): Json {
  let value: Json = {};
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

type Damage = (text: string, random: Random) => string;

/** Ways to break the text of a body. Some leave it whole. */
const DAMAGES: readonly Damage[] = [
  (text, random) => text.slice(0, random.int(0, text.length)),
  (text, random) => text + random.pick(["}", "]", ",", " x", "\u0000", "{}", '"']),
  (text, random) => random.pick(["\ufeff", ")]}',\n", "/* c */", " \n\t", "\u0000"]) + text,
  (text) => text.replace(/^\{/, '{"name":{"a":1},"name":null,"__proto__":{"x":1},'),
  (text) => text.replace(/"/g, "'"),
  (text) => text.replace(/\d+/, "012"),
  (text) => text.replace(/:/, ""),
  (text) => text.replace(/\}$/, ",}"),
  (text) => text.replace(/:[^,}\]]*/, ":NaN"),
  (text) => text.replace(/"([^"]*)"/, '"\\u0000$1\\ud800"'),
  (text) => text.replace(/"([^"]*)"/, '"\\x41$1\t"'),
  (_text, random) => "[".repeat(random.pick([10, 1_000, 1_001, 30_000])),
  (_text, random) => '{"a":'.repeat(random.pick([999, 1_001, 6_000])),
  (text, random) => `${"[".repeat(random.pick([1, 998, 999]))}${text}`,
  (_text, random) =>
    random.pick(["", "null", "nul", "0", "-", '"', '"a"', "true", "[]", "{}", "[[]]"]),
  (_text, random) => `[${"0,".repeat(random.pick([100, 25_000]))}"\\u0000"]`,
  (text, random) => {
    const at = random.int(0, text.length);
    return text.slice(0, at) + absurdText(random) + text.slice(at);
  },
];

export function damaged(text: string, random: Random): Buffer {
  const bytes = Buffer.from(random.pick(DAMAGES)(text, random));
  // Bytes that are no UTF-8.
  if (random.chance(0.05) && bytes.length > 0) bytes[random.int(0, bytes.length - 1)] = 0xff;
  return bytes;
}
