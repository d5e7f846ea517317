import assert from "node:assert/strict";
import { test } from "node:test";

import { inHashOrder } from "./hash-order.ts";

test("names come in the order of their hash codes", () => {
  assert.deepEqual(inHashOrder(["j", "a2"]), ["a2", "j"]);
  assert.deepEqual(inHashOrder(["forkTaskInputs", "forkTaskType"]), [
    "forkTaskType",
    "forkTaskInputs",
  ]);
  assert.deepEqual(inHashOrder(["q", "b", "aa"]), ["aa", "q", "b"]);
  assert.deepEqual(inHashOrder([]), []);
});

test("names in one slot keep the order in which they were put there", () => {
  assert.deepEqual(inHashOrder(["AaAa", "BB", "BBBB", "Aa"]), ["BB", "Aa", "AaAa", "BBBB"]);
  assert.deepEqual(inHashOrder(["BB", "Aa"]), ["BB", "Aa"]);
});

test("a table grows with what is in it", () => {
  const few = ["a", "q"]; // 97 and 113: one slot of 16, two of 32.
  const fill = "bcdefghijk".split("");
  assert.deepEqual(inHashOrder(["q", "a"]), ["q", "a"]);
  assert.deepEqual(inHashOrder(["q", "l", ...fill, ...few.slice(0, 1)]).slice(0, 2), ["a", "b"]);
});
