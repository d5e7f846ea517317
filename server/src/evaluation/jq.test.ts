import assert from "node:assert/strict";
import { test } from "node:test";

import { createEvaluator } from "./evaluator.ts";

const evaluator = createEvaluator({ threads: 1, timeMs: 1000, memoryBytes: 32 * 1024 * 1024 });
test.after(() => evaluator.close());

async function resultsOf(program: string, input: unknown): Promise<unknown> {
  const json = JSON.stringify(input);
  const evaluated = await evaluator.evaluate({ kind: "jq", program, input: json });
  return evaluated.ok ? JSON.parse(evaluated.value) : evaluated.message;
}

const ROWS = {
  rows: [
    { id: "a", v: 1 },
    { id: "b", v: 2 },
    { id: "c", v: 3 },
  ],
};

const RESULTS: readonly (readonly [string, unknown, unknown])[] = [
  [
    ".rows[] | select(.v > 1) | {k: .id, w: (.v * 2)}",
    ROWS,
    [
      { k: "b", w: 4 },
      { k: "c", w: 6 },
    ],
  ],
  ["[.rows[].v] | add / length", ROWS, [2]],
  ["empty", {}, []],
  ["[.xs[]] | add / length", { xs: [1, 2] }, [1.5]],
  ['null, 1, "x", [2], {a: 3}', {}, [null, 1, "x", [2], { a: 3 }]],
  ["keys", { k: 1, queryExpression: "keys" }, [["k", "queryExpression"]]],
  [".none.deeper", {}, [null]],
  [".m | to_entries | map({(.key): .value + 1}) | add", { m: { a: 1, b: 2 } }, [{ a: 2, b: 3 }]],
  [".big, .f, 1.0, 3 / 3", { big: 12345678901, f: 1.5 }, [12345678901, 1.5, 1, 1]],
  ["[.n[] | {p: .}]", { n: [1, 2] }, [[{ p: 1 }, { p: 2 }]]],
  [
    "{ colours : .body.inputParameters}, { names: [.body.tasks[] | .name]}",
    { body: { inputParameters: ["red"], tasks: [{ name: "n1" }, { name: "n2" }] } },
    [{ colours: ["red"] }, { names: ["n1", "n2"] }],
  ],
  [
    "{names : [.body | keys[]], sum: ([.body[]] | add)}",
    { body: { b: 0, a: 0 } },
    [{ names: ["a", "b"], sum: 0 }],
  ],
  ["-1", {}, [-1]],
  ["tonumber?", "x", []],
  [".", "a\nb\u0000😀", ["a\nb\u0000😀"]],
  [". | debug", 1, [1]],
  ['$ENV | keys | index("HOSTNAME")', {}, [null]],
  ["$ENV._", {}, ["jq"]],
];

test("the value of a jq program is the list of its results", async () => {
  for (const [program, input, value] of RESULTS) {
    assert.deepEqual(await resultsOf(program, input), value, program);
  }
});

test("integers keep their digits", async () => {
  const input = '{"big":12345678901234567890}';
  const evaluated = await evaluator.evaluate({ kind: "jq", program: ".big, 12", input });
  assert.deepEqual(evaluated, { ok: true, value: "[12345678901234567890,12]" });
});

test("what goes wrong is told without the words around it", async () => {
  assert.equal(await resultsOf('.a | error("mine")', { a: 1 }), "mine");
  assert.equal(await resultsOf("error({a: 1})", {}), '{"a":1}');
  assert.match(
    String(await resultsOf(".rows[] | .v", { rows: "oops" })),
    /^Cannot iterate over string/,
  );
  assert.match(String(await resultsOf("1, 2, (3 | error)", {})), /^3$/);
  assert.match(String(await resultsOf(".a |", {})), /^syntax error, .+line 1/s);
  assert.match(
    String(await resultsOf(`[${"1,".repeat(20_000)}1]`, {})),
    /^jq program of 40003 char/,
  );
  assert.deepEqual(await resultsOf(".a", { a: "still works" }), ["still works"]);
});

test("what takes too long or too much memory is stopped", async (context) => {
  const time = await evaluator.evaluate({ kind: "jq", program: "def f: f; f", input: "{}" });
  assert.deepEqual(time, {
    ok: false,
    message: "jq program not evaluated within 1 seconds, interrupted.",
    isRetriable: true,
  });
  const patient = createEvaluator({ threads: 1, timeMs: 60_000, memoryBytes: 32 * 1024 * 1024 });
  context.after(() => patient.close());
  const memory = await patient.evaluate({ kind: "jq", program: "[range(1e9)]", input: "{}" });
  assert.deepEqual(memory, {
    ok: false,
    message: "jq program stopped: it needs more than 32 MB of memory.",
    isRetriable: false,
  });
  assert.deepEqual(await resultsOf(".a", { a: 1 }), [1]);
});
