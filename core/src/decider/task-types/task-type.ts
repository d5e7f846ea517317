import type { SnapshotTask } from "../../definition/snapshot.ts";
import type { JsonText } from "../../model/json.ts";
import type { LoopPlace } from "../../model/loop-place.ts";
import type { Task } from "../../model/task.ts";
import type { Draft } from "../draft.ts";

/** How the attempts of one type of task come to be and, if the server runs them, how they go on. */
export interface TaskType {
  /** Makes the records that reaching `entry` asks for: the attempt itself, and what it brings along. */
  map(draft: Draft, entry: SnapshotTask, place: Place): Iterable<Reached> | void;
  /** Works on an open attempt that is on the agenda. Absent for what waits for others only. */
  run?(draft: Draft, task: Task, entry: SnapshotTask): Iterable<Reached> | void;
  /** The input of a further attempt; absent: the last one's with the inputs resolved again laid over. */
  inputAgain?(draft: Draft, entry: SnapshotTask, attempt: Attempt): JsonText;
}

/** The attempt that takes the place of another. */
export interface Attempt {
  readonly taskId: string;
  /** The other's. */
  readonly inputData: JsonText;
}

/**
 * An entry that is reached along with another: the head of a case or of a branch. It has its records when the iterable
 * goes on.
 */
export interface Reached {
  readonly entry: SnapshotTask;
  readonly place: Place;
}

/** Where an entry is reached. */
export interface Place extends LoopPlace {
  /** For a branch of a dynamic fork: the JOIN that it reports to. */
  readonly joinId?: string;
  /** For a branch of a dynamic fork: its place in the order, which the fork has reserved. */
  readonly seq?: number;
}

export const TOP: Place = { iteration: 0 };
