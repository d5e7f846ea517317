import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "../model/decode.ts";
import type { Json, JsonObject } from "../model/json.ts";
import type { TaskDef } from "../model/task-def.ts";
import type { WorkflowDef, WorkflowTask } from "../model/workflow-def.ts";
import type { SnapshotSources } from "./build-snapshot.ts";
import { snapshotTaskOf } from "./build-flow.ts";
import { buildSnapshot, readSnapshot } from "./build-snapshot.ts";
import { taskDefDecoder } from "./decode-task-def.ts";
import { decodeWorkflowTask, workflowDefDecoder } from "./decode-workflow-def.ts";
import { DefinitionError } from "./definition-error.ts";
import type { SnapshotTask } from "./snapshot.ts";

const NOTHING_REGISTERED: SnapshotSources = {
  findTaskDef: () => undefined,
  findWorkflowDef: () => undefined,
  hash: (text) => `hash of ${text.length}`,
};

function aDefinition(...tasks: Json[]): WorkflowDef {
  return decode(workflowDefDecoder, { name: "w", tasks });
}

function entry(ref: string, type: string, members: JsonObject = {}): JsonObject {
  return { name: ref, taskReferenceName: ref, type, ...members };
}

function simple(ref: string): JsonObject {
  return entry(ref, "SIMPLE");
}

function fork(ref: string, ...forkTasks: Json[][]): JsonObject {
  return entry(ref, "FORK_JOIN", { forkTasks });
}

function join(ref: string, ...joinOn: string[]): JsonObject {
  return entry(ref, "JOIN", { joinOn });
}

function choice(ref: string, decisionCases: JsonObject, ...defaultCase: Json[]): JsonObject {
  return entry(ref, "SWITCH", { decisionCases, defaultCase });
}

function loop(ref: string, ...loopOver: Json[]): JsonObject {
  return entry(ref, "DO_WHILE", { loopOver });
}

function place(definition: WorkflowDef, ref: string): SnapshotTask {
  const placed = buildSnapshot(definition, NOTHING_REGISTERED).byRef.get(ref);
  assert.ok(placed, ref);
  return placed;
}

/** Definitions and, for each of their refs, the ref of what comes next; "" for nothing. */
const flows: readonly [string, WorkflowDef, Record<string, string>][] = [
  ["a sequence", aDefinition(simple("a"), simple("b")), { a: "b", b: "" }],
  [
    "nothing follows TERMINATE",
    aDefinition(simple("a"), entry("t", "TERMINATE"), simple("b")),
    { a: "t", t: "", b: "" },
  ],
  [
    "the last of a branch leads to the JOIN",
    aDefinition(
      fork("f", [simple("a"), simple("b")], [simple("c")], []),
      join("j", "b", "c"),
      simple("z"),
    ),
    { f: "j", a: "b", b: "j", c: "j", j: "z", z: "" },
  ],
  [
    "a fork at the head of a branch",
    aDefinition(
      fork(
        "f",
        [fork("g", [simple("a")], [simple("b")]), join("h", "a", "b"), simple("c")],
        [simple("d")],
      ),
      join("j", "c", "d"),
    ),
    { f: "j", g: "h", a: "h", b: "h", h: "c", c: "j", d: "j", j: "" },
  ],
  [
    "a fork at the end of a branch",
    aDefinition(fork("f", [fork("g", [simple("a")]), join("h", "a")]), join("j", "h")),
    { f: "j", g: "h", a: "h", h: "j", j: "" },
  ],
  ["a fork without a JOIN", aDefinition(fork("f", [simple("a")])), { f: "", a: "" }],
  [
    "the last of a case leads to what follows the SWITCH",
    aDefinition(choice("s", { x: [simple("a"), simple("b")], y: [] }, simple("d")), simple("z")),
    { s: "z", a: "b", b: "z", d: "z", z: "" },
  ],
  [
    "a SWITCH at the end of everything",
    aDefinition(choice("s", { x: [simple("a")] })),
    { s: "", a: "" },
  ],
  [
    "a SWITCH at the end of a case",
    aDefinition(choice("s", { x: [choice("t", { y: [simple("a")] })] }), simple("z")),
    { s: "z", t: "z", a: "z", z: "" },
  ],
  [
    "a SWITCH at the end of a branch",
    aDefinition(fork("f", [choice("s", { x: [simple("a")] })]), join("j", "s")),
    { f: "j", s: "j", a: "j", j: "" },
  ],
  [
    "a fork in a case",
    aDefinition(choice("s", { x: [fork("f", [simple("a")]), join("j", "a")] }), simple("z")),
    { s: "z", f: "j", a: "j", j: "z", z: "" },
  ],
  [
    "a loop asks itself after its last child",
    aDefinition(loop("l", simple("a"), simple("b")), simple("z")),
    { l: "z", a: "b", b: "l", z: "" },
  ],
  [
    "a SWITCH at the end of a loop",
    aDefinition(loop("l", choice("s", { x: [simple("a")] }, simple("d"))), simple("z")),
    { l: "z", s: "l", a: "l", d: "l", z: "" },
  ],
  [
    "a SWITCH in the middle of a loop",
    aDefinition(loop("l", choice("s", { x: [simple("a")] }), simple("b"))),
    { l: "", s: "b", a: "b", b: "l" },
  ],
  [
    "a fork in a loop",
    aDefinition(loop("l", fork("f", [simple("a")], [simple("b")]), join("j", "a", "b"))),
    { l: "", f: "j", a: "j", b: "j", j: "l" },
  ],
  ["a loop in a loop", aDefinition(loop("l", loop("m", simple("a")))), { l: "", m: "l", a: "m" }],
  [
    "a loop at the end of a branch",
    aDefinition(fork("f", [loop("l", simple("a"))]), join("j", "l")),
    { f: "j", l: "j", a: "l", j: "" },
  ],
  [
    "TERMINATE in a case",
    aDefinition(choice("s", { x: [entry("t", "TERMINATE")] }), simple("z")),
    { s: "z", t: "", z: "" },
  ],
];

for (const [name, definition, successors] of flows) {
  test(`what comes next: ${name}`, () => {
    const { byRef } = buildSnapshot(definition, NOTHING_REGISTERED);
    const found = [...byRef].map(([ref, placed]) => [ref, placed.next?.ref ?? ""]);
    assert.deepEqual(Object.fromEntries(found), successors);
  });
}

test("an entry knows its sibling, its loop and the heads of its lists", () => {
  const definition = aDefinition(
    loop("l", choice("s", { x: [simple("a")], y: [] }, simple("d")), fork("f", [], [simple("b")])),
    simple("z"),
  );
  const snapshot = buildSnapshot(definition, NOTHING_REGISTERED);
  assert.equal(snapshot.first?.ref, "l");
  assert.equal(place(definition, "l").sibling?.ref, "z");
  assert.equal(place(definition, "l").body?.ref, "s");
  assert.equal(place(definition, "l").loop, undefined);
  assert.equal(place(definition, "a").loop?.ref, "l");
  assert.equal(place(definition, "a").sibling, undefined);
  const cases = [...place(definition, "s").cases].map(([key, head]) => [key, head?.ref]);
  assert.deepEqual(cases, [
    ["x", "a"],
    ["y", undefined],
  ]);
  assert.equal(place(definition, "s").defaultCase?.ref, "d");
  assert.deepEqual(
    place(definition, "f").branches.map((head) => head?.ref),
    [undefined, "b"],
  );
});

test("a JOIN is known to all that it names, once", () => {
  const definition = aDefinition(
    fork("f", [simple("a")], [simple("b")]),
    join("j", "a", "a", "b", "nobody"),
    join("k", "a"),
  );
  assert.deepEqual(
    place(definition, "a").joins.map(({ ref }) => ref),
    ["j", "k"],
  );
  assert.deepEqual(
    place(definition, "b").joins.map(({ ref }) => ref),
    ["j"],
  );
  assert.deepEqual(place(definition, "f").joins, []);
});

test("lists that do not belong to the type of an entry are no part of the flow", () => {
  const definition = aDefinition(entry("a", "SIMPLE", { loopOver: [simple("b")] }));
  const { byRef } = buildSnapshot(definition, NOTHING_REGISTERED);
  assert.deepEqual([...byRef.keys()], ["a"]);
});

test("a definition without tasks has no first one", () => {
  assert.equal(buildSnapshot(aDefinition(), NOTHING_REGISTERED).first, undefined);
});

function aTaskDef(members: JsonObject): TaskDef {
  return taskDefDecoder.decode(members);
}

test("the embedded task definition wins over the registered one, that over the defaults", () => {
  const definition = aDefinition(
    entry("own", "SIMPLE", { taskDefinition: { name: "own", retryCount: 1 } }),
    simple("known"),
    simple("unknown"),
    choice("s", { x: [entry("nested", "WAIT")] }),
  );
  const { byRef } = buildSnapshot(definition, {
    ...NOTHING_REGISTERED,
    findTaskDef: (name) => (name === "known" ? aTaskDef({ name, retryCount: 7 }) : undefined),
  });
  const found = [...byRef.values()].map(({ workflowTask: { taskDefinition: def } }) => [
    def?.name,
    def?.retryCount,
    def?.responseTimeoutSeconds,
  ]);
  assert.deepEqual(found, [
    ["own", 1, 3600],
    ["known", 7, 3600],
    ["unknown", 3, 3600],
    ["s", 0, 0],
    ["nested", 0, 0],
  ]);
});

test("the attached task definition stands where the wire has it", () => {
  const task = place(aDefinition(simple("a")), "a").workflowTask;
  const withOwn = entry("a", "SIMPLE", { taskDefinition: { name: "a" } });
  const expected = place(aDefinition(withOwn), "a").workflowTask;
  assert.deepEqual(Object.keys(task), Object.keys(expected));
});

function child(subWorkflowParam: JsonObject): JsonObject {
  return entry("c", "SUB_WORKFLOW", { subWorkflowParam });
}

function settledChild(task: JsonObject): WorkflowTask["subWorkflowParam"] {
  const { byRef } = buildSnapshot(aDefinition(choice("s", { x: [task] })), {
    ...NOTHING_REGISTERED,
    findWorkflowDef: (name) =>
      name === "kid" ? decode(workflowDefDecoder, { name, version: 4 }) : undefined,
  });
  return byRef.get("c")?.workflowTask.subWorkflowParam;
}

const pins: readonly [string, JsonObject, JsonObject][] = [
  ["the latest version is pinned", { name: "kid" }, { name: "kid", version: 4 }],
  ["a version stays", { name: "kid", version: 2 }, { name: "kid", version: 2 }],
  ["version 0 stays", { name: "nobody", version: 0 }, { name: "nobody", version: 0 }],
  [
    "a name may be an expression if there is a version",
    { name: "${workflow.input.n}", version: 1 },
    { name: "${workflow.input.n}", version: 1 },
  ],
];

for (const [name, given, expected] of pins) {
  test(`children: ${name}`, () => assert.deepEqual(settledChild(child(given)), expected));
}

test("children: an inline definition is not looked up and stays as it is", () => {
  const inline = { name: "nobody", tasks: [simple("a")] };
  const settled = settledChild(child({ workflowDefinition: inline }));
  assert.equal(settled?.name, "nobody");
  assert.equal(settled?.version, undefined);
  assert.deepEqual(settled?.workflowDefinition, decode(workflowDefDecoder, inline));
});

const unregistered: readonly [JsonObject, string][] = [
  [{ name: "nobody" }, "nobody"],
  [{ name: "${workflow.input.n}" }, "${workflow.input.n}"],
  [{ name: "nobody", workflowDefinition: "${workflow.input.d}" }, "nobody"],
];

for (const [given, name] of unregistered) {
  test(`the child ${JSON.stringify(given)} cannot be pinned`, () => {
    assert.throws(
      () => settledChild(child(given)),
      (error) => {
        assert.ok(error instanceof DefinitionError);
        const task = `The Task ${name} defined as a sub-workflow`;
        assert.equal(error.message, `${task} has no workflow definition available `);
        return true;
      },
    );
  });
}

test("a snapshot that is read back is the one that was built", () => {
  const definition = aDefinition(
    fork("f", [simple("a"), loop("l", simple("b"))], []),
    join("j", "l"),
    choice("s", { x: [entry("t", "TERMINATE")] }, child({ name: "kid", version: 1 })),
  );
  const built = buildSnapshot(definition, NOTHING_REGISTERED);
  assert.deepEqual(readSnapshot(built.hash, built.text), built);
});

test("an entry that stands alone has children, but nothing comes after it", () => {
  const placed = snapshotTaskOf(decodeWorkflowTask(choice("s", { x: [simple("a"), simple("b")] })));
  assert.equal(placed.ref, "s");
  assert.equal(placed.next, undefined);
  assert.equal(placed.cases.get("x")?.next?.ref, "b");
  assert.equal(placed.cases.get("x")?.next?.next, undefined);
});
