import {
  type Control,
  groupBy,
  type Handout,
  type History,
  isTaskEnded,
  type Result,
  type SeenTask,
  type Sighting,
} from "./history.ts";

/**
 * Results: an acknowledged one is there for ever, unless another one, a timeout or the execution's end was first; and
 * what an attempt has ended with never changes.
 */
export function checkResults(history: History): string[] {
  const ledger = new Ledger(history);
  return [
    ...history.results.flatMap((result) => checkResult(result, ledger)),
    ...[...ledger.seen.values()].flatMap(checkUnchanged),
  ];
}

interface Seen {
  readonly task: SeenTask;
  readonly in: Sighting;
}

class Ledger {
  readonly seen = new Map<string, Seen[]>();
  readonly sightings: ReadonlyMap<string, readonly Sighting[]>;
  readonly results: ReadonlyMap<string, readonly Result[]>;
  readonly #handouts: ReadonlyMap<string, readonly Handout[]>;
  readonly #controls: ReadonlyMap<string, readonly Control[]>;
  readonly #failures: ReadonlyMap<string, readonly Result[]>;
  readonly #rules: History["rules"];

  constructor({ rules, sightings, handouts, results, controls }: History) {
    this.#rules = rules;
    this.sightings = groupBy(sightings, ({ workflowId }) => workflowId);
    this.results = groupBy(results, ({ taskId }) => taskId);
    this.#handouts = groupBy(handouts, ({ taskId }) => taskId);
    this.#controls = groupBy(controls, ({ key }) => key);
    const failures = results.filter(({ status }) => status === "FAILED_WITH_TERMINAL_ERROR");
    this.#failures = groupBy(failures, ({ key }) => key);
    for (const sighting of sightings) {
      for (const task of sighting.workflow?.tasks ?? []) {
        const list = this.seen.get(task.taskId) ?? [];
        list.push({ task, in: sighting });
        this.seen.set(task.taskId, list);
      }
    }
  }

  /** Whether something may have ended the execution before an instant: a terminate, or a failure somewhere in it. */
  mayHaveEndedBefore(key: string, at: number): boolean {
    const ends = [
      ...(this.#controls.get(key) ?? []).filter(({ type }) => type === "terminate"),
      ...(this.#failures.get(key) ?? []),
    ];
    return ends.some(({ sentAt }) => sentAt < at);
  }

  /** Whether the attempt's response timeout may have come before an instant. */
  mayHaveTimedOutBefore(taskId: string, at: number): boolean {
    return (this.#handouts.get(taskId) ?? []).some(({ taskType, sentAt }) => {
      const timeout = this.#rules.taskTypes.get(taskType)?.responseTimeoutMs ?? Infinity;
      return sentAt + timeout < at;
    });
  }
}

function checkResult(result: Result, ledger: Ledger): string[] {
  const { taskId, workflowId, status, answeredAt } = result;
  if (answeredAt === undefined || status === "IN_PROGRESS") return [];
  const later = (ledger.sightings.get(workflowId) ?? []).filter(
    (seen) => seen.sentAt > answeredAt && seen.workflow !== undefined,
  );
  const first = later.find((seen) => !isThere(result, seen, ledger));
  if (first === undefined) return [];
  const task = first.workflow?.tasks.find((each) => each.taskId === taskId);
  const said = task === undefined ? "missing" : `${task.status} with ${task.mark ?? "no mark"}`;
  return [`${taskId}: acknowledged ${status} with ${result.mark}, but it is ${said}`];
}

function isThere(result: Result, { workflow }: Sighting, ledger: Ledger): boolean {
  const task = workflow?.tasks.find(({ taskId }) => taskId === result.taskId);
  if (task === undefined || !isTaskEnded(task.status)) return false;
  if (task.status === result.status && task.mark === result.mark) return true;
  const at = result.answeredAt ?? Infinity;
  if (task.status === "TIMED_OUT") return ledger.mayHaveTimedOutBefore(result.taskId, at);
  if (task.status === "CANCELED") return ledger.mayHaveEndedBefore(result.key, at);
  // Another result may have been first, but not one that was sent when this one was acknowledged already.
  return (ledger.results.get(result.taskId) ?? []).some(
    ({ mark, status, sentAt }) => mark === task.mark && status === task.status && sentAt < at,
  );
}

function checkUnchanged(seen: readonly Seen[]): string[] {
  const inOrder = [...seen].sort((a, b) => a.in.sentAt - b.in.sentAt);
  const ended = inOrder.find(({ task }) => isWork(task) && isTaskEnded(task.status));
  if (ended === undefined) return [];
  const { taskId, status, mark } = ended.task;
  const changed = inOrder.find(
    ({ task, in: { sentAt } }) =>
      sentAt >= ended.in.answeredAt && (task.status !== status || task.mark !== mark),
  );
  if (changed === undefined) return [];
  return [`${taskId} was ${status} with ${mark}, and is ${changed.task.status} later`];
}

/** Attempts of workers; a retry opens a sub-workflow's attempt or a JOIN again. */
function isWork({ taskType }: SeenTask): boolean {
  return taskType !== "SUB_WORKFLOW" && taskType !== "JOIN";
}
