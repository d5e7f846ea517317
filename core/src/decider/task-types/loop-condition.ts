import { resolveInput } from "../../expression/input-template.ts";
import { readsOfScript, type ScriptReads } from "../../expression/script-reads.ts";
import type { SnapshotTask } from "../../definition/snapshot.ts";
import { type JsonText, writeJson } from "../../model/json.ts";
import { hasDerivedOutput } from "../../model/task-output.ts";
import type { Task } from "../../model/task.ts";
import type { Draft } from "../draft.ts";
import { loopOutput, outputOfTask } from "../join-output.ts";
import { findNewest } from "../newest-task.ts";
import { scopeOf } from "../scope.ts";

export type Answer =
  | { readonly type: "value"; readonly holds: boolean }
  /** @property reason - why there is none. */
  | { readonly type: "error"; readonly reason: string };

/** Asks the condition of a loop whose iteration is over. */
export function askCondition(draft: Draft, loop: Task, entry: SnapshotTask): Answer {
  const { loopCondition: expression = "" } = entry.workflowTask;
  const input = conditionInput(draft, loop, entry);
  const result = draft.evaluate({ evaluator: "javascript", expression, input });
  if (result.type === "value") return { type: "value", holds: isTrue(result.value) };
  const reason = `Unable to evaluate condition ${expression}, exception ${result.message}`;
  return { type: "error", reason };
}

/** Numbers above 0 are true; texts, objects and null never are. Source: tasks.md 3.2. */
function isTrue(text: JsonText): boolean {
  const value: unknown = JSON.parse(text);
  return value === true || (typeof value === "number" && value > 0);
}

/**
 * What the condition sees as `$`, as far as it reads it: the inputs as they are now, the loop's output, the newest output
 * of everything in its body. Source: tasks.md 4.9.4.
 */
function conditionInput(draft: Draft, loop: Task, entry: SnapshotTask): JsonText {
  const reads = readsOfScript(entry.workflowTask.loopCondition ?? "");
  const wanted = (name: string): boolean => reads === undefined || reads.has(name);
  const parameters = Object.entries(entry.workflowTask.inputParameters);
  const inputs = Object.fromEntries(parameters.filter(([name]) => wanted(name)));
  const resolved = resolveInput(inputs, undefined, scopeOf(draft, loop.taskId));
  const members = new Map(
    Object.entries(resolved).map(([name, value]) => [name, writeJson(value)] as const),
  );
  for (const { ref } of bodyOf(entry)) {
    const task = wanted(ref) ? findNewest(draft, ref) : undefined;
    if (task !== undefined) members.set(ref, outputAsRead(draft, task, reads?.get(ref)));
  }
  if (wanted(entry.ref)) members.set(entry.ref, outputAsRead(draft, loop, reads?.get(entry.ref)));
  if (loop.loop?.item !== undefined) {
    if (wanted("loopIndex")) members.set("loopIndex", String(loop.iteration - 1));
    if (wanted("loopItem")) members.set("loopItem", loop.loop.item);
  }
  const texts = [...members].map(([name, text]) => `${JSON.stringify(name)}:${text}`);
  return `{${texts.join(",")}}`;
}

/** Of a loop's output, which grows with every iteration, only what is read. */
function outputAsRead(
  draft: Draft,
  task: Task,
  names: ReturnType<ScriptReads["get"]> = "all",
): JsonText {
  const isPart = names !== "all" && task.taskType === "DO_WHILE" && hasDerivedOutput(task);
  return isPart ? loopOutput(draft, task, names) : outputOfTask(draft, task);
}

function* bodyOf({ members }: SnapshotTask): Generator<SnapshotTask> {
  for (const member of members) {
    yield member;
    yield* bodyOf(member);
  }
}
