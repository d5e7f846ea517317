import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { readConfig, startServer } from "@ostinato/server";

import { Random } from "../simulation/random.ts";
import { BODIES, TEXT_BODIES } from "./bodies.ts";
import { faultOf, shown } from "./judge.ts";
import { aRequest, type Fuzz } from "./requests.ts";
import { type RawAnswer, type RawRequest, send } from "./send.ts";
import { seedWorld } from "./world.ts";

/** `SEED=n` runs the same requests again, `FUZZ_LONGER=n` so many times as long. */
const SEED = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const LONGER = Number(process.env["FUZZ_LONGER"] ?? (process.env["TEST_FULL"] ? 60 : 1));
const CAREFUL_MS = 4_000 * LONGER;
const HASTY_MS = 3_000 * LONGER;
const HASTY_LANES = 6;
const FAULTS_SHOWN_MAX = 10;
const SETTLE_MS = 50;

const folder = await mkdtemp(join(tmpdir(), "ostinato-fuzz-"));
const file = join(folder, "fuzz.db");
const server = await startServer(
  readConfig(
    [
      "--port=0",
      `--database=sqlite:${file}`,
      "--ostinato.body-bytes-max=64KB",
      "--ostinato.log-level=error",
    ],
    {},
  ),
);
after(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});
const port = Number(new URL(server.url).port);
const world = await seedWorld(server.url, file);

function aFuzz(seed: number): Fuzz {
  return { random: new Random(seed), world, routes: server.routes };
}

/** Sends it and says what is wrong with the answer. */
async function sendAndJudge(
  request: RawRequest,
): Promise<{ answer: RawAnswer | undefined; fault: string | undefined }> {
  const answer = await send(port, request);
  if (answer !== undefined) return { answer, fault: faultOf(request, answer) };
  const mayStaySilent = request.patienceMs !== undefined || request.framing === "too-long";
  return { answer, fault: mayStaySilent ? undefined : "no answer" };
}

function assertNone(faults: readonly string[]): void {
  const few = faults.slice(0, FAULTS_SHOWN_MAX).join("\n\n");
  assert.equal(faults.length, 0, `SEED=${SEED}, ${faults.length} faults:\n${few}`);
}

test("every route that takes a body is known to the fuzz test", () => {
  const keys = server.routes.flatMap(({ url, verbs }) => verbs.map((verb) => `${verb} ${url}`));
  const known = [...Object.keys(BODIES), ...TEXT_BODIES];
  assert.deepEqual(
    known.filter((key) => !keys.includes(key)),
    [],
  );
});

/** Whether sending it again changes what nothing else changes: time alone may have been at work before. */
async function changesAgain(request: RawRequest, before: string): Promise<boolean> {
  await sleep(SETTLE_MS);
  const settled = await world.snapshot();
  if (settled !== before) return false;
  await sendAndJudge(request);
  return (await world.snapshot()) !== settled;
}

test("what is refused leaves nothing behind", async (t) => {
  t.diagnostic(`SEED=${SEED}`);
  const fuzz = aFuzz(SEED);
  const faults: string[] = [];
  const counts: Record<number, number> = {};
  let before = await world.snapshot();
  for (const until = performance.now() + CAREFUL_MS; performance.now() < until;) {
    const request = aRequest(fuzz);
    const version = world.version();
    const { answer, fault } = await sendAndJudge(request);
    const status = answer?.status ?? 0;
    counts[status] = (counts[status] ?? 0) + 1;
    if (fault !== undefined) faults.push(`${fault}\n  ${shown(request)}`);
    if (world.version() === version) continue;
    const now = await world.snapshot();
    if (status >= 400 && now !== before && (await changesAgain(request, now))) {
      faults.push(`left something behind\n  ${shown(request)}`);
    }
    before = await world.snapshot();
  }
  t.diagnostic(JSON.stringify(counts));
  assertNone(faults);
});

test("many at once get answers in the right shape", async (t) => {
  t.diagnostic(`SEED=${SEED}`);
  const faults: string[] = [];
  let count = 0;
  async function runLane(lane: number): Promise<void> {
    const fuzz = aFuzz(SEED + lane);
    for (const until = performance.now() + HASTY_MS; performance.now() < until; count++) {
      const request = aRequest(fuzz);
      const { fault } = await sendAndJudge(request);
      if (fault !== undefined) faults.push(`${fault}\n  ${shown(request)}`);
    }
  }
  await Promise.all(Array.from({ length: HASTY_LANES }, (_, lane) => runLane(lane + 1)));
  t.diagnostic(`${count} requests`);
  assertNone(faults);
});

test("nothing is stuck after all of them, and the server is well", async () => {
  assert.deepEqual(await server.findStuck(), [], `SEED=${SEED}`);
  assert.equal((await fetch(`${server.url}/health`)).status, 200);
});
