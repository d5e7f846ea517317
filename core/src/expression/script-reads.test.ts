import assert from "node:assert/strict";
import { test } from "node:test";

import { readsOfScript } from "./script-reads.ts";

const cases: readonly [string, Record<string, string[] | "all"> | undefined][] = [
  ["true", {}],
  ["$.l.iteration < $.n", { l: ["iteration"], n: "all" }],
  ["$.l['iteration'] < 3 && $.l[2].a", { l: ["iteration", "2"] }],
  ['if ($ ["a"]?.b) { $?.c?.["d"] }', { a: ["b"], c: ["d"] }],
  ["$.l[$.l.iteration].a", { l: "all" }],
  ["$.l.size() > 2", { l: "all" }],
  ["`${$.a.b}` + a$ + $$.c", { a: ["b"] }],
  ["'$.a.b'", { a: ["b"] }],
  ["$.l[01]", { l: "all" }],
  ["$.get('a')", undefined],
  ["$['a' + 1]", undefined],
  ["const { a } = $; a", undefined],
  ["f($).a", undefined],
  ["$ /* here */ .a", undefined],
  ["eval('1')", undefined],
  ["'\\u0024.a'", undefined],
  ["(() => this)()", undefined],
  ["$.aé", undefined],
];

for (const [script, expected] of cases) {
  test(`what \`${script}\` reads is known or taken to be everything`, () => {
    const reads = readsOfScript(script);
    const found =
      reads === undefined
        ? undefined
        : Object.fromEntries(
            [...reads].map(([name, within]) => [name, within === "all" ? within : [...within]]),
          );
    assert.deepEqual(found, expected);
  });
}
