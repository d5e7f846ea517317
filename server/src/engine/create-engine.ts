import type { Decision, ExternalCommand, StartWorkflow } from "@ostinato/core";

import { AppError } from "../errors.ts";
import { Answer } from "./answers.ts";
import { BatchLoop } from "./batch.ts";
import { Deadlines } from "./deadlines.ts";
import { createDecisionContext } from "./decision-context.ts";
import type { EngineDeps } from "./deps.ts";
import type { Engine, Settle } from "./engine.ts";
import { GiveBack } from "./give-back.ts";
import { createIdSource, createSeeds, type Seed } from "./ids.ts";
import { Lanes } from "./lanes.ts";
import { Outbox } from "./outbox.ts";
import { Outcomes } from "./outcomes.ts";
import { PollDataBook } from "./poll-data.ts";
import { Pollers } from "./pollers.ts";
import { sharedWhileUnderWay } from "./prompt-evaluations.ts";
import { Retries } from "./retries.ts";
import { newSubmission, type Lane, type Submission } from "./submission.ts";
import { Watchers } from "./watchers.ts";

/** What a closing engine waits for before it leaves the rest to the next start. */
const CLOSE_MS_MAX = 10_000;

/*
 * How the parts go together:
 *
 *   start, submit      deadlines      outbox rows, agendas      poll
 *        │                 │                  │                  │
 *        └────────►  Lanes: what waits, by execution          Pollers ◄── store.onAvailable
 *                          │  ▲                                  │
 *      BatchLoop: load, decide, commit                       store.claim
 *                          │  │ again: lost races, lookups,
 *                          ▼  │ rests of agendas, retries
 *                       Outcomes ──► Answers · Watchers · Outbox (what follows elsewhere)
 */

/**
 * Starts an engine on a store. Definitions must have been loaded. What an earlier process left behind is taken up in
 * the background, behind callers.
 */
export async function createEngine(deps: EngineDeps): Promise<Engine> {
  const engine = new BatchingEngine({ ...deps, evaluate: sharedWhileUnderWay(deps.evaluate) });
  await engine.open();
  return engine;
}

class BatchingEngine implements Engine {
  readonly renderWorkflow: Engine["renderWorkflow"];
  readonly #deps: EngineDeps;
  readonly #seeds: () => Seed;
  readonly #ids = createIdSource();
  readonly #lanes: Lanes;
  readonly #retries: Retries;
  readonly #outbox: Outbox;
  readonly #loop: BatchLoop;
  readonly #pollData: PollDataBook;
  readonly #pollers: Pollers;
  readonly #giveBack: GiveBack;
  readonly #watchers = new Watchers();
  #isClosing = false;
  #answersOpen = 0;
  #onAnswered: (() => void) | undefined;

  constructor(deps: EngineDeps) {
    const { store, clock, log, metrics } = deps;
    this.#deps = deps;
    this.renderWorkflow = deps.renderWorkflow;
    this.#seeds = createSeeds(deps.randomBytes);
    this.#lanes = new Lanes(deps.limits);
    this.#retries = new Retries(this.#lanes, clock);
    const wake = (): void => {
      this.#loop.wake();
    };
    this.#outbox = new Outbox({
      deps,
      seeds: this.#seeds,
      submit: (workflowId, submission) => {
        this.#submit(this.#lanes.get(workflowId), submission);
      },
    });
    this.#pollData = new PollDataBook({ store, clock, log });
    this.#giveBack = new GiveBack({ store, clock, log });
    this.#pollers = new Pollers({
      store,
      clock,
      log,
      metrics,
      pollData: this.#pollData,
      giveBack: this.#giveBack,
    });
    const outcomes = new Outcomes({
      deps,
      lanes: this.#lanes,
      outbox: this.#outbox,
      retries: this.#retries,
      seeds: this.#seeds,
      wake,
      committed: this.#watchers.notify,
    });
    const context = createDecisionContext(deps, this.#pollData);
    this.#loop = new BatchLoop({ deps, lanes: this.#lanes, context, outcomes });
  }

  async open(): Promise<void> {
    const { store, log } = this.#deps;
    await this.#pollData.load();
    const deadlines = new Deadlines((workflowId, command, done) => {
      if (this.#isClosing) return;
      const about = { seed: this.#seeds(), causes: [] };
      this.#submit(
        this.#lanes.get(workflowId),
        newSubmission(command, { type: "deadline", done }, about),
      );
    });
    store.onDeadlines(deadlines.fire);
    store.onAvailable(this.#pollers.wake);
    this.#outbox
      .recover()
      .then(() => this.#outbox.recoverAgendas())
      .catch((error: unknown) => {
        log.error({ err: error }, "what an earlier process left could not be taken up");
      });
  }

  async start(
    command: StartWorkflow,
  ): Promise<{ readonly workflowId: string; readonly decision: Decision }> {
    this.#ids.begin(this.#seeds(), this.#deps.clock.now());
    const workflowId = this.#ids.newId();
    const decision = await this.#ask(workflowId, command, { settle: "consequences", isNew: true });
    const given = decision.type === "accept" ? decision.workflowId : undefined;
    return { workflowId: given ?? workflowId, decision };
  }

  submit(
    workflowId: string,
    command: ExternalCommand,
    settle: Settle = "execution",
  ): Promise<Decision> {
    return this.#ask(workflowId, command, { settle, isNew: false });
  }

  readonly poll: Engine["poll"] = (request) => this.#pollers.poll(request);

  readonly delivered: Engine["delivered"] = (claims) => {
    this.#deps.store.markDelivered(claims);
  };

  readonly undo: Engine["undo"] = (claims) => this.#giveBack.undo(claims);

  readonly watch: Engine["watch"] = (workflowId, listener) =>
    this.#watchers.watch(workflowId, listener);

  readonly listPollData: Engine["listPollData"] = () => this.#pollData.list();

  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#outbox.close();
    this.#pollers.close();
    this.#giveBack.close();
    const { clock, log } = this.#deps;
    if (this.#answersOpen > 0) {
      await new Promise<void>((resolve) => {
        const cancel = clock.setTimer(clock.now() + CLOSE_MS_MAX, () => {
          log.warn({ open: this.#answersOpen }, "closing although not everything is answered");
          resolve();
        });
        this.#onAnswered = () => {
          cancel();
          resolve();
        };
      });
    }
    this.#retries.close();
    await this.#loop.stop();
    await this.#pollData.close();
  }

  #ask(
    workflowId: string,
    command: ExternalCommand,
    { settle, isNew }: { readonly settle: Settle; readonly isNew: boolean },
  ): Promise<Decision> {
    const refusal = this.#refusalOf(command);
    if (refusal !== undefined) return Promise.reject(refusal);
    const lane = this.#lanes.get(workflowId);
    // Nothing can be stored under an id that has just been made up, so that there is nothing to load.
    if (isNew) lane.known = true;
    this.#answersOpen++;
    return new Promise((resolve, reject) => {
      const answer = new Answer(settle, this.#limitOf(command), {
        resolve: (decision) => {
          this.#answered();
          resolve(decision);
        },
        reject: (error) => {
          this.#answered();
          reject(error);
        },
      });
      const about = { seed: this.#seeds(), causes: [] };
      this.#submit(lane, newSubmission(command, { type: "caller", answer }, about));
    });
  }

  #answered(): void {
    this.#answersOpen--;
    if (this.#answersOpen === 0) this.#onAnswered?.();
  }

  /** Overload sheds starts before anything that finishes what was started. */
  #refusalOf(command: ExternalCommand): AppError | undefined {
    if (this.#isClosing) return new AppError("SHUTTING_DOWN", "the server is shutting down");
    const { waitingCommandsMax } = this.#deps.limits;
    const max = command.type === "start-workflow" ? waitingCommandsMax : 2 * waitingCommandsMax;
    if (this.#lanes.waiting < max) return undefined;
    return new AppError("OVERLOADED", `${this.#lanes.waiting} commands are waiting already`);
  }

  #limitOf(command: ExternalCommand): number {
    const { settleMsMax, settleResultMsMax } = this.#deps.limits;
    const { type } = command;
    const isQuick = type === "update-task" || type === "update-task-by-ref";
    return isQuick ? settleResultMsMax : settleMsMax;
  }

  #submit(lane: Lane, submission: Submission): void {
    this.#lanes.add(lane, submission);
    this.#loop.wake();
  }
}
