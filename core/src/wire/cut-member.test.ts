import assert from "node:assert/strict";
import { test } from "node:test";
import { parseJson, writeJson } from "../model/json.ts";
import { cutElements, cutMember, isPlainObject } from "./cut-member.ts";

test("the value of a member is cut out as it is written", () => {
  assert.deepEqual(cutMember('{"taskId":"t","outputData":{ "a" : [1, 2] },"x":1}', "outputData"), {
    value: '{ "a" : [1, 2] }',
    rest: '{"taskId":"t","outputData":null,"x":1}',
  });
});

test("an object without the member is its own rest", () => {
  const text = ' {"a":{"outputData":1}} ';
  assert.deepEqual(cutMember(text, "outputData"), { value: undefined, rest: text });
});

const plain: readonly string[] = [
  '{"x":{}}',
  '{"x":[]}',
  '{"x":"a\\n\\"b\\\\"}',
  '{"x":[true,false,null]}',
  '{"x":0.5}',
  '{"x":-17}',
  '{"x":3.0}',
  '{"x":9007199254740993}',
  '{"x":"é 漢 🔑"}',
  '\t{\n"x" :\r1 }',
];

for (const text of plain) {
  test(`${JSON.stringify(text)} is kept as it is`, () => {
    const cut = cutMember(text, "x");
    assert.ok(cut?.value !== undefined);
    assert.equal(writeJson(parseJson(cut.value)), writeJson((parseJson(text) as { x: string }).x));
    assert.ok(isPlainObject(text));
  });
}

const unusual: readonly (readonly [string, string])[] = [
  ["", "nothing"],
  ["[]", "a list"],
  ["null", "no object"],
  ['{"x":1', "no end"],
  ['{"x":1}}', "more after the end"],
  ['{"x":1} trailing', "text after the end"],
  ['{"x":1,}', "a comma too many"],
  ["{x:1}", "a key without quotes"],
  ['{"x":01}', "a leading zero"],
  ['{"x":1.50}', "a number that the reference prints differently"],
  ['{"x":-0}', "a negative zero"],
  ['{"x":1e3}', "an exponent"],
  ['{"x":+1}', "a plus"],
  ['{"x":.5}', "no digit before the point"],
  ['{"x":truth}', "an unknown word"],
  ['{"x":"\\u0041"}', "an escaped character"],
  ['{"x":"\\x"}', "an unknown escape"],
  ['{"x":"\\', "an escape without an end"],
  ['{"x":"a\nb"}', "a line break in a string"],
  ['{"x":1,"x":2}', "a repeated key"],
  ['{"x":{"k":1,"k":2}}', "a repeated key further down"],
  ['{"\\"x":1}', "an escape in a key"],
  [`{"x":${"[".repeat(100)}${"]".repeat(100)}}`, "deep nesting"],
];

for (const [text, what] of unusual) {
  test(`${what} is left to the full parse`, () => {
    assert.equal(cutMember(text, "x"), undefined);
    assert.equal(isPlainObject(text), false);
  });
}

test("the elements of a list are cut out as they are written", () => {
  assert.deepEqual(cutElements(' [ {"a":1} ,2, "]" ] '), ['{"a":1}', "2", '"]"']);
  assert.deepEqual(cutElements("[]"), []);
  assert.equal(cutElements('{"a":[]}'), undefined);
  assert.equal(cutElements("[1"), undefined);
});

/** Small, fast and seeded. Source: Marsaglia's xorshift. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function randomText(random: (below: number) => number, depth: number): string {
  const space = () => " \n\t".slice(0, random(8) === 0 ? random(3) : 0);
  const many = (make: (index: number) => string) =>
    Array.from({ length: random(4) }, (_, index) => `${space()}${make(index)}${space()}`).join(",");
  const scalars = [
    "1",
    "-2",
    "0.25",
    "1.50",
    "1e3",
    "true",
    "null",
    '"a"',
    '"\\u00e9"',
    '"\\\\"',
    '"}"',
    "01",
    "tru",
  ];
  // Now and then something broken: both sides have to agree on that, too.
  switch (random(depth > 3 ? 2 : 5)) {
    case 2:
      return `[${many(() => randomText(random, depth + 1))}]`;
    case 3:
    case 4:
      return `{${many((index) => `"${"xyk"[random(8) === 0 ? 0 : index % 3]}":${randomText(random, depth + 1)}`)}}`;
    default:
      return scalars[random(random(20) === 0 ? scalars.length : scalars.length - 2)] ?? "1";
  }
}

test("whatever is cut is what a full parse finds", () => {
  const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
  const random = randomFrom(seed);
  let cuts = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const text = `{"a":1,"x":${randomText(random, 0)},"b":"c"}`;
    const cut = cutMember(text, "x");
    if (cut === undefined) continue;
    cuts += 1;
    const note = `SEED=${seed} text ${text}`;
    const whole = JSON.parse(text) as Record<string, unknown>;
    assert.deepEqual(JSON.parse(cut.value ?? "null"), whole["x"], note);
    assert.deepEqual(JSON.parse(cut.rest), { ...whole, x: null }, note);
    assert.equal(
      writeJson(parseJson(cut.value ?? "null")),
      JSON.stringify(parseJson(cut.value ?? "null")),
      note,
    );
    assert.ok(!/1\.50|1e3|01|\\u/.test(cut.value ?? ""), note);
  }
  assert.ok(cuts > 5_000, `SEED=${seed}: only ${cuts} cuts`);
});
