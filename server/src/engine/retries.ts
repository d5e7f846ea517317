import type { Clock } from "./clock.ts";
import type { Lanes } from "./lanes.ts";
import type { Lane, Submission } from "./submission.ts";

const BACK_OFF_MS_MIN = 1_000;
const BACK_OFF_MS_MAX = 60_000;

/**
 * Second tries of what nobody outside waits for: internal commands and `continue`s that failed by a defect of ours or
 * for want of the database. Each waits 1 s, 2 s, … up to 60 s, and those of the same source wait behind it, since the
 * order within (source, target) holds. Callers' commands are not held up.
 */
export class Retries {
  readonly #lanes: Lanes;
  readonly #clock: Clock;
  #isClosed = false;

  constructor(lanes: Lanes, clock: Clock) {
    this.#lanes = lanes;
    this.#clock = clock;
  }

  /** @param submissions - taken out of their lane, in order; of origin `outbox` or `continue`. */
  delay(lane: Lane, submissions: readonly Submission[], wake: () => void): void {
    if (this.#isClosed) return;
    for (const submission of submissions) {
      submission.failures++;
      submission.conflicts = 0;
      submission.alone = false;
      doneWith(submission);
    }
    for (const [source, own] of Map.groupBy(submissions, (submission) =>
      sourceOf(lane, submission),
    )) {
      const behind = this.#lanes.withdraw(lane, (other) => sourceOf(lane, other) === source);
      behind.forEach(doneWith);
      const before = lane.delayed.get(source);
      if (before === undefined)
        this.#wait(lane, source, { submissions: [...own, ...behind], wake });
      else before.submissions.push(...own, ...behind);
    }
  }

  /** It need not be tried again. */
  drop(lane: Lane, submission: Submission): void {
    const delayed = lane.delayed.get(sourceOf(lane, submission));
    const at = delayed?.submissions.indexOf(submission) ?? -1;
    if (at >= 0) delayed?.submissions.splice(at, 1);
  }

  #wait(
    lane: Lane,
    source: string,
    { submissions, wake }: { readonly submissions: Submission[]; readonly wake: () => void },
  ): void {
    const failures = submissions[0]?.failures ?? 1;
    const ms = Math.min(BACK_OFF_MS_MIN * 2 ** (failures - 1), BACK_OFF_MS_MAX);
    const cancel = this.#clock.setTimer(this.#clock.now() + ms, () => {
      lane.delayed.delete(source);
      this.#lanes.putBack(lane, submissions);
      if (submissions.length === 0) this.#lanes.rest(lane);
      wake();
    });
    lane.delayed.set(source, { submissions, cancel });
    this.#lanes.pin(lane);
  }

  /** What is delayed is durable: it is taken up again after a start. */
  close(): void {
    this.#isClosed = true;
    for (const lane of this.#lanes) {
      for (const { cancel } of lane.delayed.values()) cancel();
      lane.delayed.clear();
    }
  }
}

function doneWith({ origin }: Submission): void {
  if (origin.type !== "caller") origin.done?.();
}

/** Whose order the submission keeps; empty: nobody's. */
function sourceOf(lane: Lane, { origin }: Submission): string {
  switch (origin.type) {
    case "outbox":
      return origin.sourceWorkflowId;
    case "continue":
      return lane.workflowId;
    case "caller":
    case "deadline":
      return "";
  }
}
