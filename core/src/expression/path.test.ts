import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Json, parseJson, writeJson } from "../model/json.ts";
import { compilePath, isValidPath } from "./compile-path.ts";
import { documentOf, readPath } from "./path-reader.ts";

const SEED = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
console.log(`seed ${SEED} (SEED=… runs it again)`);

const DOCUMENT = parseJson(`{
  "workflow": {
    "input": {
      "l": [10, 20, 30],
      "n": [1, 2.0, 3.5],
      "items": [
        {"id": 1, "name": "p", "tags": ["a"], "price": 5},
        {"id": 2, "name": "q", "tags": [], "price": 7.5, "gone": null},
        {"id": 3, "name": "r", "tags": ["a", "b"], "price": 10}
      ],
      "deep": {"name": "d", "list": [[1, 2], [3]], "list2": {"list": [4]}},
      "m": {"x": 1, "y": "two", "z": null},
      "a.b": "dotted", "a-b": "dashed", "with blank": 1, "it's": 2, "": 0,
      "s": "text", "limit": 6, "ids": [3, 1], "big": 9007199254740993, "json": "{\\"k\\":1}",
      "empty": [], "none": {}, "words": ["x", 1, "y"], "mixed": [1, "1", true, null]
    },
    "status": "RUNNING"
  },
  "a": {"output": {"x": 1, "name": "of a"}, "status": "COMPLETED"},
  "__proto__": {"output": {"x": 5}}
}`);

function read(text: string): Json | undefined {
  const path = compilePath(text);
  return path === undefined ? "invalid" : readPath(path, documentOf(DOCUMENT));
}

const NOTHING = "nothing";

/** Paths under `workflow.input`, and what they lead to as JSON. */
const PATHS: readonly (readonly [string, string])[] = [
  ["l[0]", "10"],
  ["l[-1]", "30"],
  ["l[ 1 ]", "20"],
  ["l[7]", NOTHING],
  ["l[-4]", NOTHING],
  ["l[0:2]", "[10,20]"],
  ["l[:2]", "[10,20]"],
  ["l[:-1]", "[10,20]"],
  ["l[1:]", "[20,30]"],
  ["l[-2:]", "[20,30]"],
  ["l[-9:]", "[10,20,30]"],
  ["l[1:9]", "[20,30]"],
  ["l[-3:-1]", "[10,20]"],
  ["l[0:-1]", "[]"],
  ["l[2:1]", "[]"],
  ["l[0,2]", "[10,30]"],
  ["l[0, -1]", "[10,30]"],
  ["l[0,9]", "[10]"],
  ["l[*]", "[10,20,30]"],
  ["l.*", "[10,20,30]"],
  ["items[0].*", '[1,"p",["a"],5]'],
  ["items[*].name", '["p","q","r"]'],
  ["items[*].gone", "[null]"],
  ["items.name", NOTHING],
  ["['a.b']", '"dotted"'],
  ['["a.b"]', '"dotted"'],
  ["['it\\'s']", "2"],
  ["['']", "0"],
  ["['with blank']", "1"],
  ["a-b", '"dashed"'],
  ["m['x','z']", '{"x":1,"z":null}'],
  ["m['x', 'nope']", '{"x":1}'],
  ["items[0]['id','name'].x", "[]"],
  [".name", '["p","q","r","d"]'],
  [".list", "[[[1,2],[3]],[4]]"],
  [".list[0]", "[[1,2],4]"],
  [".deep.list[0][1]", "[2]"],
  ["deep..*", '["d",[[1,2],[3]],{"list":[4]},[1,2],[3],1,2,3,[4],4]'],
  ["none.x[*]", "[]"],
  ["missing[*].x", "[]"],
  ["missing", NOTHING],
  ["s.deeper", NOTHING],
  ["s[0]", NOTHING],
  ["json.k", NOTHING],
  ["m.z", "null"],
  ["m.z.deeper", NOTHING],
  ["toString", NOTHING],
  ["__proto__", NOTHING],
  ["big", "9007199254740993"],

  ["l.length()", "3"],
  ["items.size()", "3"],
  ["m.length()", "3"],
  ["s.length()", "null"],
  ["missing.length()", NOTHING],
  ["m.keys()", '["x","y","z"]'],
  ["n.sum()", "6.5"],
  ["l.sum()", "60.0"],
  ["l.avg()", "20.0"],
  ["l.min()", "10.0"],
  ["l.max()", "30.0"],
  ["n.max()", "3.5"],
  ["l.stddev()", "8.16496580927726"],
  ["empty.sum()", NOTHING],
  ["words.concat()", '"xy"'],
  ['words.concat("-", 2)', '"xy-2"'],
  ["l.append(4)", "[10,20,30,4]"],
  ["l.sum(5, $.workflow.input.limit)", "71.0"],
  ["l.first()", "10"],
  ["l.last()", "30"],
  ["l.index(1)", "20"],
  ["items[*].tags.length()", "[1,0,2]"],
  ["items[*].id.sum()", NOTHING],
  ["l.nope()", NOTHING],

  ["items[?(@.id==2)].name", '["q"]'],
  ["items[?(@.id == '2')].name", '["q"]'],
  ["items[?(@.id === '2')].name", "[]"],
  ["items[?(@.name=='p')].id", "[1]"],
  ['items[?(@.name=="p")].id', "[1]"],
  ["items[?('p' == @.name)].id", "[1]"],
  ["items[?(@.id>1)].name", '["q","r"]'],
  ["items[?(@.id>=2)].id", "[2,3]"],
  ["items[?(@.price<7.5)].id", "[1]"],
  ["items[?(@.price<=7.50)].id", "[1,2]"],
  ["items[?(@.name > 'p')].id", "[2,3]"],
  ["items[?(@.name > 1)].id", "[]"],
  ["items[?(@.id!=2)].id", "[1,3]"],
  ["items[?(@.gone)].id", "[2]"],
  ["items[?(!@.gone)].id", "[1,3]"],
  ["items[?(@.gone == null)].id", "[1,2,3]"],
  ["items[?(@.nope != 1)].id", "[1,2,3]"],
  ["items[?(@.id==1 || @.id==3)].id", "[1,3]"],
  ["items[?(@.id>1 && @.price<10)].id", "[2]"],
  ["items[?(@.id==1 || @.id==2 && @.price>100)].id", "[1]"],
  ["items[?((@.id==1 || @.id==2) && @.price>6)].id", "[2]"],
  ["items[?(!(@.id==1 || @.id==2))].id", "[3]"],
  ["items[?(@.name =~ /[PQ]/i)].id", "[1,2]"],
  ["items[?(@.name =~ /[PQ]/)].id", "[]"],
  ["items[?(@.name =~ /.*/)].id", "[1,2,3]"],
  ["words[?(@ =~ /x|xx/)]", '["x"]'],
  ["items[?(@.name in ['p', 'r'])].id", "[1,3]"],
  ["items[?(@.id nin [1,2])].id", "[3]"],
  ["items[?(@.id in $.workflow.input.ids)].id", "[1,3]"],
  ["items[?(@.price > $.workflow.input.limit)].id", "[2,3]"],
  ["items[?(@.price > $['workflow']['input']['limit'])].id", "[2,3]"],
  ["items[?(@.tags contains 'b')].id", "[3]"],
  ["words[?(@ contains 'x')]", '["x"]'],
  ["items[?(@.tags size 1)].id", "[1]"],
  ["items[?(@.tags empty true)].id", "[2]"],
  ["items[?(@.tags empty false)].id", "[1,3]"],
  ["items[?(@.tags.length() > 1)].id", "[3]"],
  ["items[?(@.tags subsetof ['a','c'])].id", "[1,2]"],
  ["items[?(@.tags anyof ['b'])].id", "[3]"],
  ["items[?(@.tags noneof ['b'])].id", "[1,2]"],
  ["items[?(@.tags all ['a','b'])].id", "[3]"],
  ["items[?(@.tags == ['a'])].id", "[1]"],
  ["items[?(@['id'] == 1)].id", "[1]"],
  ["items[?(@.tags[0] == 'a')].id", "[1,3]"],
  ["l[?(@ > 10)]", "[20,30]"],
  ["mixed[?(@ == 1)]", '[1,"1"]'],
  ["mixed[?(@ == '1')]", '[1,"1"]'],
  ["mixed[?(@ == true)]", "[true]"],
  ["mixed[?(@ == null)]", "[null]"],
  ["m[?(@.x == 1)].y", '["two"]'],
  [".[?(@.id == 3)].name", '["r"]'],
  ["items[?(@.id == 9)]", "[]"],
  ["s[?(@.id == 9)]", "[]"],
];

for (const [path, expected] of PATHS) {
  test(`workflow.input path ${path} leads to ${expected}`, () => {
    const text = `workflow.input${path.startsWith("[") ? "" : "."}${path}`;
    const value = read(text);
    assert.equal(value === undefined ? NOTHING : writeJson(value), expected);
    assert.deepEqual(read(`$.${text}`), value);
  });
}

test("paths that begin otherwise than with two members see the whole document", () => {
  assert.equal(writeJson(read("a") ?? ""), '{"output":{"x":1,"name":"of a"},"status":"COMPLETED"}');
  assert.equal(writeJson(read("$..x") ?? ""), "[1,1,5]");
  assert.equal(writeJson(read("*.status") ?? ""), '["RUNNING","COMPLETED"]');
  assert.equal(writeJson(read("$['workflow','a'].status") ?? ""), '["RUNNING","COMPLETED"]');
  assert.equal(writeJson(read("a['output'].x") ?? ""), "1");
  assert.equal(writeJson(read("$.['a'].['output'].x") ?? ""), "1");
  assert.equal(writeJson(read("a.output.length()") ?? ""), "2");
  assert.equal(read("__proto__.output.x"), 5);
  assert.equal(read("constructor.name"), undefined);
});

const INVALID = [
  "",
  "  ",
  "$.",
  "workflow.",
  "workflow..",
  "workflow.in put",
  " workflow.input",
  "$workflow",
  "a[",
  "a[]",
  "a['x'",
  "a['x]",
  "a[x]",
  "a[:]",
  "a[1:b]",
  "a[99999999999]",
  "a.length(",
  "a.sum(x)",
  "a[?]",
  "a[?()]",
  "a[?(@.x ==)]",
  "a[?(@.x == y)]",
  "a[?(@.x =~ x)]",
  "a[?(@.x =~ /(/)]",
  "a[?(@.x == 1]",
  "a[?(1)]",
  "...",
];

for (const path of INVALID) {
  test(`${JSON.stringify(path)} is no path`, () => assert.equal(isValidPath(path), false));
}

for (const path of ["workflow.input.x[?(@.y==1)]", "a.output.x", "$.workflow", "$", "a", "x.y "]) {
  test(`${path} is a path`, () => assert.equal(isValidPath(path), true));
}

test("a path is definite unless it can lead to several values", () => {
  const isDefinite = (path: string): boolean | undefined => compilePath(path)?.isDefinite;
  for (const path of ["a.b[0]", "a['b','c']", "a.b.sum()", "$"])
    assert.equal(isDefinite(path), true);
  for (const path of [
    "a.*",
    "a..b",
    "a[0:1]",
    "a[0,1]",
    "a[?(@.b)]",
    "a['b','c'].d",
    "a.*.sum()",
  ]) {
    assert.equal(isDefinite(path), false, path);
  }
});

test("a path knows the first segments that it reads", () => {
  const names = (path: string): string[] => [...(compilePath(path)?.names ?? [])].sort();
  assert.deepEqual(names("a.b[?(@.x == $.c.d && @.y in $['e'].f)].sum($.g.h)"), [
    "a",
    "c",
    "e",
    "g",
  ]);
  assert.deepEqual(names("$..x"), ["*"]);
  assert.deepEqual(names("*.x"), ["*"]);
});

test("only what a path needs is read", () => {
  const asked: string[] = [];
  const document = {
    read: (...names: (string | undefined)[]): Json => (asked.push(`read ${names.join()}`), {}),
    readAll: (name: string): Json => (asked.push(`readAll ${name}`), {}),
    names: (): string[] => (asked.push("names"), ["a"]),
  };
  const paths = [
    "a.output.x.y",
    "a.output",
    "a['output']['x'][0]",
    "a.output[0]",
    "a",
    "a.*",
    "$..x",
  ];
  for (const text of paths) {
    const path = compilePath(text);
    assert.ok(path);
    readPath(path, document);
  }
  assert.deepEqual(asked, [
    "read a,output,x",
    "read a,output,",
    "read a,output,x",
    "read a,output,",
    "readAll a",
    "readAll a",
    "names",
    "readAll a",
  ]);
});

test("deeply nested paths are refused, not overflowed", () => {
  for (const nested of ["a[?(", "!", "a.sum($.b[?(@.c == ["]) {
    assert.equal(isValidPath(`a[?(${nested.repeat(2000)}`), false);
  }
  assert.equal(isValidPath(`a[?(${"(".repeat(4000)}@.x${")".repeat(4000)})]`), false);
  assert.equal(isValidPath(`a[?(@.x == ${"[".repeat(4000)}${"]".repeat(4000)})]`), false);
});

test("no text makes a path throw", () => {
  const pieces = fc.constantFrom(
    ...["workflow", "input", ".", "..", "[", "]", "(", ")", "?", "@", "$", "*", ":", ",", "'", '"'],
    ...["0", "-1", "items", "==", "=~", "/", "\\", " ", "!", "&&", "||", "in", "sum()", "{", "}"],
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 25 }).map((all) => all.join("")),
  );
  fc.assert(
    fc.property(text, (path) => {
      read(path);
      read(`workflow.input.items[?(@.${path})]`);
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

test("a member path finds what the members hold", () => {
  const names = fc.array(fc.string({ unit: "binary", minLength: 1 }), {
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(names, (path) => {
      const document = path.reduceRight<Json>(
        (value, name) => JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`),
        "end",
      );
      const quoted = path.map(
        (name) => `['${name.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}']`,
      );
      const compiled = compilePath(`$${quoted.join("")}`);
      assert.ok(compiled);
      assert.equal(readPath(compiled, documentOf(document)), "end");
    }),
    { seed: SEED },
  );
});
