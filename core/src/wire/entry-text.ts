import type { Snapshot, SnapshotTask } from "../definition/snapshot.ts";
import { isJsonObject, parseJson, writeJson } from "../model/json.ts";
import type { JsonText } from "../model/json.ts";
import type { Task } from "../model/task.ts";
import { baseRefOf } from "../model/loop-place.ts";
import { branchEntryText } from "../model/task-output.ts";
import { type BoundedCache, boundedCache } from "../bounded-cache.ts";
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
  return snapshot.byRef.get(task.referenceTaskName) ?? snapshot.byRef.get(baseRefOf(task));
}

/** The texts of the attempt's entry: its own ones if it carries them, else the snapshot's. */
export function entryText(task: Task, snapshot: Snapshot): EntryText {
  if (task.workflowTask !== undefined) {
    const { taskDefinition } = sharedTexts(task.workflowTask);
    return { workflowTask: branchEntryText(task), taskDefinition };
  }
  const entry = findEntry(task, snapshot);
  if (entry === undefined) return { workflowTask: "null", taskDefinition: "null" };
  let texts = textsOf.get(entry);
  if (texts === undefined) {
    texts = split(task.taskType === "HTTP" ? withAsyncComplete(entry) : entry.text);
    textsOf.set(entry, texts);
  }
  return texts;
}

/** The inputs of an HTTP entry show what `asyncComplete` is, like its attempts. Source: golden/tasks/http-wire. */
function withAsyncComplete({ text, workflowTask }: SnapshotTask): JsonText {
  const shown = parseJson(text);
  if (!isJsonObject(shown)) return text;
  const { inputParameters = {} } = shown;
  const inputs = isJsonObject(inputParameters) ? inputParameters : {};
  const asyncComplete = workflowTask.asyncComplete === true;
  return writeJson({ ...shown, inputParameters: { ...inputs, asyncComplete } });
}

function sharedTexts(shared: JsonText): EntryText {
  const known = splitTexts.get(shared);
  if (known !== undefined) return known;
  const texts = split(shared);
  splitTexts.set(shared, texts);
  return texts;
}

const splitTexts: BoundedCache<EntryText> = boundedCache(200);

function split(workflowTask: JsonText): EntryText {
  const cut = cutMember(workflowTask, "taskDefinition");
  if (cut !== undefined) return { workflowTask, taskDefinition: cut.value ?? "null" };
  const { taskDefinition } = JSON.parse(workflowTask) as { taskDefinition?: object };
  return { workflowTask, taskDefinition: JSON.stringify(taskDefinition ?? null) };
}
