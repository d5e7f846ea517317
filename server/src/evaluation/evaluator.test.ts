import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";

import { createEvaluator, type Evaluator, type EvaluatorOptions } from "./evaluator.ts";
import type { Evaluated } from "./evaluation.ts";

const MB = 1024 * 1024;

function anEvaluator(context: TestContext, options: Partial<EvaluatorOptions> = {}): Evaluator {
  const all = { threads: 3, timeMs: 1000, memoryBytes: 32 * MB, ...options };
  const evaluator = createEvaluator(all);
  context.after(() => evaluator.close());
  return evaluator;
}

function run(evaluator: Evaluator, script: string, input = "{}"): Promise<Evaluated> {
  return evaluator.evaluate({ kind: "javascript", script, input });
}

test("many scripts are evaluated side by side, each with its own input", async (context) => {
  const evaluator = anEvaluator(context);
  const numbers = Array.from({ length: 200 }, (_, index) => index);
  const results = await Promise.all(
    numbers.map((n) => run(evaluator, "$.n * 2", JSON.stringify({ n }))),
  );
  assert.deepEqual(
    results,
    numbers.map((n) => ({ ok: true, value: String(n * 2) })),
  );
});

test("the syntax of a script can be asked for", async (context) => {
  const evaluator = anEvaluator(context, { threads: 1 });
  assert.equal(await evaluator.checkSyntax("$.n > 1"), undefined);
  assert.match((await evaluator.checkSyntax("$.n >")) ?? "", /^`SyntaxError: .+` at line 1$/);
});

test("recursion of every kind ends in an error, not in the end of the thread", async (context) => {
  const evaluator = anEvaluator(context, { threads: 1 });
  for (const script of [
    "function f() { f() } f()",
    "function f() { [1, 2].sort(f) } f()",
    "eval('('.repeat(100000))",
    "JSON.parse('['.repeat(1000000))",
    "const o = {toString() { return `${this}` }}; `${o}`",
  ]) {
    const { ok, ...rest } = await run(evaluator, script);
    assert.equal(ok, false, script);
    const message = "message" in rest ? rest.message : "";
    assert.match(message, /`RangeError: Maximum call stack size exceeded`( at line 1)?$/, script);
  }
  assert.deepEqual(await run(evaluator, "const o = {}; o.o = o; o"), {
    ok: false,
    message:
      "Error evaluating the script `RangeError: the result is nested deeper than 1000 levels`",
    isRetriable: false,
  });
});

test("a deep input and a deep result have room", async (context) => {
  const evaluator = anEvaluator(context, { threads: 1 });
  const deep = `${'{"a":['.repeat(490)}1${"]}".repeat(490)}`;
  assert.deepEqual(await run(evaluator, "$.d", `{"d":${deep}}`), { ok: true, value: deep });
});

test("scripts that loop for ever hardly delay others", async (context) => {
  const evaluator = anEvaluator(context, { timeMs: 1500 });
  await run(evaluator, "1");
  const loops = Array.from({ length: 3 }, () => run(evaluator, "for (;;);"));
  const startedAt = performance.now();
  for (let count = 0; count < 50; count++) {
    assert.deepEqual(await run(evaluator, "1 + 1"), { ok: true, value: "2" });
  }
  // Without turns they would wait for the three loops. Threads have to start meanwhile.
  assert.ok(performance.now() - startedAt < 1400, `took ${performance.now() - startedAt} ms`);
  for (const loop of await Promise.all(loops)) {
    assert.deepEqual(loop, {
      ok: false,
      message: "Script not evaluated within 1.5 seconds, interrupted.",
      isRetriable: true,
    });
  }
});

test("a slow script that has to begin again still gets its answer", async (context) => {
  const evaluator = anEvaluator(context, { threads: 2, timeMs: 5000 });
  const slow = "let n = 0; const end = Date.now() + 200; while (Date.now() < end) n++; $.id";
  const ids = [1, 2, 3, 4];
  const results = await Promise.all(ids.map((id) => run(evaluator, slow, JSON.stringify({ id }))));
  assert.deepEqual(
    results,
    ids.map((id) => ({ ok: true, value: String(id) })),
  );
});

test("after a script that took all memory the next one works", async (context) => {
  const evaluator = anEvaluator(context, { threads: 1 });
  const bomb = await run(evaluator, "new Array(1e8).fill(1)");
  assert.match(bomb.ok ? "" : bomb.message, /more than 32 MB/);
  assert.deepEqual(await run(evaluator, "1 + 1"), { ok: true, value: "2" });
});

test("who waits when the evaluator closes is refused, and who comes later", async (context) => {
  const evaluator = anEvaluator(context, { threads: 1 });
  const waiting = ["for (;;);", "1"].map((script) => run(evaluator, script));
  const refused = Promise.all(
    waiting.map((evaluation) => assert.rejects(evaluation, { code: "SHUTTING_DOWN" })),
  );
  await evaluator.close();
  await refused;
  await assert.rejects(run(evaluator, "1"), { code: "SHUTTING_DOWN" });
});

test("more than ten thousand waiting evaluations are refused", async (context) => {
  const evaluator = anEvaluator(context, { threads: 1 });
  const all = Array.from({ length: 10_001 }, () => run(evaluator, "1"));
  await assert.rejects(all.at(-1) ?? Promise.resolve(), { code: "OVERLOADED" });
  assert.deepEqual(await all[0], { ok: true, value: "1" });
  await Promise.all(all.slice(0, -1));
});
