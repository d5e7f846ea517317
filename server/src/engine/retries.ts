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

  /** @param submission - taken out of its lane; of origin `outbox` or `continue`. */
  delay(lane: Lane, submission: Submission, wake: () => void): void {
    submission.failures++;
    submission.conflicts = 0;
    submission.lookups = 0;
    submission.alone = false;
    if (this.#isClosed) return;
    const source = sourceOf(lane, submission);
    const before = lane.delayed.get(source);
    if (before !== undefined) {
      before.submissions.push(submission);
      return;
    }
    const behind = this.#lanes.withdraw(lane, (other) => sourceOf(lane, other) === source);
    const submissions = [submission, ...behind];
    const ms = Math.min(BACK_OFF_MS_MIN * 2 ** (submission.failures - 1), BACK_OFF_MS_MAX);
    const cancel = this.#clock.setTimer(this.#clock.now() + ms, () => {
      lane.delayed.delete(source);
      this.#lanes.putBack(lane, submissions);
      wake();
    });
    lane.delayed.set(source, { submissions, cancel });
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
