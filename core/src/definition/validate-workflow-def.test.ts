import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "../model/decode.ts";
import type { Json, JsonObject } from "../model/json.ts";
import type { TaskDef } from "../model/task-def.ts";
import { taskDefDecoder } from "./decode-task-def.ts";
import { decodeWorkflowDef } from "./decode-workflow-def.ts";
import type { WorkflowDefRules } from "./validate-workflow-def.ts";
import { validateWorkflowDef } from "./validate-workflow-def.ts";
import type { Violation } from "./violation.ts";

// The answers are the reference server's, to the letter.

const RULES: WorkflowDefRules = {
  findTaskDef: () => undefined,
  ownerEmailMandatory: false,
  nameValidation: false,
  isEnvironmentName: (name: string) => name === "REGION",
};

function validate(json: JsonObject, rules: WorkflowDefRules = RULES): readonly Violation[] {
  return validateWorkflowDef(decodeWorkflowDef(json), rules);
}

function simple(name: string, members: JsonObject = {}): JsonObject {
  return { name, taskReferenceName: name, type: "SIMPLE", ...members };
}

function entry(name: string, type: string, members: JsonObject = {}): JsonObject {
  return { name, taskReferenceName: name, type, ...members };
}

function choice(name: string, decisionCases: JsonObject, ...defaultCase: Json[]): JsonObject {
  const evaluator = { evaluatorType: "value-param", expression: "x" };
  return entry(name, "SWITCH", { ...evaluator, decisionCases, defaultCase });
}

type Expected = readonly [path: string, message: string, invalidValue?: string];

function assertViolations(found: readonly Violation[], expected: readonly Expected[]): void {
  const wanted = expected.map(([path, message, invalidValue]) =>
    invalidValue === undefined ? { path, message } : { path, message, invalidValue },
  );
  assert.deepEqual(sorted(found), sorted(wanted));
}

function sorted(violations: readonly Violation[]): readonly Violation[] {
  return violations.toSorted((a, b) => (a.path + a.message < b.path + b.message ? -1 : 1));
}

const NO_NAME = "WorkflowDef name cannot be null or empty";
const NO_TASKS = "WorkflowTask list cannot be empty";
const SCHEMA_VERSION = "workflowDef schemaVersion: 2 is only supported";

const definitions: readonly [JsonObject, readonly Expected[]][] = [
  [
    {},
    [
      ["name", NO_NAME],
      ["tasks", NO_TASKS],
    ],
  ],
  [{ name: "", tasks: [simple("a")] }, [["name", NO_NAME, ""]]],
  [{ name: null, tasks: [simple("a")] }, [["name", NO_NAME]]],
  [{ name: " ", tasks: [simple("a")] }, []],
  [{ name: "w", tasks: [] }, [["tasks", NO_TASKS]]],
  [{ name: "w", schemaVersion: 1, tasks: [simple("a")] }, [["schemaVersion", SCHEMA_VERSION, "1"]]],
  [{ name: "w", schemaVersion: 3, tasks: [simple("a")] }, [["schemaVersion", SCHEMA_VERSION, "3"]]],
  [{ name: "w", ownerEmail: "no address", tasks: [simple("a")] }, []],
  [{ name: "w", version: -3, timeoutSeconds: null, tasks: [simple("a")] }, []],
  [{ name: "w", tasks: [simple("a")], outputParameters: { o: "${nobody.output.y}" } }, []],
];

for (const [json, expected] of definitions) {
  test(`the definition ${JSON.stringify(json)} breaks ${expected.length} rules`, () => {
    assertViolations(validate(json), expected);
  });
}

test("the owner's e-mail is demanded only if it is mandatory", () => {
  const rules = { ...RULES, ownerEmailMandatory: true };
  const message = "ownerEmail cannot be empty";
  const without = { name: "w", tasks: [simple("a")] };
  assertViolations(validate(without, rules), [["ownerEmail", message]]);
  assertViolations(validate({ ...without, ownerEmail: "" }, rules), [["ownerEmail", message, ""]]);
  assertViolations(validate({ ...without, ownerEmail: "me" }, rules), []);
  assert.equal(validate({}, rules).length, 3);
});

test("the characters of a name are restricted only by configuration", () => {
  const rules = { ...RULES, nameValidation: true };
  const message =
    "Invalid name 'a.b'. Allowed characters are alphanumeric, underscores, spaces, hyphens, and " +
    "special characters like <, >, {, }, #";
  const json = { name: "a.b", tasks: [simple("a")] };
  assertViolations(validate(json, rules), [["name", message, "a.b"]]);
  assertViolations(validate(json), []);
  assertViolations(validate({ ...json, name: "A_1 <b>-{c}#" }, rules), []);
  assertViolations(validate({ tasks: [simple("a")] }, rules), [["name", NO_NAME]]);
});

const TASK_NAME = "WorkflowTask name cannot be empty or null";
const TASK_REF = "WorkflowTask taskReferenceName name cannot be empty or null";
const BAD_STATUS =
  "terminate task must have an terminationStatus parameter and must be set to COMPLETED or " +
  "FAILED, taskName: t";
const BAD_DURATION = "Either date or duration is passed as null ";
const BAD_DATE = "Unable to parse date ";

function required(field: string, type: string, name: string): string {
  return `${field} field is required for taskType: ${type} taskName: ${name}`;
}

function atLeastOne(field: string, type: string, name: string): string {
  return `${field} should have atleast one task for taskType: ${type} taskName: ${name}`;
}

function undefinedRef(ref: string, key: string, text: string): string {
  return (
    `taskReferenceName: ${ref} for given task: a input value: ${key} of input parameter: ${text} ` +
    "is not defined in workflow definition."
  );
}

function duplicate(ref: string): string {
  const rule = "should be unique across tasks for a given workflowDefinition: w";
  return `taskReferenceName: ${ref} ${rule}`;
}

function wait(inputParameters: JsonObject): JsonObject[] {
  return [entry("w", "WAIT", { inputParameters })];
}

function terminate(terminationStatus: Json, members: JsonObject = {}): JsonObject[] {
  return [entry("t", "TERMINATE", { inputParameters: { terminationStatus }, ...members })];
}

const legacyAndNew = {
  dynamicForkJoinTasksParam: "a",
  dynamicForkTasksParam: "b",
  dynamicForkTasksInputParamName: "c",
};

const taskLists: readonly [readonly JsonObject[], readonly Expected[]][] = [
  // Fields of every entry, and the paths that lead to them.
  [
    [{ type: "SIMPLE" }],
    [
      ["tasks[0].name", TASK_NAME],
      ["tasks[0].taskReferenceName", TASK_REF],
    ],
  ],
  [
    [simple("a"), { name: "", taskReferenceName: "b", startDelay: -1 }],
    [
      ["tasks[1].startDelay", "must be greater than or equal to 0", "-1"],
      ["tasks[1].name", TASK_NAME, ""],
    ],
  ],
  [[simple("a", { type: "" })], [["tasks[0].type", "WorkTask type cannot be null or empty", ""]]],
  [
    [choice("s", { one: [{ name: "n" }] }, { taskReferenceName: "r" })],
    [
      ["tasks[0].defaultCase[0].name", TASK_NAME],
      ["tasks[0].decisionCases[one].<map value>[0].taskReferenceName", TASK_REF],
    ],
  ],
  [
    [entry("f", "FORK_JOIN", { forkTasks: [[{ taskReferenceName: "q" }]] }), entry("j", "JOIN")],
    [["tasks[0].forkTasks[0].<list element>[0].name", TASK_NAME]],
  ],
  // What the type of an entry demands.
  [
    [entry("s", "SWITCH")],
    [
      ["tasks[0]", required("evaluatorType", "SWITCH", "s")],
      ["tasks[0]", atLeastOne("decisionCases", "SWITCH", "s")],
    ],
  ],
  [
    [entry("s", "SWITCH", { evaluatorType: "value-param", decisionCases: { a: [] } })],
    [["tasks[0]", required("expression", "SWITCH", "s")]],
  ],
  [[choice("s", {}, simple("a"))], [["tasks[0]", atLeastOne("decisionCases", "SWITCH", "s")]]],
  [
    [entry("d", "DECISION")],
    [
      ["tasks[0]", required("caseValueParam or caseExpression", "DECISION", "d")],
      ["tasks[0]", atLeastOne("decisionCases", "DECISION", "d")],
    ],
  ],
  [
    [entry("d", "DECISION", { caseValueParam: "x" })],
    [["tasks[0]", atLeastOne("decisionCases", "DECISION", "d")]],
  ],
  [[entry("y", "DYNAMIC")], [["tasks[0]", required("dynamicTaskNameParam", "DYNAMIC", "y")]]],
  [[entry("f", "FORK_JOIN")], [["tasks[0]", atLeastOne("forkTasks", "FORK_JOIN", "f")]]],
  [
    [entry("f", "FORK_JOIN_DYNAMIC")],
    [
      ["tasks[0]", required("dynamicForkTasksInputParamName", "FORK_JOIN_DYNAMIC", "f")],
      ["tasks[0]", required("dynamicForkTasksParam", "FORK_JOIN_DYNAMIC", "f")],
    ],
  ],
  [
    [entry("f", "FORK_JOIN_DYNAMIC", legacyAndNew)],
    [
      [
        "tasks[0]",
        "dynamicForkJoinTasksParam or combination of dynamicForkTasksInputParamName and " +
          "dynamicForkTasksParam cam be used for taskType: FORK_JOIN_DYNAMIC taskName: f",
      ],
    ],
  ],
  [[entry("f", "FORK_JOIN_DYNAMIC", { dynamicForkJoinTasksParam: "a" })], []],
  [[entry("f", "FORK_JOIN_DYNAMIC", { inputParameters: { forkTaskInputs: [] } })], []],
  [
    [entry("l", "DO_WHILE")],
    [
      ["tasks[0]", required("loopCondition", "DO_WHILE", "l")],
      ["tasks[0]", required("loopOver", "DO_WHILE", "l")],
    ],
  ],
  [
    [entry("l", "DO_WHILE", { loopCondition: "true" })],
    [["tasks[0]", required("loopOver", "DO_WHILE", "l")]],
  ],
  [[entry("w", "SUB_WORKFLOW")], [["tasks[0]", required("subWorkflowParam", "SUB_WORKFLOW", "w")]]],
  [[entry("e", "EVENT")], [["tasks[0]", required("sink", "EVENT", "e")]]],
  [
    [entry("h", "HTTP")],
    [["tasks[0]", required("inputParameters.http_request or inputParameters.uri", "HTTP", "h")]],
  ],
  [
    [entry("k", "KAFKA_PUBLISH")],
    [["tasks[0]", required("inputParameters.kafka_request", "KAFKA_PUBLISH", "k")]],
  ],
  [
    [entry("q", "JSON_JQ_TRANSFORM")],
    [["tasks[0]", required("inputParameters.queryExpression", "JSON_JQ_TRANSFORM", "q")]],
  ],
  [[entry("t", "TERMINATE")], [["tasks[0]", BAD_STATUS]]],
  [terminate("DONE"), [["tasks[0]", BAD_STATUS]]],
  [terminate("${workflow.input.x}"), [["tasks[0]", BAD_STATUS]]],
  [
    terminate("COMPLETED", { optional: true }),
    [["tasks[0]", "terminate task cannot be optional, taskName: t"]],
  ],
  [terminate("TERMINATED"), []],
  [wait({}), []],
  [
    wait({ duration: "1 s", until: "2030-01-01 10:00" }),
    [["tasks[0]", "Both 'duration' and 'until' specified. Please provide only one input"]],
  ],
  [wait({ duration: "soon" }), [["tasks[0]", BAD_DURATION]]],
  [wait({ duration: 5 }), [["tasks[0]", BAD_DURATION]]],
  [wait({ duration: "PT5S" }), [["tasks[0]", BAD_DURATION]]],
  [wait({ duration: "1 day 2 hours 3 minutes 4 seconds" }), []],
  [wait({ duration: "${workflow.input.d}", until: " " }), []],
  [wait({ until: "soon" }), [["tasks[0]", BAD_DATE]]],
  [wait({ until: "2031-04-30T15:20" }), [["tasks[0]", BAD_DATE]]],
  [wait({ until: "2031-04-30 15:20 GMT+04:00" }), []],
  // Reference names.
  [[simple("a"), simple("a")], [["", duplicate("a")]]],
  [[simple("a"), simple("a"), simple("a")], [["", duplicate("a")]]],
  [
    [entry("f", "FORK_JOIN", { forkTasks: [[simple("a")], [simple("a")]] }), entry("j", "JOIN")],
    [["", duplicate("a")]],
  ],
  [[choice("s", { 1: [simple("b")] }, simple("b"))], [["", duplicate("b")]]],
  [
    [entry("l", "DO_WHILE", { loopCondition: "false", loopOver: [simple("a")] }), simple("a")],
    [["", duplicate("a")]],
  ],
  // A loop's body is not looked into otherwise.
  [
    [
      entry("l", "DO_WHILE", { loopCondition: "false", loopOver: [entry("e", "EVENT")] }),
      simple("a"),
      simple("a"),
    ],
    [["", duplicate("a")]],
  ],
];

for (const [tasks, expected] of taskLists) {
  test(`the tasks ${JSON.stringify(tasks)} break ${expected.length} rules`, () => {
    assertViolations(validate({ name: "w", tasks }), expected);
  });
}

const inputs: readonly [JsonObject, readonly string[]][] = [
  [{ x: "${b.output.z} and ${workflow.input.q}" }, []],
  [{ x: "$${nobody.x}" }, []],
  [{ x: "${CPEWF_TASK_ID}" }, []],
  [{ x: "${REGION}" }, []],
  [{ x: "${workflow.input.x[?(@.y==1)]}" }, []],
  [{ x: "${workflow.input['first name']}" }, []],
  [{ x: "${workflow" }, []],
  [{ x: "${}" }, ["key: x input parameter value:  is not valid"]],
  [
    { x: "${workflow.input.first name}" },
    ["key: x input parameter value: workflow.input.first name is not valid"],
  ],
  [{ x: "${nobody.output.y}" }, [undefinedRef("nobody", "x", "${nobody.output.y}")]],
  [{ x: "text ${nope}" }, [undefinedRef("nope", "x", "text ${nope}")]],
  [{ x: "${$.workflow.input.x}" }, [undefinedRef("$", "x", "${$.workflow.input.x}")]],
  [{ x: "${workflowx.input}" }, [undefinedRef("workflowx", "x", "${workflowx.input}")]],
  [{ x: { deep: ["${ghost.output}"] } }, [undefinedRef("ghost", "deep", "${ghost.output}")]],
  [
    { x: "${one.output}", deep: { l: ["ok ${two.output.x} and ${workflow.input.y}"] } },
    [
      undefinedRef("one", "x", "${one.output}"),
      undefinedRef("two", "l", "ok ${two.output.x} and ${workflow.input.y}"),
    ],
  ],
];

for (const [inputParameters, messages] of inputs) {
  test(`the inputs ${JSON.stringify(inputParameters)} break ${messages.length} rules`, () => {
    const tasks = [simple("a", { inputParameters }), simple("b")];
    const expected = messages.map((message) => ["", message] as const);
    assertViolations(validate({ name: "w", tasks }), expected);
  });
}

test("expressions of nested tasks are not checked", () => {
  const nested = simple("a", { inputParameters: { k: "${nope.x}" } });
  assertViolations(validate({ name: "w", tasks: [choice("s", { one: [nested] })] }), []);
});

test("an input may come from the template of the task definition", () => {
  const rules = { ...RULES, findTaskDef: (name: string) => aTaskDef(name, "http_request") };
  assert.deepEqual(validate({ name: "w", tasks: [entry("h", "HTTP")] }, rules), []);
});

function aTaskDef(name: string, key: string): TaskDef {
  return decode(taskDefDecoder, { name, inputTemplate: { [key]: {} } });
}

const PULL = entry("h", "PULL_WORKFLOW_MESSAGES");
const NOT_YET = "Task type PULL_WORKFLOW_MESSAGES is not yet supported: h";
const inline = { name: "kid", tasks: [simple("a"), PULL] };

const unsupported: readonly [readonly JsonObject[], readonly Expected[]][] = [
  [[PULL], [["tasks[0]", NOT_YET]]],
  [
    [choice("s", { one: [PULL] }, entry("n", "PULL_WORKFLOW_MESSAGES"))],
    [
      ["tasks[0].decisionCases[one].<map value>[0]", NOT_YET],
      ["tasks[0].defaultCase[0]", "Task type PULL_WORKFLOW_MESSAGES is not yet supported: n"],
    ],
  ],
  [
    [entry("f", "FORK_JOIN", { forkTasks: [[simple("a"), PULL]] }), entry("j", "JOIN")],
    [["tasks[0].forkTasks[0].<list element>[1]", NOT_YET]],
  ],
  [
    [entry("l", "DO_WHILE", { loopCondition: "", loopOver: [PULL] })],
    [["tasks[0].loopOver[0]", NOT_YET]],
  ],
  [
    [entry("c", "SUB_WORKFLOW", { subWorkflowParam: { workflowDefinition: inline } })],
    [["tasks[0].subWorkflowParam.workflowDefinition.tasks[1]", NOT_YET]],
  ],
  [
    [{ ...choice("s", { a: [] }), evaluatorType: "python" }],
    [["tasks[0]", "Task type SWITCH with evaluatorType python is not yet supported: s"]],
  ],
  [[{ ...choice("s", { a: [] }), evaluatorType: "groovy" }], []],
  [
    [{ name: "LLM_CHAT_COMPLETE", taskReferenceName: "a" }],
    [
      [
        "tasks[0]",
        "Task type LLM_CHAT_COMPLETE (the name of a SIMPLE task) is not yet supported: a",
      ],
    ],
  ],
  [[entry("a", "LLM_CHAT_COMPLETE"), entry("b", "TELEPORT"), entry("c", "USER_DEFINED")], []],
];

for (const [tasks, expected] of unsupported) {
  test(`what cannot be run yet in ${JSON.stringify(tasks)} is named`, () => {
    assertViolations(validate({ name: "w", tasks }), expected);
  });
}
