import assert from "node:assert/strict";
import { test } from "node:test";
import { boolean, int, long, oneOf, text } from "./decode-scalars.ts";
import type { Decoder } from "./decode.ts";
import {
  decode,
  DecodeError,
  jsonObject,
  lazy,
  list,
  notNull,
  nullable,
  object,
  optional,
  orElse,
  primitive,
  record,
} from "./decode.ts";
import type { Json, JsonObject } from "./json.ts";

interface Thing {
  readonly count: number;
  readonly on: boolean;
  readonly label?: string;
  readonly limit?: number;
  readonly color: "RED" | "GREEN";
  readonly keys: readonly string[];
  readonly map: JsonObject;
  readonly input: JsonObject | null;
  readonly kind: string;
  readonly parts: Readonly<Record<string, readonly Thing[]>>;
}

const thing: Decoder<Thing> = object<Thing>("Thing", {
  count: primitive(int, 3),
  on: primitive(boolean, true),
  label: optional(text),
  limit: optional(long),
  color: orElse(oneOf(["RED", "GREEN"]), "RED"),
  keys: orElse(list(text), []),
  map: orElse(jsonObject, {}),
  input: nullable(jsonObject, {}),
  kind: notNull(text, "PLAIN"),
  parts: orElse(record(list(lazy(() => thing))), {}),
});

const DEFAULTS: Thing = {
  count: 3,
  on: true,
  color: "RED",
  keys: [],
  map: {},
  input: {},
  kind: "PLAIN",
  parts: {},
};

const { rawJSON } = JSON as unknown as { rawJSON(text: string): Json };

const accepted: readonly [JsonObject, Partial<Thing>][] = [
  [{ unknown: [1], constructor: "x" }, {}],
  [
    { count: null, on: null, label: null, color: null, keys: null, map: null, parts: null },
    { count: 0, on: false },
  ],
  [
    { count: "4", limit: " 5 " },
    { count: 4, limit: 5 },
  ],
  [{ count: 2.9 }, { count: 2 }],
  [{ count: -0.5 }, { count: 0 }],
  [{ count: rawJSON("3.0") }, { count: 3 }],
  [{ count: "", limit: "" }, { count: 0 }],
  [{ label: 1.5 }, { label: "1.5" }],
  [{ label: rawJSON("1.50") }, { label: "1.50" }],
  [{ label: true }, { label: "true" }],
  [{ on: "False" }, { on: false }],
  [{ on: 0 }, { on: false }],
  [{ on: "" }, { on: false }],
  [{ color: "GREEN" }, { color: "GREEN" }],
  [{ input: null }, { input: null }],
  [{ parts: { a: [{ count: 1 }], b: null } }, { parts: { a: [{ ...DEFAULTS, count: 1 }] } }],
];

for (const [json, changes] of accepted) {
  test(`${JSON.stringify(json)} is accepted`, () => {
    assert.deepEqual(thing.decode(json), { ...DEFAULTS, ...changes });
  });
}

const refused: readonly [Json, string][] = [
  [[], "The value must be an object, not a list"],
  ["text", 'The value must be an object, not "text"'],
  [rawJSON("1.0"), "The value must be an object, not 1.0"],
  [{ count: "one" }, 'count must be a whole number, not "one"'],
  [{ count: 2 ** 31 }, "count must be from -2147483648 to 2147483647, not 2147483648"],
  [{ count: {} }, "count must be a whole number, not an object"],
  [{ on: "yes" }, 'on must be true or false, not "yes"'],
  [{ label: {} }, "label must be text, not an object"],
  [{ color: "" }, 'color must be one of RED, GREEN, not ""'],
  [{ color: 0 }, "color must be one of RED, GREEN, not 0"],
  [{ keys: "a" }, 'keys must be a list, not "a"'],
  [{ keys: ["a", null] }, "keys[1] must not be null"],
  [{ map: [] }, "map must be an object, not a list"],
  [{ kind: null }, "kind must not be null"],
  [{ parts: { a: [{}, { count: true }] } }, "parts.a[1].count must be a whole number, not true"],
];

for (const [json, message] of refused) {
  test(`${JSON.stringify(json)} is refused`, () => {
    assert.throws(
      () => decode(thing, json),
      (error) => {
        assert.ok(error instanceof DecodeError);
        assert.equal(error.message, message);
        return true;
      },
    );
  });
}

test("members come in the declared order", () => {
  const decoded = thing.decode({ kind: "a", count: 1, label: "b" });
  assert.deepEqual(Object.keys(decoded).slice(0, 3), ["count", "on", "label"]);
});

test("a key named __proto__ is a key", () => {
  const decoded = record(text).decode(JSON.parse('{"__proto__":"a"}') as JsonObject);
  assert.equal(JSON.stringify(decoded), '{"__proto__":"a"}');
});

test("a decoder says what it expects, also when it contains itself", () => {
  const { schema } = thing;
  assert.ok("properties" in schema);
  assert.deepEqual(schema.properties["count"], { type: "integer", format: "int32" });
  assert.deepEqual(schema.properties["parts"], {
    type: "object",
    additionalProperties: { type: "array", items: schema },
  });
});
