import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isJsonObject, type Json, type JsonObject, parseJson, writeJson } from "../model/json.ts";
import { resolveInput, withTemplate, workflowInput } from "./input-template.ts";
import { documentOf } from "./path-reader.ts";
import type { Scope } from "./scope.ts";
import { referencedNames, resolveTemplate } from "./template.ts";
import { listExpressions } from "./template-text.ts";

const SEED = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
console.log(`seed ${SEED} (SEED=… runs it again)`);

interface Surroundings {
  readonly taskId?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly workflowEnv?: Readonly<Record<string, string>>;
}

function aScope(document: Json, { taskId, environment, workflowEnv }: Surroundings = {}): Scope {
  return {
    ...documentOf(document),
    ...(taskId === undefined ? {} : { taskId }),
    environment: (name) => environment?.[name],
    workflowEnv: (name) => workflowEnv?.[name],
  };
}

function resolved(template: Json, scope: Scope): string {
  return writeJson(resolveTemplate(template, scope));
}

function anObject(text: string): JsonObject {
  const value = parseJson(text);
  assert.ok(isJsonObject(value));
  return value;
}

/** What the reference answered: title, document, and templates with what they became (as JSON). */
const RECORDED: readonly (readonly [string, string, readonly (readonly [Json, string])[]])[] = [
  [
    "escapes and braces",
    '{"workflow":{"input":{"s":"x","i":1,"l":["zero","one"],"m":{"x":"found"}}}}',
    [
      ["$${workflow.input.s}", '"${workflow.input.s}"'],
      ["pre $${s} ${workflow.input.s}", '"pre ${s} x"'],
      ["${}", '""'],
      ["${  }", '""'],
      ["${workflow.input.i}}", '"1}"'],
      ["${workflow.input.i", '"${workflow.input.i"'],
      ['{"k":"${workflow.input.s}"}', '"{\\"k\\":\\"x\\"}"'],
      ["$5 and $ {x}", '"$5 and $ {x}"'],
      ["$$${workflow.input.s}", '"$${workflow.input.s}"'],
      ["$", '"$"'],
      ["${workflow.input.l[${workflow.input.i}]}", '"one"'],
      ["${workflow.input.m.${workflow.input.s}}", '"found"'],
    ],
  ],
  [
    "output of a failed workflow",
    `{"workflow":{"status":"FAILED"},"a":{"output":{"x":{"k":1}}},
      "b":{"output":{"y":2},"status":"FAILED","reasonForIncompletion":"r"}}`,
    [
      ["${a.output.x}", '{"k":1}'],
      ["${b.output.y}", "2"],
      ["${workflow.status}", '"FAILED"'],
      ["${workflow.reasonForIncompletion}", "null"],
      ["${b.reasonForIncompletion}", '"r"'],
      ["${CPEWF_TASK_ID}", '"${CPEWF_TASK_ID}"'],
      ["got ${a.output}", '"got {x={k=1}}"'],
    ],
  ],
  [
    "missing values",
    '{"workflow":{"input":{},"variables":{},"output":{}},"a":{"output":{"s":"x","n":1}}}',
    [
      ["${workflow.input.none}", "null"],
      ["v=${workflow.input.none}", '"v=null"'],
      ["${nope.output.x}", "null"],
      ["${a.output.s.deeper}", "null"],
      ["${a.output.list[7]}", "null"],
      ["${workflow.input.none[*].x}", "[]"],
      ["${workflow.nope}", "null"],
      [
        { in: "${workflow.input.none}", list: ["${workflow.input.none}", 1] },
        '{"in":null,"list":[null,1]}',
      ],
      ["${workflow.output.x}", "null"],
      ["<${nope}>", '"<null>"'],
    ],
  ],
  [
    "number forms",
    '{"workflow":{"input":{"a":3.0,"b":1e3,"c":0.1,"d":12345678901,"e":-7,"l":[1,2.0,3.5]}}}',
    [
      ["${workflow.input.a}", "3.0"],
      ["t=${workflow.input.a}", '"t=3.0"'],
      ["t=${workflow.input.b}", '"t=1000.0"'],
      ["t=${workflow.input.c}", '"t=0.1"'],
      ["t=${workflow.input.d}", '"t=12345678901"'],
      ["t=${workflow.input.e}", '"t=-7"'],
      ["t=${workflow.input.l}", '"t=[1, 2.0, 3.5]"'],
      ["t=${workflow.input.l[*]}", '"t=[1,2.0,3.5]"'],
      ["t=${workflow.input.l.sum()}", '"t=6.5"'],
    ],
  ],
  [
    "paths",
    `{"workflow":{"input":{"l":[10,20,30],"items":[{"id":1,"name":"p"},{"id":2,"name":"q"},
      {"id":3,"name":"r"}],"a.b":"dotted","a-b":"dashed"}}}`,
    [
      ["${workflow.input.l[0]}", "10"],
      ["${workflow.input.l[-1]}", "30"],
      ["${workflow.input.l[0:2]}", "[10,20]"],
      ["${workflow.input.l[*]}", "[10,20,30]"],
      ["${workflow.input.l[0,2]}", "[10,30]"],
      ["${workflow.input.items[?(@.id==2)]}", '[{"id":2,"name":"q"}]'],
      ["${workflow.input.items[?(@.id>1)].name}", '["q","r"]'],
      ["${workflow.input..name}", '["p","q","r"]'],
      ["${workflow.input['a.b']}", '"dotted"'],
      ["${workflow.input.a-b}", '"dashed"'],
      ["${workflow.input.items[0].*}", '[1,"p"]'],
      ["${$.workflow.input.l[0]}", "10"],
    ],
  ],
  [
    "text form",
    `{"workflow":{"input":{"o":{"k":"v","n":1,"z":null},"l":[1,"two",true],
      "deep":{"a":[{"b":"c"}],"d":{"e":1.5}},"b":true,"f":2.5,"w":3,"big":12345678901,"e":{},
      "el":[],"s":"with \\"quotes\\" and\\nlines"}}}`,
    [
      ["o=${workflow.input.o}", '"o={k=v, n=1, z=null}"'],
      ["l=${workflow.input.l}", '"l=[1, two, true]"'],
      ["n=${workflow.input.deep}", '"n={a=[{b=c}], d={e=1.5}}"'],
      ["w=${workflow.input.l[*]}", '"w=[1,\\"two\\",true]"'],
      ["b=${workflow.input.b}", '"b=true"'],
      ["f=${workflow.input.f}", '"f=2.5"'],
      ["w=${workflow.input.w}", '"w=3"'],
      ["b=${workflow.input.big}", '"b=12345678901"'],
      ["e=${workflow.input.e} ${workflow.input.el}", '"e={} []"'],
      ["s=${workflow.input.s}", '"s=with \\"quotes\\" and\\nlines"'],
    ],
  ],
  [
    "types are preserved",
    `{"workflow":{"input":{"i":1,"f":2.5,"b":false,"nul":null,"o":{"k":[1,{"z":"y"}]},
      "l":[1,"2",null],"s":"x"}}}`,
    [
      ["${workflow.input.i}", "1"],
      ["${workflow.input.f}", "2.5"],
      ["${workflow.input.b}", "false"],
      ["${workflow.input.nul}", "null"],
      ["${workflow.input.o}", '{"k":[1,{"z":"y"}]}'],
      ["${workflow.input.l}", '[1,"2",null]'],
      [" ${workflow.input.i}", '" 1"'],
      ["${workflow.input.s}-${workflow.input.i}", '"x-1"'],
      ["${workflow.input.i}${workflow.input.i}", '"11"'],
      [
        "${workflow.input}",
        '{"i":1,"f":2.5,"b":false,"nul":null,"o":{"k":[1,{"z":"y"}]},"l":[1,"2",null],"s":"x"}',
      ],
    ],
  ],
  [
    "names that are not set",
    '{"workflow":{}}',
    [
      ["${NETFLIX_ENV}", '"${NETFLIX_ENV}"'],
      ["at ${NETFLIX_STACK}", '"at ${NETFLIX_STACK}"'],
      ["${workflow.env.NO_SUCH_NAME}", "null"],
      ["x${workflow.env.NO_SUCH_NAME.path}", '"xnull"'],
      ["${workflow.secrets.NO_SUCH_NAME}", '"${workflow.secrets.NO_SUCH_NAME}"'],
      ["x${workflow.secrets.NO_SUCH_NAME}y", '"x${workflow.secrets.NO_SUCH_NAME}y"'],
    ],
  ],
  [
    "values are not scanned again",
    `{"workflow":{"input":{"tpl":"\${workflow.input.k}","k":"v","esc":"$\${workflow.input.k}"}},
      "a":{"output":{"tpl":"\${a.status}"}}}`,
    [
      ["${workflow.input.tpl}", '"${workflow.input.k}"'],
      ["<${workflow.input.tpl}>", '"<${workflow.input.k}>"'],
      ["${a.output.tpl}", '"${a.status}"'],
      [{ "${workflow.input.k}": 1 }, '{"${workflow.input.k}":1}'],
      ["${workflow.input.esc}", '"$${workflow.input.k}"'],
      ["x${workflow.input.esc}", '"x${workflow.input.k}"'],
    ],
  ],
  [
    "output parameters",
    `{"workflow":{"input":{"n":3,"flag":false},"correlationId":"c-1"},
      "a":{"output":{"x":{"k":[1,"2"]}}}}`,
    [
      [
        {
          a: "${a.output.x}",
          b: "${workflow.input.n}",
          c: "${nope.output.y}",
          d: "${a.output}",
          e: "id ${workflow.correlationId}",
          f: 7,
          g: ["${a.output.x.k}", { h: "${workflow.input.flag}" }],
        },
        '{"a":{"k":[1,"2"]},"b":3,"c":null,"d":{"x":{"k":[1,"2"]}},"e":"id c-1","f":7,' +
          '"g":[[1,"2"],{"h":false}]}',
      ],
    ],
  ],
];

for (const [title, document, templates] of RECORDED) {
  for (const [template, expected] of templates) {
    test(`as recorded, ${title}: ${JSON.stringify(template)} becomes ${expected}`, () => {
      assert.equal(resolved(template, aScope(parseJson(document))), expected);
    });
  }
}

const DOCUMENT = parseJson(`{"a":1,"s":"x","workflow":{"input":{"p":"output.x","v":"A","i":0,
  "l":[[7,8],9],"braces":"}","list":["a"],"n":12345678.5,"quote":"$& $1 $$"}},
  "t":{"output":{"x":"found","A":"of A","list":[{"k":[1]}]}}}`);

/** Beyond the recordings: the other rules. */
const RULES: readonly (readonly [Json, string])[] = [
  ["${a}", "1"],
  [" ${a}", '" 1"'],
  ["${a}}", '"1}"'],
  ["${a", '"${a"'],
  ["${a ${s}", '"${a x"'],
  ["${missing}", "null"],
  ["${x[?(@.v=='}')]}", '"null\')]}"'],
  ["${t.${workflow.input.p}}", '"found"'],
  ["<${t.output.${workflow.input.v}}>", '"<of A>"'],
  ["${workflow.input.l[${workflow.input.i}][1]}", "8"],
  ["${${workflow.input.none}}", "null"],
  ["${workflow.\ninput.v}", "null"],
  ["${workflow.input.in valid}", "null"],
  ["${workflow.input.}", "null"],
  ["n=${workflow.input.n}", '"n=1.23456785E7"'],
  ["${workflow.input.quote}!", '"$& $1 $$!"'],
  ["${workflow.input.list[*]} ${t.output.list}", '"[\\"a\\"] [{k=[1]}]"'],
  ["${workflow.secrets.A.${s}}", '"${workflow.secrets.A.${s}}"'],
  [7, "7"],
  [null, "null"],
  [
    { a: [{ b: "${s}" }, true, null, 1.5], c: "plain" },
    '{"a":[{"b":"x"},true,null,1.5],"c":"plain"}',
  ],
  [["${missing}", "${a}"], "[null,1]"],
];

for (const [template, expected] of RULES) {
  test(`${JSON.stringify(template)} becomes ${expected}`, () => {
    assert.equal(resolved(template, aScope(DOCUMENT)), expected);
  });
}

test("the id of the attempt and allowed variables are values", () => {
  const environment = { NETFLIX_ENV: "prod", REGION: "eu", a: "first" };
  const scope = aScope(DOCUMENT, { taskId: "t-1", environment });
  const template = [
    "${CPEWF_TASK_ID}",
    "task ${CPEWF_TASK_ID}!",
    "${NETFLIX_ENV}",
    "${REGION}",
    "${a}",
  ];
  assert.equal(resolved(template, scope), '["t-1","task t-1!","prod","eu","first"]');
  assert.equal(resolved("${CPEWF_TASK_ID}", aScope(DOCUMENT, { taskId: "t-2" })), '"t-2"');
});

test("values of the environment store are texts, or read as JSON with a path", () => {
  const workflowEnv = { URL: "http://x", CONF: '{"a":{"b":[1,3.0]}}', BAD: "{" };
  const scope = aScope(DOCUMENT, { workflowEnv });
  const env = (rest: string): string => resolved(`\${workflow.env.${rest}}`, scope);
  assert.equal(env("URL"), '"http://x"');
  assert.equal(env("CONF"), JSON.stringify(workflowEnv.CONF));
  assert.equal(env("CONF.a.b"), "[1,3.0]");
  assert.equal(env("CONF.a.b[-1]"), "3.0");
  assert.equal(env("CONF.nope"), "null");
  assert.equal(env("BAD.a"), "null");
  assert.equal(env(""), "null");
});

test("a template without expressions is returned as it is", () => {
  const template = { a: ["$", "{x}", 1, { b: null }] };
  assert.equal(resolveTemplate(template, aScope(DOCUMENT)), template);
  const mixed = { a: "${a}", b: { c: [1] } };
  const result = resolveTemplate(mixed, aScope(DOCUMENT));
  assert.ok(isJsonObject(result));
  assert.equal(result["b"], mixed.b);
  assert.equal(mixed.a, "${a}");
});

test("a key __proto__ stays a key", () => {
  const template = parseJson('{"__proto__":"${a}","x":"${s}"}');
  assert.equal(resolved(template, aScope(DOCUMENT)), '{"__proto__":1,"x":"x"}');
});

test("what the scope throws is passed on", () => {
  const lookup = new Error("lookup");
  const fail = (): never => {
    throw lookup;
  };
  const scope = { read: fail, readAll: fail, names: fail, environment: fail, workflowEnv: fail };
  const templates = [
    "${a.output.x}",
    "${a}",
    "x ${$..a}",
    "${t.${a.b}}",
    "${workflow.env.X.y}",
    "${*}",
  ];
  for (const template of [...templates, "${workflow.input[?(@.x == $.a.b)]}"]) {
    assert.throws(() => resolveTemplate({ template }, scope), lookup);
  }
});

const NAMES: readonly (readonly [Json, readonly string[]])[] = [
  ["plain", []],
  ["${a.output.x} ${workflow.input.y}", ["a", "workflow"]],
  [{ k: ["${a.b}", { d: "${$.c}" }] }, ["a", "c"]],
  ["$${a.b} ${} ${b c} ${workflow.secrets.X} ${workflow.env.Y}", []],
  ["${workflow.input.m.${k.output.x}}", ["k", "workflow"]],
  ["${l[${i.output}]}", ["i", "l"]],
  ["${${a.output}}", ["*", "a"]],
  ["${x${a.output}.y}", ["*", "a"]],
  ["${a['b'].c[?(@.d == $.e.f)]}", ["a", "e"]],
  ["${$..x}", ["*"]],
  ["${..x}", []],
  ["${*.x}", ["*"]],
  ["${NETFLIX_ENV} ${CPEWF_TASK_ID}", []],
];

for (const [template, names] of NAMES) {
  test(`${JSON.stringify(template)} reads ${names.join(", ") || "nothing"}`, () => {
    assert.deepEqual([...referencedNames(template)].sort(), names);
  });
}

test("the expressions of a text are listed as written, inner ones after those around them", () => {
  assert.deepEqual(listExpressions("$${no} ${a.b} ${l[${i}]} ${} ${open"), [
    { inside: "a.b", hasNested: false },
    { inside: "l[${i}]", hasNested: true },
    { inside: "i", hasNested: false },
    { inside: "", hasNested: false },
  ]);
  assert.deepEqual(listExpressions("plain"), []);
});

test("as recorded, the workflow's inputTemplate fills absent and null keys, unresolved", () => {
  const template = anObject('{"a":1,"b":{"deep":[2]},"d":"${workflow.workflowId}"}');
  const input = anObject('{"b":null,"c":3,"a":false}');
  const expected = '{"b":{"deep":[2]},"c":3,"a":false,"d":"${workflow.workflowId}"}';
  assert.equal(writeJson(workflowInput(input, template, false)), expected);
  assert.equal(writeJson(workflowInput(input, template, true)), expected);
  assert.equal(writeJson(workflowInput({}, template, false)), writeJson(template));
  assert.equal(writeJson(workflowInput({}, template, true)), "{}");
});

test("a task's inputTemplate fills what is absent or null, and raw what resolves to null", () => {
  const template = anObject('{"a":"${workflow.input.v}","b":"raw ${s}","c":1,"d":"${missing}"}');
  const input = anObject('{"a":null,"b":"${missing}","x":"${missing}"}');
  assert.equal(
    writeJson(resolveInput(input, template, aScope(DOCUMENT))),
    '{"a":"A","b":"raw ${s}","c":1,"d":"${missing}","x":null}',
  );
  assert.equal(
    writeJson(resolveInput(input, undefined, aScope(DOCUMENT))),
    '{"a":null,"b":null,"x":null}',
  );
  assert.equal(withTemplate(input, template), withTemplate(input, template));
  assert.equal(withTemplate(input, {}), input);
});

test("unbalanced and deeply nested braces take no time to speak of", () => {
  const scope = aScope(DOCUMENT);
  const many = "${".repeat(100_000);
  assert.equal(resolveTemplate(many, scope), many);
  assert.equal(resolveTemplate(many + "}".repeat(100_000), scope), null);
});

test("no template throws, and nothing changes a text without expressions", () => {
  const pieces = fc.constantFrom("${", "$", "{", "}", "a", ".", "s", "workflow", "[*]", "$${", " ");
  const text = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 30 }).map((all) => all.join("")),
  );
  const scope = aScope(DOCUMENT);
  fc.assert(
    fc.property(text, fc.jsonValue(), (template, json) => {
      resolveTemplate(template, scope);
      resolveTemplate({ template, list: [template] }, scope);
      resolveTemplate(json as Json, scope);
      if (!template.includes("${")) assert.equal(resolveTemplate(template, scope), template);
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

test("any value comes out of a whole expression as it went in, and is not scanned", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      const value = json as Json;
      const scope = aScope({ a: { output: { x: [value] } } });
      const result = resolveTemplate({ v: "${a.output.x[0]}" }, scope);
      assert.ok(isJsonObject(result));
      assert.equal(result["v"], value);
    }),
    { seed: SEED },
  );
});
