import type { Snapshot, SnapshotTask } from "../definition/snapshot.ts";
import type { JsonText } from "../model/json.ts";
import type { Task } from "../model/task.ts";
import { cutMember } from "./cut-member.ts";

/** What an attempt shows of its entry in the definition. */
export interface EntryText {
  readonly workflowTask: JsonText;
  /** `null` when the entry has none. */
  readonly taskDefinition: JsonText;
}

/** Attempts of one entry share its texts. */
const textsOf = new WeakMap<SnapshotTask, EntryText>();

/** The definition's entry that the attempt is of; `undefined` for one that only a fork's input knows. */
function findEntry(task: Task, snapshot: Snapshot): SnapshotTask | undefined {
  const { referenceTaskName: ref } = task;
  return snapshot.byRef.get(ref) ?? snapshot.byRef.get(withoutLoopSuffix(ref));
}

/** The texts of the attempt's entry: its own ones if it carries them, else the snapshot's. */
export function entryText(task: Task, snapshot: Snapshot): EntryText {
  if (task.workflowTask !== undefined) return split(task.workflowTask);
  const entry = findEntry(task, snapshot);
  if (entry === undefined) return { workflowTask: "null", taskDefinition: "null" };
  let texts = textsOf.get(entry);
  if (texts === undefined) {
    texts = split(entry.text);
    textsOf.set(entry, texts);
  }
  return texts;
}

function split(workflowTask: JsonText): EntryText {
  const cut = cutMember(workflowTask, "taskDefinition");
  if (cut !== undefined) return { workflowTask, taskDefinition: cut.value ?? "null" };
  const { taskDefinition } = JSON.parse(workflowTask) as { taskDefinition?: object };
  return { workflowTask, taskDefinition: JSON.stringify(taskDefinition ?? null) };
}

/** Attempts inside a loop are called `ref__<iteration>`. */
function withoutLoopSuffix(ref: string): string {
  return ref.replace(/__\d+$/, "");
}
