import assert from "node:assert/strict";
import { test } from "node:test";

import { parseJson } from "../model/json.ts";
import { asBoolean, asCaseText } from "./conversions.ts";

test("a condition holds for true and for numbers above 0, and for nothing else", () => {
  for (const text of ["true", "1", "0.5", "1.0", "1e30", "12345678901234567890"]) {
    assert.equal(asBoolean(parseJson(text)), true, text);
  }
  for (const text of [
    "false",
    "null",
    "0",
    "-4",
    "-0.0",
    '"true"',
    '"1"',
    "{}",
    '{"a":1}',
    "[1]",
  ]) {
    assert.equal(asBoolean(parseJson(text)), false, text);
  }
});

test("a case is selected by the text that the reference prints for the value", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["1", "1"],
    ["1.5", "1.5"],
    ["1.0", "1.0"],
    ["12345678901", "12345678901"],
    ["true", "true"],
    ["null", "null"],
    ['"big"', "big"],
    ['["p", 1, true]', "[p, 1, true]"],
    ['{"a": 1, "b": ["x", null]}', "{a=1, b=[x, null]}"],
  ];
  for (const [json, text] of cases) assert.equal(asCaseText(parseJson(json)), text, json);
});
