import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import type { Query } from "./query.ts";
import {
  pathInt,
  queryBoolean,
  queryEnum,
  queryInt,
  queryList,
  queryLong,
  queryText,
  requiredList,
  requiredText,
} from "./query.ts";

const read: readonly (readonly [string, unknown, unknown])[] = [
  ["TRUE", queryBoolean({ x: "TRUE" }, "x", false), true],
  ["yes", queryBoolean({ x: "yes" }, "x", false), true],
  ["on", queryBoolean({ x: "on" }, "x", false), true],
  ["1", queryBoolean({ x: "1" }, "x", false), true],
  ["Off", queryBoolean({ x: "Off" }, "x", true), false],
  ["0", queryBoolean({ x: "0" }, "x", true), false],
  ["an empty boolean", queryBoolean({ x: "" }, "x", true), true],
  ["an absent boolean", queryBoolean({}, "x", true), true],
  ["+1", queryInt({ x: "+1" }, "x"), 1],
  ["-3", queryInt({ x: "-3" }, "x"), -3],
  ["-0", Object.is(queryInt({ x: "-0" }, "x"), 0), true],
  ["an empty number", queryInt({ x: "" }, "x"), undefined],
  ["an absent number", queryInt({}, "x"), undefined],
  ["the first of repeated numbers", queryInt({ x: ["1", "2"] }, "x"), 1],
  ["the smallest int", queryInt({ x: "-2147483648" }, "x"), -2147483648],
  ["a long", queryLong({ x: "1700000000000" }, "x"), 1_700_000_000_000],
  ["repeated texts", queryText({ x: ["a", "b"] }, "x"), "a,b"],
  ["an empty text", queryText({ x: "" }, "x"), ""],
  ["an absent text", queryText({}, "x"), undefined],
  ["a required text", requiredText({ x: "a" }, "x"), "a"],
  ["an enum", queryEnum({ x: "A" }, "x", ["A", "B"]), "A"],
  ["an absent enum", queryEnum({}, "x", ["A", "B"]), undefined],
  ["a number in the path", pathInt("7", "version"), 7],
];

for (const [what, value, expected] of read) {
  test(`${what} is read`, () => {
    assert.deepEqual(value, expected);
  });
}

test("a list is repeated, comma-separated or both", () => {
  assert.deepEqual(queryList({ x: ["a,b", "c"] }, "x"), ["a", "b", "c"]);
  assert.deepEqual(requiredList({ x: "" }, "x"), []);
  assert.equal(queryList({}, "x"), undefined);
});

const PREFIX =
  "Method parameter 'x': Failed to convert value of type 'java.lang.String' to required type";
const refused: readonly (readonly [(query: Query) => unknown, Query, string])[] = [
  [
    (q) => queryBoolean(q, "x", true),
    { x: "maybe" },
    `${PREFIX} 'boolean'; Invalid boolean value [maybe]`,
  ],
  [(q) => queryBoolean(q, "x", true), { x: "2" }, `${PREFIX} 'boolean'; Invalid boolean value [2]`],
  [(q) => queryInt(q, "x"), { x: "y" }, `${PREFIX} 'int'; For input string: "y"`],
  [(q) => queryInt(q, "x"), { x: "1.0" }, `${PREFIX} 'int'; For input string: "1.0"`],
  [(q) => queryInt(q, "x"), { x: "2147483648" }, `${PREFIX} 'int'; For input string: "2147483648"`],
  [
    (q) => queryLong(q, "x"),
    { x: "9".repeat(30) },
    `${PREFIX} 'long'; For input string: "${"9".repeat(30)}"`,
  ],
  [(q) => queryEnum(q, "x", ["A", "B"]), { x: "a" }, `${PREFIX} 'enum'; 'a' is none of A, B`],
  [
    (q) => requiredText(q, "x"),
    {},
    "Required request parameter 'x' for method parameter type String is not present",
  ],
  [
    (q) => requiredList(q, "x"),
    {},
    "Required request parameter 'x' for method parameter type List is not present",
  ],
];

for (const [convert, query, message] of refused) {
  test(`refused: ${message}`, () => {
    assert.throws(
      () => convert(query),
      (error) => {
        assert.ok(error instanceof AppError);
        assert.equal(error.code, "BAD_REQUEST");
        assert.equal(error.message, message);
        return true;
      },
    );
  });
}
