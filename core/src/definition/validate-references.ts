import { isValidPath } from "../expression/compile-path.ts";
import type { Json } from "../model/json.ts";
import { isJsonArray, isJsonObject } from "../model/json.ts";
import type { WorkflowDef, WorkflowTask } from "../model/workflow-def.ts";
import { nestedTasks } from "./children.ts";

/** Names that expressions may use although they are no reference; Conductor's system parameters. */
const SYSTEM_PARAMETERS: ReadonlySet<string> = new Set([
  "CPEWF_TASK_ID",
  "NETFLIX_ENV",
  "NETFLIX_STACK",
]);

/**
 * The messages about reference names: each must be unique in the whole tree, and the expressions in
 * the inputs of top-level tasks may only use those that exist.
 */
export function brokenReferences(
  def: WorkflowDef,
  rules: { isEnvironmentName(name: string): boolean },
): readonly string[] {
  const refs = new Set<string>();
  const messages = new Set<string>();
  for (const { taskReferenceName: ref } of nestedTasks(def.tasks)) {
    if (ref === undefined) continue;
    if (refs.has(ref)) {
      messages.add(
        `taskReferenceName: ${ref} should be unique across tasks for a given ` +
          `workflowDefinition: ${def.name ?? "null"}`,
      );
    }
    refs.add(ref);
  }
  const names = {
    isReference: (name: string) => name === "workflow" || refs.has(name),
    isVariable: (name: string) => SYSTEM_PARAMETERS.has(name) || rules.isEnvironmentName(name),
  };
  for (const task of def.tasks) {
    for (const [key, value] of inputTexts(task.inputParameters, "")) {
      for (const message of brokenExpressions({ task, key, value }, names)) messages.add(message);
    }
  }
  return [...messages];
}

/** Every text in there, with the innermost key above it. */
function* inputTexts(json: Json, key: string): Generator<readonly [string, string]> {
  if (typeof json === "string") yield [key, json];
  else if (isJsonArray(json)) for (const entry of json) yield* inputTexts(entry, key);
  else if (isJsonObject(json)) {
    for (const [name, value] of Object.entries(json)) yield* inputTexts(value, name);
  }
}

/** A `${…}` that is not escaped as `$${…}`, up to the first brace, with no other one inside. */
const EXPRESSION = /(?<!\$)\$\{((?:(?!(?<!\$)\$\{)[^}])*)\}/g;

interface InputText {
  readonly task: WorkflowTask;
  readonly key: string;
  readonly value: string;
}

function* brokenExpressions(
  { task, key, value }: InputText,
  names: { isReference(name: string): boolean; isVariable(name: string): boolean },
): Generator<string> {
  if (!value.includes("${")) return;
  for (const [, path = ""] of value.matchAll(EXPRESSION)) {
    if (names.isVariable(path)) continue;
    if (!isValidPath(path)) {
      yield `key: ${key} input parameter value: ${path} is not valid`;
      continue;
    }
    const name = path.split(".", 1)[0] ?? "";
    if (names.isReference(name)) continue;
    yield (
      `taskReferenceName: ${name} for given task: ${task.name ?? "null"} ` +
      `input value: ${key} of input parameter: ${value} is not defined in workflow definition.`
    );
  }
}
