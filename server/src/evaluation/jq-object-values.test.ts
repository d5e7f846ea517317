import assert from "node:assert/strict";
import { test } from "node:test";

import { withWrappedValues } from "./jq-object-values.ts";

const PROGRAMS: readonly (readonly [string, string])[] = [
  ["{a: .b + 1}", "{a:( .b + 1)}"],
  ["map({(.key): .value + 1}) | add", "map({(.key):( .value + 1)}) | add"],
  ["{a: .b+1, c: {d: .e // 0}}", "{a:( .b+1), c: {d:( .e // 0)}}"],
  ['{"a": "x\\(.b + 1)y", c: .d == 1}', '{"a": "x\\(.b + 1)y", c:( .d == 1)}'],
  ['{"\\({a: 1 + 1} | .a)": .b and .c}', '{"\\({a:( 1 + 1)} | .a)":( .b and .c)}'],
  [
    "{a: if .b then 1, 2 else 3 end * 2, if: .c - 1}",
    "{a:( if .b then 1, 2 else 3 end * 2), if:( .c - 1)}",
  ],
  [
    "{a: [.b[] | . + 1], d: (.e + 1)} # {a: 1 + 1}",
    "{a: [.b[] | . + 1], d: (.e + 1)} # {a: 1 + 1}",
  ],
  [
    '. as {a: $x, b: [$y]} | {$x, y: $y, @base64 "k": 1, and: .or}',
    '. as {a: $x, b: [$y]} | {$x, y: $y, @base64 "k": 1, and: .or}',
  ],
  ['"{a: 1 + 1} \\"', '"{a: 1 + 1} \\"'],
  ["{a: 1 + ", "{a: 1 + "],
  ["} ) end", "} ) end"],
];

test("values of objects that are operations get parentheses, all else stays", () => {
  for (const [program, expected] of PROGRAMS) assert.equal(withWrappedValues(program), expected);
});
