import assert from "node:assert/strict";
import { test } from "node:test";

import type { Evaluated } from "./evaluation.ts";
import { loadJavascript } from "./javascript.ts";

const run = await loadJavascript({ timeMs: 300, memoryBytes: 32 * 1024 * 1024 });

function evaluate(script: string, input: unknown = {}, asFunction = false): Evaluated {
  const json = typeof input === "string" ? input : JSON.stringify(input);
  return run({ kind: "javascript", script, input: json, asFunction }).evaluated;
}

/** Numbers as they are written. */
function textOf(script: string, input?: unknown): string {
  const evaluated = evaluate(script, input);
  return evaluated.ok ? evaluated.value : evaluated.message;
}

function valueOf(script: string, input?: unknown): unknown {
  const evaluated = evaluate(script, input);
  return evaluated.ok ? JSON.parse(evaluated.value) : { failed: evaluated.message };
}

function messageOf(script: string, input?: unknown): string {
  const evaluated = evaluate(script, input);
  return evaluated.ok ? `no error but ${evaluated.value}` : evaluated.message;
}

const RESULTS: readonly (readonly [string, unknown])[] = [
  ["1 + 1", 2],
  ["7 / 2", 3.5],
  ["4 / 2", 2],
  ["2147483648", 2147483648],
  ["9007199254740991", 9007199254740991],
  ["1e20", 1e20],
  ["0.1 + 0.2", 0.30000000000000004],
  ["-0", 0],
  ["'text'", "text"],
  ["true", true],
  ["null", null],
  ["undefined", null],
  ["$.missing", null],
  ["", null],
  ["[1, 'a', null, [2]]", [1, "a", null, [2]]],
  ["({a: 1, b: {c: [true]}})", { a: 1, b: { c: [true] } }],
  ["[]", []],
  ["({})", {}],
  ["new Map([['k', 1]])", { k: 1 }],
  ["(function(){ return 5; })()", 5],
  ["if ($.n > 1) { 'big' } else { 'small' }", "big"],
  ["x => x", {}],
  ["Symbol.iterator in [] ? 'sym' : 'no'", "sym"],
  ["0 / 0", "NaN"],
  ["1 / 0", "Infinity"],
  ["-1 / 0", "-Infinity"],
  ["(function named() { return 1; })", {}],
  ["new Date(0)", {}],
  ["Promise.resolve(1)", {}],
  ["new Set([1, 2])", {}],
  ["12345678901234567890n", {}],
  ["/ab+/g", {}],
  ["new Error('as a value')", {}],
  ["Symbol('s')", {}],
  ["[, undefined, () => 1]", [null, null, {}]],
  ["({a: undefined, toJSON() { return 1 }})", { a: null, toJSON: {} }],
  ["const o = JSON.parse('{\"__proto__\": 1}'); Object.keys(o)", ["__proto__"]],
  ["'\\ud800\\u0000\"😀'", '\ud800\u0000"😀'],
  ["undeclared = 3; undeclared + this.undeclared", 6],
  ["function e() { return {a: $.n} } e();", { a: 2 }],
  [
    "class P { #x = 1; get x() { return this.#x } } [new P().x, [3, 1, 2].toSorted(), 2 ** 10, 'a-b'.replaceAll('-', '+')]",
    [1, [1, 2, 3], 1024, "a+b"],
  ],
  ["let a = []; for (const i of [1, 2]) { a.push(i) } a", [1, 2]],
  ["typeof load === 'undefined'", true],
  [
    "[typeof console, typeof require, typeof fetch, typeof setTimeout, typeof load, typeof print, typeof Java, typeof process, typeof globalThis]",
    [...new Array<string>(8).fill("undefined"), "object"],
  ],
];

test("a script's completion value is stored as the reference stores it", () => {
  for (const [script, value] of RESULTS) assert.deepEqual(valueOf(script, { n: 2 }), value, script);
});

test("numbers are written as the reference writes them", () => {
  const texts: readonly (readonly [string, string])[] = [
    ["2.0", "2"],
    ["-0", "0"],
    ["2 ** 53", "9007199254740992"],
    ["2 ** 62", "4611686018427387904"],
    ["-(2 ** 62)", "-4611686018427387904"],
    ["1e20", "1.0E20"],
    ["1.5e300", "1.5E300"],
    ["123456789.5", "1.234567895E8"],
    ["0.00001", "1.0E-5"],
    ["-1.25e-7", "-1.25E-7"],
    ["0.001", "0.001"],
  ];
  for (const [script, text] of texts) assert.equal(textOf(script), text, script);
});

test("numbers of the input are numbers, whole ones without a fraction", () => {
  const input = '{"d": 1.0, "b": 3000000000, "t": "1", "n": 7, "i": 3}';
  const script =
    "[$.d, typeof $.d, $.d + 1, $.b, typeof $.b, $.b + 1, $.t + 1, $.d === 1, $.n / 2, $.i % 2]";
  const expected = '[1,"number",2,3000000000,"number",3000000001,"11",true,3.5,1]';
  assert.equal(textOf(script, input), expected);
});

const HOST: readonly (readonly [string, unknown])[] = [
  ["$.l.get(1)", "b"],
  ["$.l.size() + $.l.length", 4],
  ["$.l.contains('b')", true],
  ["$.l.add('c'); $.l", ["a", "b", "c"]],
  ["$.m.get('k')", "v"],
  ["$.m.get('none')", null],
  ["$.m.getOrDefault('none', 1)", 1],
  ["$.m.containsKey('k')", true],
  ["$.m.containsValue('v')", true],
  ["$.m.size()", 1],
  ["$.m.isEmpty()", false],
  ["'' + $.m", "{k=v}"],
  ["'' + $.l", "[a, b]"],
  ["`${$.l}`", "[a, b]"],
  ["String($.m.k)", "v"],
  ["String($.l)", "[a, b]"],
  ["$.m.toString() + $.l.toString()", "{k=v}[a, b]"],
  ["'' + $.deep", "{a=[1, 2.5, null, {b=true}], n=3000000000}"],
  ["$.l.map(x => x + x)", ["aa", "bb"]],
  ["'' + $.l.map(x => x)", "a,b"],
  ["'' + {} + [1, 2]", "[object Object]1,2"],
  ["[...$.l].join('|')", "a|b"],
  ["JSON.stringify($.l)", '["a","b"]'],
  ["$.l.indexOf('b')", 1],
  ["Array.isArray($.l)", true],
  ["typeof $.m", "object"],
  ["$.m['k']", "v"],
  ["$.m.none === undefined", true],
  ["$.l[9] === undefined", true],
  ["$.z === null", true],
  ["$.l.includes('b')", true],
  ["let n = []; for (const [k, v] of $.m) n.push(k + v); n", ["kv"]],
  ["$.l.isEmpty()", false],
  ["$.m.keySet().contains('k')", true],
  ["'' + $.m.values()", "[v]"],
  ["let n = []; for (const e of $.m.entrySet()) n.push(e.getKey() + e.getValue()); n", ["kv"]],
  ["$.get('z') === null && $.containsKey('l')", true],
  ["[$.m.constructor === Object, $.l.constructor === Array]", [true, true]],
  // What ordinary objects do, and the reference's maps do not.
  ["Object.keys($.m)", ["k"]],
  ["'k' in $.m", true],
  ["Object.entries($.m)", [["k", "v"]]],
  ["JSON.stringify($.m)", '{"k":"v"}'],
  ["const {...c} = $.m; c.k", "v"],
  ["let n = 0; for (const x in $.m) n++; n", 1],
  ["let n = 0; for (const x in $.l) n++; n", 2],
  ["Object.assign({}, $.m).k", "v"],
];

test("lists and maps of the input have the reference's methods and text forms", () => {
  const deep = { a: [1, 2.5, null, { b: true }], n: 3_000_000_000 };
  const input = { l: ["a", "b"], m: { k: "v" }, z: null, deep };
  for (const [script, value] of HOST) assert.deepEqual(valueOf(script, input), value, script);
});

test("a member named like a method is what it is", () => {
  assert.deepEqual(valueOf("[$.size, $.get, '' + $]", { size: 3, get: "x", toString: 1 }), [
    3,
    "x",
    "{size=3, get=x, toString=1}",
  ]);
});

test("the input can be changed by its script, and is whole again for the next", () => {
  const script =
    "$.m.k = 2; $.l.push(3); $.added = 1; leaked = 1; ({k: $.m.k, n: $.l.length, added: $.added})";
  assert.deepEqual(valueOf(script, { m: { k: 1 }, l: [1, 2] }), { k: 2, n: 3, added: 1 });
  assert.equal(valueOf("typeof leaked"), "undefined");
});

test("nothing that a script breaks is broken for the next", () => {
  const vandals = [
    "Array.prototype.map = Object.keys = JSON.stringify = JSON.parse = () => 'broken'; [1]",
    "Object.prototype.evil = 1; Object.defineProperty(Object.prototype, 'get', {get() { throw 1 }})",
    "String.prototype.replace = String.prototype.includes = () => ']'; [1e30, 'a']",
    "Map[Symbol.hasInstance] = () => true; delete globalThis.Error; ({a: 1})",
    "Object.freeze(Object.prototype); Object.setPrototypeOf(Array.prototype, null)",
    "Math.random = () => 4; globalThis.$ = 5; const x = 1; function e() {}",
  ];
  for (const vandal of vandals) {
    const text = textOf(vandal);
    if (text.startsWith("[") || text.startsWith("{")) JSON.parse(text.replace("1.0E30", "1"));
    assert.deepEqual(
      valueOf("const x = $.l.map((n) => n); ({x, y: [1e30] + '', z: typeof Error, e: $.evil})", {
        l: [1],
      }),
      { x: [1], y: "1e+30", z: "function", e: null },
      vandal,
    );
  }
});

test("every evaluation draws other random numbers", () => {
  const drawn = Array.from({ length: 50 }, () => valueOf("Math.random()") as number);
  assert.equal(new Set(drawn).size, 50);
  assert.ok(drawn.every((number) => number >= 0 && number < 1));
});

test("the text of a LAMBDA is the body of a function", () => {
  const lambda = (script: string, input: unknown): Evaluated => evaluate(script, input, true);
  const branches = "if ($.a > 1) { return {big: true}; } return {big: false};";
  assert.deepEqual(lambda(branches, { a: 2 }), { ok: true, value: '{"big":true}' });
  assert.deepEqual(lambda("$.a + 1", { a: 2 }), { ok: true, value: "null" });
  assert.deepEqual(lambda("return $.l.map(x => x * 2) // done", { l: [1, 2] }), {
    ok: true,
    value: "[2,4]",
  });
  const failure = lambda("1;\nreturn $.a.b.c", {});
  assert.match(
    failure.ok ? "" : failure.message,
    /^Error evaluating the script `TypeError: .*` at line 2$/,
  );
});

const ERRORS: readonly (readonly [string, string | RegExp])[] = [
  ["boom()", "`ReferenceError: boom is not defined` at line 1"],
  ["console.log('x')", "`ReferenceError: console is not defined` at line 1"],
  ["nothing.there", "`ReferenceError: nothing is not defined` at line 1"],
  ["null.x", "`TypeError: Cannot read property 'x' of null` at line 1"],
  ["1;\n\n$.a.b.c", "`TypeError: Cannot read property 'b' of undefined` at line 3"],
  ["if (", /^`SyntaxError: .+` at line 1$/],
  ["1;\nconst const = 5", /^`SyntaxError: .+` at line 2$/],
  ["return 5", /^`SyntaxError: .+` at line 1$/],
  ["$.getClass()", /^`TypeError: .+` at line 1$/],
  ["try { null.x } catch (e) { throw e }", /^`TypeError: .+` at line 1$/],
  ["throw new Error('no stock')", "`Error: no stock`"],
  ["throw Error('no new')", "`Error: no new`"],
  ["throw new Error()", "`Error`"],
  ["throw new TypeError('bad type')", "`TypeError: bad type`"],
  ["1;\n2;\nthrow new RangeError('third line')", "`RangeError: third line`"],
  ["class Mine extends Error { name = 'Mine' } throw new Mine('m')", "`Mine: m`"],
  ["throw 'text'", "`text` at line 1"],
  ["throw {code: 5}", "`Error` at line 1"],
  ["throw 7", "`7` at line 1"],
  ["throw null", "`null` at line 1"],
  ["throw undefined", "`undefined` at line 1"],
  ["1;\nthrow 'lower'", "`lower` at line 2"],
  ["if (false) throw 'a';\nthrow 'b'", "`b` at line 2"],
  ["({get a() { throw new Error('getter') }})", "`Error: getter`"],
];

test("what a script throws is told as the reference tells it", () => {
  for (const [script, expected] of ERRORS) {
    const message = messageOf(script);
    const prefix = "Error evaluating the script ";
    assert.ok(message.startsWith(prefix), `${script}: ${message}`);
    const rest = message.slice(prefix.length);
    if (typeof expected === "string") assert.equal(rest, expected, script);
    else assert.match(rest, expected, script);
  }
});

test("an error of a script is not retriable", () => {
  assert.deepEqual(evaluate("throw new Error('x')"), {
    ok: false,
    message: "Error evaluating the script `Error: x`",
    isRetriable: false,
  });
});

test("the syntax of a script is looked at without running it", () => {
  const check = (script: string): Evaluated => run({ kind: "syntax", script }).evaluated;
  assert.equal(check("for (;;);").ok, true);
  assert.equal(check("$.n > 10 ? 'big' : 'small'").ok, true);
  const wrong = check("1;\n$.n >");
  assert.match(wrong.ok ? "" : wrong.message, /^`SyntaxError: .+` at line 2$/);
});

test("what takes too long is stopped, and the next evaluation is not harmed", () => {
  for (const script of [
    "for (;;);",
    "/(x+x+)+y/.test('x'.repeat(40))",
    "try { for (;;); } catch { 1 } finally { 2 }",
    "({get a() { for (;;); }})",
  ]) {
    assert.deepEqual(
      evaluate(script),
      {
        ok: false,
        message: "Script not evaluated within 0.3 seconds, interrupted.",
        isRetriable: true,
      },
      script,
    );
    assert.equal(valueOf("1 + 1"), 2);
  }
});

test("what takes too much memory is stopped, and its engine is spent", () => {
  for (const script of ["'a'.repeat(1 << 28)", "new Array(1e8).fill(1)", "new ArrayBuffer(1e9)"]) {
    assert.deepEqual(
      run({ kind: "javascript", script, input: "{}" }),
      {
        evaluated: {
          ok: false,
          message: "Script stopped: it needs more than 32 MB of memory.",
          isRetriable: false,
        },
        isSpent: true,
      },
      script,
    );
  }
});
