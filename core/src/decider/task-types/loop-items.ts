import type { SnapshotTask } from "../../definition/snapshot.ts";
import { resolveTemplate } from "../../expression/template.ts";
import { isJsonArray, type Json } from "../../model/json.ts";
import type { Task } from "../../model/task.ts";
import type { Draft } from "../draft.ts";
import { scopeOf } from "../scope.ts";

/**
 * What a loop over a list goes through, worked out anew whenever it is asked for.
 * @returns `undefined` for a loop that goes by its condition alone.
 * Source: tasks.md 4.9.5.
 */
export function itemsOf(
  draft: Draft,
  loop: Task,
  { workflowTask }: SnapshotTask,
): readonly Json[] | undefined {
  const { items = "", inputParameters } = workflowTask;
  const others = inputParameters["_items"];
  const hasItems = items.trim() !== "";
  const hasOthers = typeof others === "string" ? others.trim() !== "" : isJsonArray(others);
  if (!hasItems && !hasOthers) return undefined;
  const scope = scopeOf(draft, loop.taskId);
  const value = hasItems ? resolveTemplate(items, scope) : null;
  return listOf(value === null && hasOthers ? resolveTemplate(others ?? null, scope) : value);
}

/** A value that is no list is a list of one. */
function listOf(value: Json): readonly Json[] {
  if (value === null) return [];
  return isJsonArray(value) ? value : [value];
}
