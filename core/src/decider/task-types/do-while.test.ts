import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import type { Evaluation, EvaluationResult } from "../../model/evaluation.ts";
import type { Json, JsonObject } from "../../model/json.ts";
import { bodyRefsIn } from "../../definition/body-refs.ts";
import { buildSnapshot } from "../../definition/build-snapshot.ts";
import { workflowDefDecoder } from "../../definition/decode-workflow-def.ts";
import { decode } from "../../model/decode.ts";
import { liveAmong, outputText } from "../../model/task-output.ts";
import { DecidedWorld } from "../testing.ts";

function evaluate({ expression, input }: Evaluation): EvaluationResult {
  try {
    const value: unknown = runInNewContext(expression, { $: JSON.parse(input) });
    return { type: "value", value: JSON.stringify(value ?? null) };
  } catch (error) {
    return { type: "error", message: String(error) };
  }
}

class LoopWorld extends DecidedWorld {
  /** The inputs that conditions were given. */
  readonly inputs: string[] = [];
  readonly #definitions = new Map<string, readonly JsonObject[]>();

  constructor(...tasks: JsonObject[]) {
    super();
    this.evaluate = (evaluation) => {
      this.inputs.push(evaluation.input);
      return evaluate(evaluation);
    };
    this.define("w", tasks);
  }

  define(name: string, tasks: readonly JsonObject[], rest: JsonObject = {}): void {
    this.#definitions.set(name, tasks);
    this.register(name, tasks, rest);
  }

  output(workflowId: string, ref: string): Json {
    const tasks = this.#definitions.get(this.execution(workflowId).workflow.workflowName) ?? [];
    const definition = decode(workflowDefDecoder, { name: "w", tasks });
    const sources = { findTaskDef: () => undefined, findWorkflowDef: () => undefined };
    const snapshot = buildSnapshot(definition, { ...sources, hash: (text) => text });
    const findLive = liveAmong(this.execution(workflowId).tasks.values());
    const text = outputText(this.task(workflowId, ref), {
      findLive,
      bodyRefs: bodyRefsIn(snapshot),
    });
    return JSON.parse(text) as Json;
  }

  status(workflowId: string): string {
    return this.execution(workflowId).workflow.status;
  }
}

function task(ref: string, type: string, rest: JsonObject = {}): JsonObject {
  return { name: ref, taskReferenceName: ref, type, ...rest };
}

function loop(
  ref: string,
  loopCondition: string,
  loopOver: Json[],
  rest: JsonObject = {},
): JsonObject {
  return task(ref, "DO_WHILE", { loopCondition, loopOver, ...rest });
}

const worker = (ref: string, rest: JsonObject = {}): JsonObject =>
  task(ref, "SIMPLE", { retryCount: 0, ...rest });
const noop = (ref: string): JsonObject => task(ref, "NOOP");
const set = (ref: string, inputParameters: JsonObject): JsonObject =>
  task(ref, "SET_VARIABLE", { inputParameters });

test("the body runs before the condition is asked, and again while it holds", () => {
  const world = new LoopWorld(loop("l", "$.l.iteration < 3", [noop("a"), noop("b")]), noop("z"));
  const id = world.start("w");
  assert.equal(world.status(id), "COMPLETED");
  assert.deepEqual(world.trace(id), [
    "l:COMPLETED",
    ...["a__1", "b__1", "a__2", "b__2", "a__3", "b__3", "z"].map((ref) => `${ref}:COMPLETED`),
  ]);
  assert.equal(world.task(id, "l").iteration, 3);
  assert.deepEqual(world.output(id, "l"), {
    iteration: 3,
    ...{ 1: { a: {}, b: {} }, 2: { a: {}, b: {} }, 3: { a: {}, b: {} } },
  });
});

test("the condition is handed what it reads of `$`", () => {
  const inputParameters = { n: "${workflow.input.n}", other: "${workflow.input}" };
  const world = new LoopWorld(
    loop("l", "$.l['iteration'] < $.n", [worker("a"), noop("b")], { inputParameters }),
  );
  const id = world.start("w", { n: 1 });
  world.report(id, "a__1", "COMPLETED", { v: 1 });
  assert.deepEqual(world.inputs, ['{"n":1,"l":{"iteration":1}}']);
});

test("the condition sees the newest output of the body without suffix, and earlier iterations", () => {
  const world = new LoopWorld(loop("l", "$.w.go && $.l['1'].w.go", [worker("w")]));
  const id = world.start("w");
  world.report(id, "w__1", "COMPLETED", { go: true });
  assert.deepEqual(world.trace(id), ["l:IN_PROGRESS", "w__1:COMPLETED", "w__2:SCHEDULED"]);
  assert.deepEqual(world.output(id, "l"), { 1: { w: { go: true } }, iteration: 2 });
  world.report(id, "w__2", "COMPLETED", { go: false });
  assert.equal(world.status(id), "COMPLETED");
  assert.deepEqual(world.output(id, "l"), {
    ...{ 1: { w: { go: true } }, 2: { w: { go: false } } },
    iteration: 2,
  });
});

for (const [condition, iterations] of [
  ["2 - $.l.iteration", 2],
  ["'true'", 1],
  ["({})", 1],
  ["null", 1],
  ["", 1],
  ["$.l.iteration == 1 ? 0.5 : 0", 2],
] as const) {
  test(`a condition \`${condition}\` makes ${iterations} iteration(s)`, () => {
    const world = new LoopWorld(loop("l", condition, [noop("n")]));
    assert.equal(world.task(world.start("w"), "l").iteration, iterations);
  });
}

test("a condition that throws ends the loop for good; retry asks it again in place", () => {
  const world = new LoopWorld(
    loop("l", "if (!$.go) throw new Error('no'); false", [noop("n")], {
      inputParameters: { go: "${workflow.variables.go}" },
    }),
  );
  const id = world.start("w");
  const { status, reasonForIncompletion } = world.task(id, "l");
  assert.equal(status, "FAILED_WITH_TERMINAL_ERROR");
  assert.match(
    reasonForIncompletion ?? "",
    /^Unable to evaluate condition if .*, exception Error: no$/,
  );
  world.submit(id, { type: "retry-workflow" });
  assert.equal(world.status(id), "FAILED");
  assert.equal(world.task(id, "l").retryCount, 1);
  assert.deepEqual(world.trace(id), ["l:FAILED_WITH_TERMINAL_ERROR", "n__1:COMPLETED"]);
});

const each = loop(
  "each",
  "",
  [set("s", { it: "${each.output.loopItem}", at: "${each.output.loopIndex}" })],
  {
    items: "${workflow.input.list}",
  },
);

test("a loop over a list runs once for each item", () => {
  const world = new LoopWorld(each);
  const id = world.start("w", { list: ["a", { b: 1 }] });
  assert.deepEqual(JSON.parse(world.task(id, "s__1").inputData), { it: "a", at: 0 });
  assert.deepEqual(world.output(id, "each"), {
    ...{ 1: { s: {} }, 2: { s: {} } },
    iteration: 2,
    loopIndex: 1,
    loopItem: { b: 1 },
  });
});

for (const [name, input, iterations] of [
  ["an empty list", { list: [] }, 0],
  ["no list", {}, 0],
  ["a value that is no list", { list: "one" }, 1],
] as const) {
  test(`a loop over ${name} runs ${iterations} time(s)`, () => {
    const world = new LoopWorld(each, noop("z"));
    const id = world.start("w", input);
    assert.equal(world.status(id), "COMPLETED");
    assert.equal(world.task(id, "each").iteration, iterations);
    if (iterations === 0) assert.deepEqual(world.output(id, "each"), { iteration: 0 });
  });
}

test("a loop over `_items` stops early when its condition does not hold", () => {
  const world = new LoopWorld(
    loop("l", "$.loopItem < 2 && $.loopIndex < 5", [noop("n")], {
      inputParameters: { _items: [1, 2, 3] },
    }),
  );
  assert.equal(world.task(world.start("w"), "l").iteration, 2);
});

test("keepLastN deletes the attempts of earlier iterations, and what the output says of them", () => {
  const body = [
    task("f", "FORK_JOIN", { forkTasks: [[noop("a")], [noop("b")]] }),
    task("j", "JOIN", { joinOn: ["a", "b"] }),
  ];
  const world = new LoopWorld(
    loop("l", "$.l.iteration < 4", body, { inputParameters: { keepLastN: 2 } }),
  );
  const id = world.start("w");
  assert.deepEqual(
    world.trace(id),
    ["l", "f__3", "a__3", "b__3", "j__3", "f__4", "a__4", "b__4", "j__4"].map(
      (ref) => `${ref}:COMPLETED`,
    ),
  );
  assert.equal(world.execution(id).workflow.taskCount, 9);
  assert.deepEqual(Object.keys(world.output(id, "l") ?? {}), ["3", "4", "iteration"]);
});

test("keepLastN deletes all attempts of a ref, one report at a time", () => {
  const world = new LoopWorld(
    loop("l", "$.l.iteration < 3", [worker("a", { retryCount: 1 })], {
      inputParameters: { keepLastN: 1 },
    }),
  );
  const id = world.start("w");
  world.report(id, "a__1", "FAILED");
  for (const ref of ["a__1", "a__2", "a__3"]) world.report(id, ref, "COMPLETED");
  assert.deepEqual(world.trace(id), ["l:COMPLETED", "a__3:COMPLETED"]);
  assert.equal(world.execution(id).live.get("a__1") ?? null, null);
  const { taskCount, failedCount } = world.execution(id).workflow;
  assert.deepEqual({ taskCount, failedCount }, { taskCount: 2, failedCount: 0 });
});

test("a keepLastN that is no count fails the loop", () => {
  const world = new LoopWorld(
    loop("l", "false", [noop("n")], { inputParameters: { keepLastN: "2" } }),
  );
  const id = world.start("w");
  assert.deepEqual(world.trace(id), ["l:FAILED_WITH_TERMINAL_ERROR"]);
});

test("a body that fails ends the workflow; retry goes on in the same iteration", () => {
  const world = new LoopWorld(loop("l", "$.l.iteration < 2", [worker("w")]));
  const id = world.start("w");
  world.report(id, "w__1", "COMPLETED", { v: 1 });
  world.report(id, "w__2", "FAILED");
  assert.deepEqual(world.trace(id), ["l:CANCELED", "w__1:COMPLETED", "w__2:FAILED"]);
  assert.deepEqual(world.output(id, "l"), { 1: { w: { v: 1 } }, iteration: 2 });
  world.submit(id, { type: "retry-workflow" });
  assert.deepEqual(world.trace(id), [
    "l:IN_PROGRESS",
    "w__1:COMPLETED",
    "w__2:FAILED",
    "w__2:SCHEDULED",
  ]);
  world.report(id, "w__2", "COMPLETED", { v: 2 });
  assert.equal(world.status(id), "COMPLETED");
  assert.equal(world.task(id, "l").retryCount, 0);
});

test("what fails in a body is tried again in its iteration", () => {
  const world = new LoopWorld(loop("l", "$.l.iteration < 2", [worker("w", { retryCount: 1 })]));
  const id = world.start("w");
  world.report(id, "w__1", "FAILED");
  world.report(id, "w__1", "COMPLETED");
  assert.deepEqual(world.trace(id), [
    "l:IN_PROGRESS",
    "w__1:FAILED",
    "w__1:COMPLETED",
    "w__2:SCHEDULED",
  ]);
});

test("a permissive failure in the body fails the loop", () => {
  const world = new LoopWorld(
    loop("l", "$.l.iteration < 2", [worker("w", { permissive: true }), noop("x")]),
  );
  const id = world.start("w");
  world.report(id, "w__1", "FAILED");
  assert.deepEqual(world.trace(id), ["l:FAILED", "w__1:FAILED", "x__1:COMPLETED"]);
  assert.equal(world.task(id, "l").reasonForIncompletion, "broken ");
  assert.deepEqual(world.output(id, "l"), { 1: { w: {} }, iteration: 1 });
});

test("an optional failure in the body, and an optional loop that fails, let the flow go on", () => {
  const optional = { optional: true };
  const world = new LoopWorld(loop("l", "nope.x", [worker("w", optional)], optional), noop("z"));
  const id = world.start("w");
  world.report(id, "w__1", "FAILED");
  assert.deepEqual(world.trace(id), [
    "l:COMPLETED_WITH_ERRORS",
    "w__1:COMPLETED_WITH_ERRORS",
    "z:COMPLETED",
  ]);
});

test("a ref without suffix means the last iteration in which it ran", () => {
  const which = task("s", "SWITCH", {
    evaluatorType: "value-param",
    expression: "i",
    inputParameters: { i: "${l.output.iteration}" },
    decisionCases: { 2: [worker("seldom")] },
    defaultCase: [],
  });
  const world = new LoopWorld(
    loop("l", "$.l.iteration < 5", [
      which,
      set("s2", { v: "${seldom.output.v}", w: "${seldom__2.output.v}" }),
    ]),
    set("after", {
      v: "${seldom.output.v}",
      l: "${l.output.2.seldom.v}",
      n: "${l.output.iteration}",
    }),
  );
  const id = world.start("w");
  world.report(id, "seldom__2", "COMPLETED", { v: 7 });
  assert.equal(world.status(id), "COMPLETED");
  const values = [1, 2, 3, 4, 5].map(
    (i) => JSON.parse(world.task(id, `s2__${i}`).inputData) as Json,
  );
  assert.deepEqual(
    values,
    [null, 7, 7, 7, 7].map((v) => ({ v, w: null })),
  );
  assert.deepEqual(JSON.parse(world.task(id, "after").inputData), { v: 7, l: 7, n: 5 });
});

test("branches that no JOIN waits for keep the iteration open", () => {
  const fork = task("f", "FORK_JOIN", { forkTasks: [[worker("a")], [worker("b")]] });
  const world = new LoopWorld(loop("l", "false", [fork, task("j", "JOIN", { joinOn: ["a"] })]));
  const id = world.start("w");
  world.report(id, "a__1", "COMPLETED");
  assert.equal(world.task(id, "l").status, "IN_PROGRESS");
  world.report(id, "b__1", "COMPLETED");
  assert.equal(world.status(id), "COMPLETED");
});

test("a dynamic fork in a loop names its branches anew in each iteration", () => {
  const fork = task("df", "FORK_JOIN_DYNAMIC", {
    dynamicForkTasksParam: "tasks",
    dynamicForkTasksInputParamName: "inputs",
    inputParameters: { tasks: [task("x", "SIMPLE")], inputs: { x: {} } },
  });
  const world = new LoopWorld(
    loop("l", "$.l.iteration < 2", [
      fork,
      task("j", "JOIN", { joinOn: [] }),
      set("s", { v: "${x.output.v}" }),
    ]),
  );
  const id = world.start("w");
  world.report(id, "x__1", "COMPLETED", { v: 1 });
  assert.deepEqual(JSON.parse(world.task(id, "s__1").inputData), { v: 1 });
  const second =
    world
      .trace(id)
      .find((line) => line.endsWith("SCHEDULED"))
      ?.split(":")[0] ?? "";
  world.report(id, second, "COMPLETED", { v: 2 });
  assert.equal(world.status(id), "COMPLETED");
  assert.deepEqual(world.output(id, "l"), {
    1: { df: {}, j: { x__1: { v: 1 } }, s: {} },
    2: { df: {}, j: { [second]: { v: 2 } }, s: {} },
    iteration: 2,
  });
});

test("loops within loops begin anew in each iteration of the outer one", () => {
  const inner = loop("i", "$.i.iteration < 2", [worker("a"), noop("b")]);
  const world = new LoopWorld(
    loop("o", "$.o.iteration < 2 && $.i.iteration == 2", [
      inner,
      set("c", { n: "${i.output.iteration}", v: "${a.output.v}" }),
    ]),
    noop("z"),
  );
  const id = world.start("w");
  for (const ref of ["a__1__1", "a__1__2", "a__2__1", "a__2__2"]) {
    world.report(id, ref, "COMPLETED", { v: ref });
  }
  assert.equal(world.status(id), "COMPLETED");
  assert.deepEqual(
    world.trace(id),
    [
      ...["o", "i__1", "a__1__1", "b__1__1", "a__1__2", "b__1__2", "c__1"],
      ...["i__2", "a__2__1", "b__2__1", "a__2__2", "b__2__2", "c__2", "z"],
    ].map((ref) => `${ref}:COMPLETED`),
  );
  assert.deepEqual(JSON.parse(world.task(id, "c__2").inputData), { n: 2, v: "a__2__2" });
  const first = {
    1: { a: { v: "a__1__1" }, b: {} },
    2: { a: { v: "a__1__2" }, b: {} },
    iteration: 2,
  };
  const second = {
    1: { a: { v: "a__2__1" }, b: {} },
    2: { a: { v: "a__2__2" }, b: {} },
    iteration: 2,
  };
  assert.deepEqual(world.output(id, "o"), {
    ...{ 1: { i: first, c: {} }, 2: { i: second, c: {} } },
    iteration: 2,
  });
});

test("an inner loop alone in the body, in a branch of a fork, is told of by its own ends", () => {
  const fork = task("f", "FORK_JOIN", {
    forkTasks: [[loop("i", "$.i.iteration < 2", [noop("a")])], [noop("b")]],
  });
  const join = task("j", "JOIN", { joinOn: ["i", "b"] });
  const world = new LoopWorld(
    loop("o", "$.o.iteration < 2", [fork, join], { inputParameters: { keepLastN: 1 } }),
  );
  const id = world.start("w");
  assert.equal(world.status(id), "COMPLETED");
  assert.deepEqual(
    world.trace(id),
    ["o", "f__2", "i__2", "b__2", "j__2", "a__2__1", "a__2__2"].map((ref) => `${ref}:COMPLETED`),
  );
});

test("a child workflow in a loop is started once in each iteration", () => {
  const world = new LoopWorld(
    loop("l", "$.l.iteration < 2", [
      task("s", "SUB_WORKFLOW", { subWorkflowParam: { name: "kid", version: 1 } }),
    ]),
  );
  world.define("kid", [noop("n")]);
  const id = world.start("w");
  assert.equal(world.status(id), "COMPLETED");
  assert.notEqual(world.task(id, "s__1").subWorkflowId, world.task(id, "s__2").subWorkflowId);
});

test("TERMINATE in the body ends the workflow, and the loop with it", () => {
  const end = task("t", "TERMINATE", {
    inputParameters: { terminationStatus: "COMPLETED", workflowOutput: { a: 1 } },
  });
  const world = new LoopWorld(loop("l", "true", [noop("n"), end]));
  const id = world.start("w");
  assert.equal(world.status(id), "COMPLETED");
  assert.deepEqual(world.trace(id), ["l:CANCELED", "n__1:COMPLETED", "t__1:COMPLETED"]);
  assert.deepEqual(world.output(id, "l"), { 1: { n: {}, t: {} }, iteration: 1 });
});

test("a TERMINATE that fails and is optional leaves the loop to decide", () => {
  const end = task("t", "TERMINATE", {
    inputParameters: { terminationStatus: "NO" },
    optional: true,
  });
  const world = new LoopWorld(loop("l", "$.l.iteration < 2", [end]));
  assert.equal(world.status(world.start("w")), "COMPLETED");
});

test("a loop has a limit of time of its own", () => {
  const world = new LoopWorld();
  world.registerTask({
    name: "l",
    timeoutSeconds: 1,
    timeoutPolicy: "TIME_OUT_WF",
    responseTimeoutSeconds: 1,
  });
  world.define("w", [loop("l", "true", [worker("c")])]);
  const id = world.start("w");
  world.now += 1500;
  world.submit(id, { type: "task-deadline", taskId: world.task(id, "l").taskId });
  assert.equal(world.status(id), "TIMED_OUT");
  assert.deepEqual(world.trace(id), ["l:TIMED_OUT", "c__1:CANCELED"]);
});

test("a body of what the server runs goes through many iterations within one command", () => {
  const world = new LoopWorld(
    loop("l", "$.n < 700", [set("s", { n: "${l.output.iteration}" })], {
      inputParameters: { n: "${workflow.variables.n}", keepLastN: 3 },
    }),
  );
  const id = world.start("w");
  assert.equal(world.status(id), "COMPLETED");
  assert.deepEqual(world.trace(id).length, 4);
  assert.equal(world.task(id, "l").iteration, 700);
});

test("a loop as a branch of a dynamic fork fails the workflow and says why", () => {
  const tasks: Json[] = [loop("l", "false", [noop("n")])];
  const fork = task("df", "FORK_JOIN_DYNAMIC", {
    dynamicForkTasksParam: "tasks",
    dynamicForkTasksInputParamName: "inputs",
    inputParameters: { tasks: "${workflow.input.tasks}", inputs: {} },
  });
  const world = new LoopWorld(fork, task("j", "JOIN", { joinOn: [] }));
  const id = world.start("w", { tasks });
  assert.match(
    world.execution(id).workflow.reasonForIncompletion ?? "",
    /DO_WHILE in a branch of a dynamic fork is not yet supported: l$/,
  );
});
