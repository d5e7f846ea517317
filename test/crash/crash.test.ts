/**
 * The real server on a real file, killed at random instants under load and started again. Whatever its clients were
 * told has to be true for ever after. CRASH_SEED repeats the choices of a run, though not the timing of its processes.
 */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { type ServerProcess, startServerProcess } from "../../scripts/server-process.ts";
import { examine } from "./autopsy.ts";
import { runOperator, runStarter } from "./callers.ts";
import { checkHistory } from "./check-history.ts";
import { Client } from "./client.ts";
import { define, TASK_RULES } from "./definitions.ts";
import { emptyHistory, type History } from "./history.ts";
import { Observer } from "./observer.ts";
import { type Random, randomFrom } from "./random.ts";
import { runWorker } from "./worker.ts";

const KILLS = process.env["TEST_FULL"] === "1" ? 1_000 : 30;
const SEED = Number(process.env["CRASH_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const WORKERS = 6;
const UNDELIVERED_MS = 800;
/** After the server is ready; one time in ten later, one time in ten while it is starting. */
const KILL_AFTER_MS_MAX = 600;
const KILL_LATE_MS_MAX = 2_000;
const KILL_WHILE_STARTING_MS_MAX = 350;
/** Executions that are looked at after each start, besides those that were touched since the last one. */
const LOOKS_AT_OLD = 20;
const ENDING_MS_MAX = 10_000;
/** Something hangs; on a busy machine a kill and a start take a few seconds. */
const TEST_MS_MAX = 60_000 + KILLS * 5_000;

test(
  `${KILLS} kills lose nothing, leave nothing stuck and hand nothing out twice (CRASH_SEED=${SEED})`,
  {
    timeout: TEST_MS_MAX,
  },
  async (context) => {
    const run = await aRun(context);
    const { client, history, started } = run;
    const stopStarting = new AbortController();
    const stopWorking = new AbortController();
    const random = (n: number): Random => randomFrom(SEED + n);
    const callers = { client, history, signal: stopStarting.signal, started };
    const beginners = [
      runStarter({ ...callers, random: random(1) }, "first"),
      runStarter({ ...callers, random: random(2) }, "second"),
      runOperator({ ...callers, random: random(3) }),
    ];
    const workers = Array.from({ length: WORKERS }, (_, n) =>
      runWorker({ client, history, signal: stopWorking.signal, random: random(10 + n) }),
    );

    for (let kills = 0; kills < KILLS; kills++) await run.startAndKill(random(100 + kills));

    const server = await run.start();
    await run.untilLookedAt();
    stopStarting.abort();
    await Promise.all(beginners);
    await untilAllHaveEnded(run);
    stopWorking.abort();
    await Promise.all(workers);
    for (const { workflowId } of started) await run.observer.lookFinally(workflowId);
    assert.equal(await server.stop(), 0);

    const { stuck } = await examine(run.file, `${run.file}.copy`);
    history.complaints.push(...stuck);
    tell(context, history);
    const violations = checkHistory(history);
    assert.deepEqual(
      violations.slice(0, 20),
      [],
      `${violations.length} in all; CRASH_SEED=${SEED}`,
    );
  },
);

/** Gives up when nothing has ended for a while. */
async function untilAllHaveEnded({ observer, started, history, client }: Run): Promise<void> {
  let open = started.map(({ workflowId }) => workflowId);
  let giveUpAt = performance.now() + ENDING_MS_MAX;
  while (open.length > 0 && performance.now() < giveUpAt) {
    const still: string[] = [];
    for (const workflowId of open) {
      if (!(await observer.isEnded(workflowId))) still.push(workflowId);
    }
    if (still.length < open.length) giveUpAt = performance.now() + ENDING_MS_MAX;
    open = still;
    await sleep(50);
  }
  if (open.length === 0) return;
  const queues = await client.call({ method: "GET", path: "/api/tasks/queue/all" });
  history.complaints.push(`${open.length} executions do not end; queues: ${queues.text}`);
}

function tell(context: TestContext, history: History): void {
  const { starts, handouts, results, controls, sightings, kills } = history;
  const lost = [...starts, ...results, ...controls].filter((each) => each.answeredAt === undefined);
  const undelivered = kills.reduce((sum, kill) => sum + kill.undelivered.size, 0);
  const again = handouts.length - new Set(handouts.map(({ taskId }) => taskId)).size;
  context.diagnostic(
    `${starts.length} starts, ${handouts.length} attempts handed out (${again} of them again), ` +
      `${results.length} results, ${controls.length} controls; ${lost.length} answers lost, ` +
      `${undelivered} attempts undelivered at a kill; ${sightings.length} reads`,
  );
}

/** A file, its server, and what its clients have seen. */
class Run {
  readonly file: string;
  readonly history: History = emptyHistory({
    taskTypes: TASK_RULES,
    undeliveredMs: UNDELIVERED_MS,
    deliveredMsMax: 1_000,
  });
  readonly client = new Client((complaint) => this.history.complaints.push(complaint));
  readonly observer = new Observer(this.client, this.history);
  readonly started: { readonly key: string; readonly workflowId: string }[] = [];
  #child: ChildProcess | undefined;
  #seenUntil = 0;
  readonly #looking: Promise<void>[] = [];

  constructor(file: string) {
    this.file = file;
  }

  async start(): Promise<ServerProcess> {
    const server = await startServerProcess({
      args: [
        `--database=sqlite:${this.file}`,
        `--ostinato.undelivered-timeout=${UNDELIVERED_MS}ms`,
        "--ostinato.log-level=fatal",
      ],
      onSpawn: (child) => {
        this.#child = child;
      },
    });
    this.client.serverIsUp(server.url);
    return server;
  }

  /** Lets the server run for a while, during which what it told before is looked at, and kills it. */
  async startAndKill(random: Random): Promise<void> {
    if (random.chance(0.1)) {
      const starting = this.start().catch(() => undefined);
      await sleep(random.between(0, KILL_WHILE_STARTING_MS_MAX));
      await this.kill();
      await starting;
      this.client.serverIsDown();
      return;
    }
    await this.start();
    this.#looking.push(this.#lookAtLatest(random));
    await sleep(random.between(0, random.chance(0.1) ? KILL_LATE_MS_MAX : KILL_AFTER_MS_MAX));
    await this.kill();
  }

  /** Looks that a kill has interrupted are brought to an end by the next server. */
  async untilLookedAt(): Promise<void> {
    await Promise.all(this.#looking);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    this.client.serverIsDown();
    const at = performance.now();
    child.kill("SIGKILL");
    await exited;
    const { undelivered, stuck } = await examine(this.file, `${this.file}.copy`);
    this.history.kills.push({ at, undelivered });
    this.history.complaints.push(...stuck.map((each) => `after kill ${at}: ${each}`));
  }

  /** Those that were touched since the last time, and some others. */
  async #lookAtLatest(random: Random): Promise<void> {
    const { results, controls, starts } = this.history;
    const since = this.#seenUntil;
    this.#seenUntil = performance.now();
    const touched = new Set<string>();
    for (const list of [results, controls, starts]) {
      for (let n = list.length - 1; (list[n]?.sentAt ?? 0) > since; n--) {
        const workflowId = list[n]?.workflowId;
        if (workflowId !== undefined) touched.add(workflowId);
      }
    }
    for (let n = 0; n < LOOKS_AT_OLD; n++) {
      const old = this.started[Math.floor(random.between(0, this.started.length))];
      if (old !== undefined) touched.add(old.workflowId);
    }
    const kills = this.history.kills.length;
    for (const workflowId of touched) {
      if (this.history.kills.length > kills) break;
      await this.observer.look(workflowId);
    }
  }
}

async function aRun(context: TestContext): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), "ostinato-crash-"));
  const run = new Run(join(folder, "crash.db"));
  context.after(async () => {
    await run.kill();
    await rm(folder, { recursive: true, force: true });
  });
  const server = await run.start();
  await define(run.client);
  run.client.serverIsDown();
  assert.equal(await server.stop(), 0);
  return run;
}
