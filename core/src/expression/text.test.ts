import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isJsonObject, parseJson } from "../model/json.ts";
import { boundedCache } from "../bounded-cache.ts";
import { javaMapText, javaText } from "./java-text.ts";
import { utf8Length } from "./utf8-length.ts";

const SEED = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
console.log(`seed ${SEED} (SEED=… runs it again)`);

const TEXTS: readonly (readonly [string, string])[] = [
  ["null", "null"],
  ["true", "true"],
  ['"s \\"q\\""', 's "q"'],
  ["{}", "{}"],
  ["[]", "[]"],
  ['{"a":[1,{"b":null}],"c":"d"}', "{a=[1, {b=null}], c=d}"],
  ["-0", "0"],
  ["3.0", "3.0"],
  ["1e25", "1.0E25"],
  ["1e-5", "1.0E-5"],
  ["100000000000000000000", "100000000000000000000"],
  ["12345678901234567890123", "12345678901234567890123"],
  ["1e400", "Infinity"],
];

for (const [json, expected] of TEXTS) {
  test(`the text of ${json} is ${expected}`, () => {
    assert.equal(javaText(parseJson(json)), expected);
  });
}

test("numbers that were computed have the same texts", () => {
  assert.equal(
    javaText([1e21, 1e-7, 0.5, -0, 1e15]),
    "[1000000000000000000000, 1.0E-7, 0.5, 0, 1000000000000000]",
  );
});

test("a map prints in the order of its keys", () => {
  const map = parseJson('{"z":1,"a":[true]}');
  assert.ok(isJsonObject(map));
  assert.equal(javaMapText(map), "{z=1, a=[true]}");
});

test("utf8Length is what an encoder makes of it", () => {
  const encoder = new TextEncoder();
  for (const text of [
    "",
    "ascii",
    "é",
    "鍵",
    "🔑",
    "\ud800",
    "\udc00",
    "\udc00\ud800",
    "\ud800\ud800\udc00",
  ]) {
    assert.equal(utf8Length(text), encoder.encode(text).length, JSON.stringify(text));
  }
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (units) => {
      const text = String.fromCharCode(...units);
      assert.equal(utf8Length(text), encoder.encode(text).length);
    }),
    { seed: SEED },
  );
});

test("a bounded cache keeps what is used and forgets the rest", () => {
  const cache = boundedCache<number>(2);
  cache.set("used", 1);
  for (let index = 0; index < 10; index += 1) {
    cache.set(`other ${index}`, index);
    assert.equal(cache.get("used"), 1);
  }
  assert.equal(cache.get("other 0"), undefined);
  cache.set("x".repeat(5000), 1);
  assert.equal(cache.get("x".repeat(5000)), undefined);
});
