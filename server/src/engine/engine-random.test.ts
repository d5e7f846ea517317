import assert from "node:assert/strict";
import { test } from "node:test";

import { AppError } from "../errors.ts";
import type { CommitGroup, CommitOutcome, Store } from "../store/store.ts";
import { anEngine, eventually, type EngineBed } from "./testing/an-engine.ts";

/** Seeds tried in one run; `SEED=n` tries that one alone. */
const RUNS = 30;
const COMMANDS = 120;
const EXECUTIONS = 4;

type Random = (below: number) => number;

function aRandom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A store that loses races, is away now and then, and has trouble with groups, while `isFaulty`. */
class Faults {
  isFaulty = true;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  readonly changes = (store: Store): Partial<Store> => ({
    loadExecutions: async (ids) => {
      this.#maybeAway(20);
      return store.loadExecutions(ids);
    },
    commit: async (groups) => {
      this.#maybeAway(15);
      const fates = groups.map(() => (this.isFaulty ? this.#random(8) : 7));
      const kept: CommitGroup[] = groups.filter((_, n) => (fates[n] ?? 0) > 0);
      const stored = kept.length === 0 ? [] : await store.commit(kept);
      if (this.#random(3) === 0) await new Promise(setImmediate);
      let next = 0;
      return groups.map((_, n): CommitOutcome => {
        const outcome = (fates[n] ?? 0) > 0 ? stored[next++] : undefined;
        return outcome ?? { type: "conflict" };
      });
    },
  });

  #maybeAway(oneIn: number): void {
    if (this.isFaulty && this.#random(oneIn) === 0) throw new AppError("STORE_UNAVAILABLE", "away");
  }
}

interface Asked {
  readonly workflowId: string;
  readonly ref: string;
  isAccepted: boolean;
}

async function ask(bed: EngineBed, asked: Asked): Promise<void> {
  try {
    const decision = await bed.add(asked.workflowId, asked.ref);
    asked.isAccepted = decision.type === "accept";
  } catch (error) {
    assert.ok(error instanceof AppError, String(error));
    assert.ok(["STORE_UNAVAILABLE", "STORE_CONFLICT", "INTERNAL"].includes(error.code), error.code);
  }
}

function aRef(n: number, ids: readonly string[], random: Random): string {
  const target = ids[random(ids.length)] ?? "";
  const kinds = [
    `add ${n}`,
    `add ${n}`,
    `send ${target} got ${n}`,
    `agenda ${1 + random(3)}`,
    "throw",
    "no",
    "noop",
    `text ${n}`,
  ];
  return kinds[random(kinds.length)] ?? "noop";
}

/** Until all are answered and nothing is left to follow. */
async function settle(bed: EngineBed, answers: Promise<unknown>): Promise<void> {
  let isAnswered = false;
  const answered = answers.finally(() => {
    isAnswered = true;
  });
  await eventually(async () => {
    bed.clock.advance(60_000);
    if (!isAnswered) return false;
    const [left, agendas] = await Promise.all([
      bed.store.listOutbox(0, 1),
      bed.store.listAgendas(0, 1),
    ]);
    return left.length + agendas.length === 0;
  });
  await answered;
}

async function run(seed: number): Promise<void> {
  const random = aRandom(seed);
  const faults = new Faults(random);
  faults.isFaulty = false;
  await using bed = await anEngine({
    storeChanges: faults.changes,
    limits: { hotExecutionsMax: 2 },
  });
  const ids = await Promise.all(Array.from({ length: EXECUTIONS }, () => bed.startCounter()));
  faults.isFaulty = true;
  const all: Asked[] = [];
  const answers: Promise<void>[] = [];
  for (let n = 0; n < COMMANDS; n++) {
    const workflowId = ids[random(ids.length)] ?? "";
    const asked = { workflowId, ref: aRef(n, ids, random), isAccepted: false };
    all.push(asked);
    answers.push(ask(bed, asked));
    if (random(4) === 0) await new Promise(setImmediate);
    if (random(10) === 0) bed.clock.advance(random(3_000));
  }
  faults.isFaulty = false;
  await settle(bed, Promise.all(answers));
  await check(bed, ids, all);
}

async function check(bed: EngineBed, ids: readonly string[], all: readonly Asked[]): Promise<void> {
  const stored = new Map<string, readonly string[]>();
  for (const id of ids) stored.set(id, await bed.stepsOf(id));
  const sent = all.filter(({ ref, isAccepted }) => isAccepted && ref.startsWith("send"));
  for (const id of ids) {
    const steps = stored.get(id) ?? [];
    const own = all.filter(({ workflowId }) => workflowId === id);
    const adds = own
      .filter(({ ref, isAccepted }) => isAccepted && ref.startsWith("add"))
      .map(({ ref }) => ref);
    assert.deepEqual(
      steps.filter((step) => step.startsWith("add")),
      adds,
    );
    for (const source of ids) {
      const messages = sent
        .filter(({ workflowId, ref }) => workflowId === source && ref.includes(id))
        .map(({ ref }) => ref.slice(ref.indexOf("got")));
      assert.deepEqual(
        steps.filter((step) => messages.includes(step)),
        messages,
        "in order, each once",
      );
    }
    assert.equal(
      steps.filter((step) => step.startsWith("got")).length,
      sent.filter(({ ref }) => ref.includes(id)).length,
    );
  }
}

const chosen = process.env["SEED"];
const seeds =
  chosen === undefined
    ? Array.from({ length: RUNS }, () => Math.floor(Math.random() * 2 ** 31))
    : [Number(chosen)];

for (const seed of seeds) {
  test(
    `what is accepted happens once and in order whatever fails, SEED=${seed}`,
    { timeout: 20_000 },
    () => run(seed),
  );
}
