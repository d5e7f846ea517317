/**
 * Power cuts: what a disk may have kept of the log of a server under load. A commit is acknowledged after its part of
 * the log was flushed; so whatever has become of the bytes behind the log's length at an acknowledgement, all that was
 * acknowledged until then is there.
 */
import assert from "node:assert/strict";
import { copyFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { startServerProcess } from "../../scripts/server-process.ts";
import { openSqliteStore } from "../../server/src/store/sqlite/open-sqlite-store.ts";
import type { Store } from "../../server/src/store/store.ts";
import { runOperator, runStarter } from "./callers.ts";
import { checkHistory } from "./check-history.ts";
import { Client } from "./client.ts";
import { define, TASK_RULES } from "./definitions.ts";
import { emptyHistory, type History, type SeenWorkflow, type Sighting } from "./history.ts";
import { type Random, randomFrom } from "./random.ts";
import { runWorker } from "./worker.ts";

const CUTS = process.env["TEST_FULL"] === "1" ? 1_000 : 40;
const SEED = Number(process.env["CRASH_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const LOAD_MS_MAX = 2_000;
/** Well before the server's log is written back to the database and begun again. */
const LOG_BYTES_MAX = 8 * 1_024 * 1_024;
const WORKERS = 4;
/** The disk writes whole sectors, in any order. */
const SECTOR_BYTES = 512;
const TAIL_BYTES_MAX = 64 * 1_024;
/** Salts are drawn anew when a log is begun again. Source: https://sqlite.org/fileformat2.html#walformat */
const SALT = { from: 16, to: 24 };

/** How long the log was when an answer came. */
interface Mark {
  readonly answeredAt: number;
  readonly logBytes: number;
}

test(`${CUTS} power cuts lose nothing that was acknowledged (CRASH_SEED=${SEED})`, async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "ostinato-power-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "power.db");
  const { history, marks } = await loadUntilKilled(file);
  const log = readFileSync(`${file}-wal`);
  const random = randomFrom(SEED);
  for (let n = 0; n < CUTS; n++) {
    const mark = marks[Math.floor(random.between(0, marks.length))];
    assert.ok(mark);
    const copy = join(folder, `cut-${n}.db`);
    copyFileSync(file, copy);
    writeFileSync(`${copy}-wal`, cut(log, mark.logBytes, random));
    const seen = await readAll(copy, history, mark.answeredAt);
    const violations = checkHistory(historyUntil(history, mark.answeredAt, seen));
    assert.deepEqual(violations, [], `cut ${n} behind byte ${mark.logBytes}; CRASH_SEED=${SEED}`);
  }
  context.diagnostic(`${marks.length} answers, ${log.length} bytes of log`);
});

/** The log as a disk may have kept it: all up to `kept`, of what follows some sectors, old or strange bytes. */
function cut(log: Buffer, kept: number, random: Random): Buffer {
  const to = Math.min(log.length, kept + Math.floor(random.between(0, TAIL_BYTES_MAX)));
  const torn = Buffer.from(log.subarray(0, to));
  const damage = random.pick(["none", "zeros", "strange"]);
  for (let at = kept; damage !== "none" && at < to; at += SECTOR_BYTES) {
    if (random.chance(0.5)) continue;
    const fill = damage === "zeros" ? 0 : Math.floor(random.between(1, 256));
    torn.fill(fill, at, Math.min(to, at + SECTOR_BYTES));
  }
  return torn;
}

async function loadUntilKilled(file: string): Promise<{ history: History; marks: Mark[] }> {
  const history = emptyHistory({
    taskTypes: TASK_RULES,
    undeliveredMs: Infinity,
    deliveredMsMax: Infinity,
  });
  const marks: Mark[] = [];
  let isMarking = false;
  const client = new Client(
    (complaint) => history.complaints.push(complaint),
    (answeredAt) => {
      if (isMarking) marks.push({ answeredAt, logBytes: statSync(`${file}-wal`).size });
    },
  );
  const server = await startServerProcess({ args: [`--database=sqlite:${file}`] });
  client.serverIsUp(server.url);
  await define(client);
  const salt = saltOf(file);
  isMarking = true;
  await load(client, history, () => statSync(`${file}-wal`).size);
  isMarking = false;
  server.process.kill("SIGKILL");
  await server.exited;
  assert.equal(saltOf(file), salt, "the log was begun again, so that its lengths tell nothing");
  return { history, marks };
}

function saltOf(file: string): string {
  return readFileSync(`${file}-wal`).subarray(SALT.from, SALT.to).toString("hex");
}

async function load(client: Client, history: History, logBytes: () => number): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  const callers = { client, history, signal, started: [] };
  const all = [
    runStarter({ ...callers, random: randomFrom(SEED + 1) }, "first"),
    runStarter({ ...callers, random: randomFrom(SEED + 2) }, "second"),
    runOperator({ ...callers, random: randomFrom(SEED + 3) }),
    ...Array.from({ length: WORKERS }, (_, n) =>
      runWorker({ client, history, signal, random: randomFrom(SEED + 10 + n) }),
    ),
  ];
  const until = performance.now() + LOAD_MS_MAX;
  while (performance.now() < until && logBytes() < LOG_BYTES_MAX) await sleep(5);
  stop.abort();
  await Promise.all(all);
}

/** What was known at an instant: answers that came later are lost, and what was not yet sent has not been. */
function historyUntil(history: History, at: number, sightings: Sighting[]): History {
  const until = <T extends { readonly sentAt: number; readonly answeredAt?: number | undefined }>(
    asked: readonly T[],
  ): T[] =>
    asked
      .filter(({ sentAt }) => sentAt <= at)
      .map((each) =>
        (each.answeredAt ?? Infinity) <= at ? each : { ...each, answeredAt: undefined },
      );
  return {
    ...history,
    starts: until(history.starts),
    results: until(history.results),
    controls: until(history.controls),
    handouts: [],
    sightings,
  };
}

async function readAll(file: string, history: History, at: number): Promise<Sighting[]> {
  const store = await openSqliteStore({ file, inProcess: true });
  try {
    assert.deepEqual(await store.findStuck(), []);
    const ids = new Set(history.starts.flatMap(({ workflowId = [] }) => workflowId));
    for (const { workflowId } of history.results) ids.add(workflowId);
    const sightings: Sighting[] = [];
    for (const workflowId of ids) {
      const workflow = await read(store, workflowId);
      const about = { workflowId, sentAt: at + 1, answeredAt: at + 2 };
      sightings.push(workflow === undefined ? about : { ...about, workflow });
    }
    return sightings;
  } finally {
    await store.close();
  }
}

async function read(store: Store, workflowId: string): Promise<SeenWorkflow | undefined> {
  const found = await store.findWorkflow(workflowId);
  if (found === undefined) return undefined;
  const { tasks } = await store.listTasks(workflowId);
  return {
    key: found.workflow.correlationId ?? "",
    status: found.workflow.status,
    output: {},
    tasks: tasks.map(({ task }) => {
      const { taskId, taskType, referenceTaskName: ref, status, outputData = "{}" } = task;
      const { mark } = JSON.parse(outputData) as { readonly mark?: string };
      return { taskId, taskType, ref, status, ...(mark === undefined ? {} : { mark }) };
    }),
  };
}
