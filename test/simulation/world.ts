import type { Decision, ExternalCommand, TaskDef, WorkflowDef } from "@ostinato/core";

import { AppError } from "../../server/src/errors.ts";
import type { Engine } from "../../server/src/engine/engine.ts";
import type { EngineLimits } from "../../server/src/engine/deps.ts";
import type { Store } from "../../server/src/store/store.ts";
import { Coverage } from "./coverage.ts";
import type { SimulatedDisk } from "./database.ts";
import { NO_FAULTS, someFaults, type FaultProfile } from "./faults.ts";
import { Handouts } from "./handouts.ts";
import { Oracle } from "./oracle.ts";
import { Random } from "./random.ts";
import { Schedule } from "./schedule.ts";
import { mortalClock, startEngine, type MortalClock, type ServerPorts } from "./server.ts";
import { someTaskDefs } from "./task-defs.ts";
import { someWorkflowDefs } from "./workflow-defs.ts";

/** The server is away, or has gone away before it answered: what was asked may or may not have happened. */
export class ConnectionLost extends Error {}

/** `storm`: everything may fail. `calm`: nothing fails any more, and workers finish all there is. */
export type Phase = "storm" | "calm";

const RESTART_RETRY_MS = 1_000;

/** One run: the disk, the servers on it, and what they are held against. */
export class World {
  readonly random: Random;
  readonly schedule: Schedule;
  readonly coverage: Coverage = new Coverage();
  readonly oracle: Oracle;
  readonly handouts: Handouts;
  readonly disk: SimulatedDisk;
  readonly workflowNames: readonly string[];
  readonly #taskDefs: readonly TaskDef[];
  readonly #workflowDefs: readonly WorkflowDef[];
  readonly #faults: FaultProfile;
  readonly #limits: Partial<EngineLimits>;
  readonly #serverCount: number;
  readonly #openCalls = new Set<(error: Error) => void>();
  #store: Store | undefined;
  #clock: MortalClock | undefined;
  #engines: readonly Engine[] = [];
  phase: Phase = "storm";
  isOver = false;

  constructor(seed: number, disk: SimulatedDisk) {
    disk.wipe();
    this.disk = disk;
    this.random = new Random(seed);
    this.#taskDefs = someTaskDefs(this.random);
    this.#workflowDefs = someWorkflowDefs(this.random);
    this.workflowNames = this.#workflowDefs.map(({ name = "" }) => name).slice(1);
    this.schedule = new Schedule(this.random);
    const { coverage, schedule } = this;
    this.oracle = new Oracle({
      coverage,
      now: schedule.now,
      onViolation: () => {
        schedule.stop();
      },
    });
    this.handouts = new Handouts(this.oracle);
    this.#faults = someFaults(this.random);
    this.#limits = {
      hotExecutionsMax: this.random.pick([0, 1, 3, 100_000, 100_000, 100_000]),
      batchCommandsMax: this.random.pick([1, 4, 1_000]),
      recoveryPageSize: this.random.pick([1, 3, 500]),
    };
    this.#serverCount = this.random.chance(0.25) ? 2 : 1;
  }

  /** Registers what is to be started, and starts the servers. */
  async begin(): Promise<void> {
    const store = this.disk.open(mortalClock(this.schedule));
    await store.putTaskDefs(this.#taskDefs);
    await store.putWorkflowDefs(this.#workflowDefs);
    await store.close();
    await this.start();
  }

  get isUp(): boolean {
    return this.#engines.length > 0;
  }

  /** The store as it is, without faults: for looking only. */
  get store(): Store {
    if (this.#store === undefined) throw new ConnectionLost("there is no store");
    return this.#store;
  }

  /** Starts the servers; tries again when the database is away, as whatever runs them would. */
  async start(): Promise<void> {
    const { schedule, coverage } = this;
    for (;;) {
      const clock = mortalClock(schedule);
      const store = this.disk.open(clock);
      try {
        const engines: Engine[] = [];
        for (let n = 0; n < this.#serverCount; n++) {
          engines.push(await startEngine(store, clock, this.#ports()));
        }
        this.#store = store;
        this.#clock = clock;
        this.#engines = engines;
        if (engines.length > 1) coverage.hit("power:two servers");
        return;
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        clock.kill();
        await schedule.sleep(RESTART_RETRY_MS);
      }
    }
  }

  #ports(): ServerPorts {
    const { schedule, random, oracle, handouts, coverage, disk } = this;
    return {
      schedule,
      random,
      oracle,
      handouts,
      coverage,
      countClaimed: (limitName) => disk.countClaimed(limitName),
      profile: this.#profile,
      limits: this.#limits,
    };
  }

  readonly #profile = (): FaultProfile => (this.phase === "storm" ? this.#faults : NO_FAULTS);

  /** Everything in memory is gone, in the middle of whatever was going on. */
  losePower(): void {
    this.coverage.hit("power:lost");
    this.oracle.note("power lost");
    this.#clock?.kill();
    this.#disconnect();
  }

  /** The servers stop as they are asked to: what they have accepted they finish. */
  async shutDown(): Promise<void> {
    this.coverage.hit("power:shut down");
    this.oracle.note("shut down");
    const engines = this.#engines;
    this.#engines = [];
    await Promise.all(engines.map((engine) => engine.close()));
    await this.#store?.close();
    this.#clock?.kill();
    this.#disconnect();
  }

  #disconnect(): void {
    this.handouts.wentDown(this.schedule.now());
    this.#engines = [];
    this.#store = undefined;
    const open = [...this.#openCalls];
    this.#openCalls.clear();
    for (const reject of open) reject(new ConnectionLost("the connection was cut"));
  }

  /** Asks something of an execution, as the routes do. */
  submit(workflowId: string, command: ExternalCommand): Promise<Decision> {
    const settle = this.random.pick(["execution", "consequences"] as const);
    return this.call((engine) => engine.submit(workflowId, command, settle));
  }

  /** Somebody who acts on their own; what they do not expect is a violation. */
  spawn(actor: Promise<void>): void {
    actor.catch((error: unknown) => {
      const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.oracle.violate(`somebody met what they did not expect: ${said}`);
    });
  }

  /** Asks one of the servers. @throws ConnectionLost, or what the server says. */
  call<T>(use: (engine: Engine) => Promise<T>): Promise<T> {
    if (this.#engines.length === 0) return Promise.reject(new ConnectionLost("the server is away"));
    const engine = this.random.pick(this.#engines);
    return new Promise((resolve, reject) => {
      this.#openCalls.add(reject);
      use(engine).then(
        (answer) => {
          if (this.#openCalls.delete(reject)) resolve(answer);
        },
        (error: Error) => {
          if (this.#openCalls.delete(reject)) reject(error);
        },
      );
    });
  }
}

export function isUnavailable(error: unknown): boolean {
  return error instanceof AppError && error.code === "STORE_UNAVAILABLE";
}

/** What a caller may hear although nothing is wrong: anything else is a defect. */
export function isExpected(error: unknown): boolean {
  if (error instanceof ConnectionLost) return true;
  return error instanceof AppError && EXPECTED.has(error.code);
}

const EXPECTED: ReadonlySet<string> = new Set([
  "STORE_UNAVAILABLE",
  "STORE_CONFLICT",
  "SHUTTING_DOWN",
  "OVERLOADED",
  "IDEMPOTENCY_KEY_TAKEN",
]);
