import type { JsonText, TaskDef, WorkflowDef } from "@ostinato/core";

const texts = new WeakMap<TaskDef | WorkflowDef, JsonText>();

/** The text of a registered definition: it has exactly the members that go on the wire. */
export function definitionText(definition: TaskDef | WorkflowDef): JsonText {
  let text = texts.get(definition);
  if (text === undefined) {
    text = JSON.stringify(definition);
    texts.set(definition, text);
  }
  return text;
}
