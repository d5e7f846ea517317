import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  doubleToJson,
  findUnstorable,
  isJsonObject,
  isRawNumber,
  type Json,
  memberOf,
  parseJson,
  setMember,
  writeJson,
} from "./json.ts";
import { JSON_DEPTH_MAX } from "./json-scan.ts";

const SEED = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
console.log(`seed ${SEED} (SEED=… runs it again)`);

/** What is written, and what comes back. */
const NUMBERS: readonly (readonly [string, string])[] = [
  ["0", "0"],
  ["-0", "0"],
  ["-7", "-7"],
  ["12345678901", "12345678901"],
  ["9007199254740993", "9007199254740993"],
  ["12345678901234567890123", "12345678901234567890123"],
  ["1000000000000000000000", "1000000000000000000000"],
  ["3.0", "3.0"],
  ["-0.0", "-0.0"],
  ["0.0", "0.0"],
  ["1.50", "1.5"],
  ["2.5", "2.5"],
  ["0.1", "0.1"],
  ["0.001", "0.001"],
  ["0.00012", "1.2E-4"],
  ["1e3", "1000.0"],
  ["1E25", "1.0E25"],
  ["1e-5", "1.0E-5"],
  ["1234567.5", "1234567.5"],
  ["12345678.5", "1.23456785E7"],
  ["10000000.0", "1.0E7"],
  ["0.1234567890123456789", "0.12345678901234568"],
  ["5e-324", "4.9E-324"],
  ["1E400", "1E400"],
];

for (const [source, expected] of NUMBERS) {
  test(`the number ${source} leaves as ${expected}`, () => {
    assert.equal(writeJson(parseJson(source)), expected);
    assert.equal(
      writeJson(parseJson(`{"a":[${source},"${source}"]}`)),
      `{"a":[${expected},"${source}"]}`,
    );
  });
}

test("a number that JavaScript prints alike is a plain number", () => {
  assert.deepEqual(parseJson('{"a":1.50,"b":-7,"c":0.25}'), { a: 1.5, b: -7, c: 0.25 });
});

test("beside an odd number, plain ones stay plain", () => {
  const value = parseJson('{"a":1.5,"b":3.0}');
  assert.ok(isJsonObject(value));
  assert.equal(value["a"], 1.5);
  assert.ok(isRawNumber(value["b"]));
  assert.ok(!isJsonObject(value["b"]));
});

test("an object with a member rawJSON is an ordinary object", () => {
  assert.ok(isJsonObject(parseJson('{"rawJSON":"3.0"}')));
});

test("text after the first value is ignored", () => {
  assert.equal(writeJson(parseJson(' {"a":"}\\"]"} nonsense {')), '{"a":"}\\"]"}');
  assert.equal(parseJson('"x\\\\" y'), "x\\");
  assert.equal(parseJson("12 y"), 12);
});

test("of equal keys the last wins", () => {
  assert.equal(writeJson(parseJson('{"k":1.0,"k":{"n":2,"n":3.0}}')), '{"k":{"n":3.0}}');
});

for (const text of ["", " ", "{", "[1", "nope", '"open', '{"a":1]', "[1,]", "01", "1,2", "{a:1}"]) {
  test(`parseJson refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseJson(text), SyntaxError);
  });
}

test("nesting is refused beyond 1000 levels in a request, beyond 1500 in what is our own", () => {
  const nested = (depth: number): string => "[".repeat(depth) + "1.0" + "]".repeat(depth);
  for (const [depth, given] of [
    [1000, JSON_DEPTH_MAX],
    [1500, undefined],
  ] as const) {
    assert.doesNotThrow(() => parseJson(nested(depth), given));
    assert.throws(() => parseJson(nested(depth + 1), given), SyntaxError);
  }
});

test("__proto__ is an ordinary key", () => {
  for (const number of ["1", "1.0"]) {
    const value = parseJson(`{"__proto__":{"x":${number}}}`);
    assert.ok(isJsonObject(value));
    assert.notEqual(memberOf(value, "__proto__"), undefined);
    assert.equal(memberOf(value, "x"), undefined);
    assert.equal(memberOf(value, "toString"), undefined);
    assert.equal(writeJson(value), `{"__proto__":{"x":${number}}}`);
  }
  const object: { [key: string]: Json } = {};
  setMember(object, "__proto__", 1);
  assert.equal(writeJson(object), '{"__proto__":1}');
});

test("findUnstorable names U+0000 and lone surrogates", () => {
  assert.equal(findUnstorable("plain é 🔑"), undefined);
  assert.equal(findUnstorable("ab\0"), "U+0000 at index 2");
  assert.equal(findUnstorable("🔑\ud800x"), "U+D800 at index 2");
  assert.equal(findUnstorable("\udc00"), "U+DC00 at index 0");
});

test("doubles become JSON as Java prints them", () => {
  assert.equal(writeJson([9, 6.5, 1e21, 1e7].map(doubleToJson)), "[9.0,6.5,1.0E21,1.0E7]");
});

test("on ordinary values parseJson and writeJson are JSON.parse and JSON.stringify", () => {
  const leaf = fc.oneof(
    fc.integer(),
    fc.string({ unit: "binary" }),
    fc.boolean(),
    fc.constant(null),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: "small" },
      leaf,
      fc.array(tie("tree")),
      fc.dictionary(fc.string(), tie("tree")),
    ),
  }));
  fc.assert(
    fc.property(tree, fc.constantFrom(undefined, 2), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      assert.deepEqual(parseJson(text), JSON.parse(text));
      assert.equal(writeJson(parseJson(text)), JSON.stringify(JSON.parse(text)));
    }),
    { seed: SEED },
  );
});

test("every double and every integer keeps its value, and its text from the second time on", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.bigInt()),
      (number) => {
        const source = typeof number === "bigint" ? String(number) : number.toExponential();
        const written = writeJson(parseJson(`[${source}]`));
        assert.equal(Number(written.slice(1, -1)), Number(source));
        assert.equal(writeJson(parseJson(written)), written);
        if (typeof number === "bigint") assert.equal(written, `[${source}]`);
        else assert.match(written, /[.]/);
      },
    ),
    { seed: SEED },
  );
});
