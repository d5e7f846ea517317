import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "../model/json.ts";
import { mayHoldSecrets, resolveSecrets } from "./secrets.ts";

const SECRETS: Readonly<Record<string, string>> = { KEY: "$&s3cret", CONF: '{"user":"u","n":[1]}' };

const CASES: readonly (readonly [Json, Json])[] = [
  ["${workflow.secrets.KEY}", "$&s3cret"],
  ["Bearer ${workflow.secrets.KEY}!", "Bearer $&s3cret!"],
  ["${workflow.secrets.CONF.user}", "u"],
  ["${workflow.secrets.CONF.n}", [1]],
  ["${workflow.secrets.CONF.user}:${workflow.secrets.KEY}", "u:$&s3cret"],
  ["${workflow.secrets.NONE}", null],
  ["${workflow.secrets.CONF.none}", null],
  ["${workflow.secrets.KEY.path}", null],
  ["x${workflow.secrets.NONE}y", "xy"],
  [
    { a: ["${workflow.secrets.KEY}", 1], b: "plain" },
    { a: ["$&s3cret", 1], b: "plain" },
  ],
];

for (const [value, expected] of CASES) {
  test(`${JSON.stringify(value)} is handed out as ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(
      resolveSecrets(value, (name) => SECRETS[name]),
      expected,
    );
  });
}

test("an input without secrets is returned as it is", () => {
  const input = { a: ["${workflow.input.x}", { b: null }] };
  assert.equal(
    resolveSecrets(input, () => "x"),
    input,
  );
  assert.equal(mayHoldSecrets(JSON.stringify(input)), false);
  assert.equal(mayHoldSecrets('{"a":"x ${workflow.secrets.A}"}'), true);
});

test("a failing look-up is passed on", () => {
  const failure = new Error("vault is down");
  const fail = (): never => {
    throw failure;
  };
  assert.throws(() => resolveSecrets(["${workflow.secrets.A}"], fail), failure);
});
