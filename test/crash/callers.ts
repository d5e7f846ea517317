import { setTimeout as sleep } from "node:timers/promises";

import { type Client, type Exchange, isDone } from "./client.ts";
import { WORKFLOWS } from "./definitions.ts";
import type { ControlType, History } from "./history.ts";
import type { Random } from "./random.ts";

const START_PAUSE_MS_MAX = 30;
const CONTROL_PAUSE_MS_MAX = 120;
const PAUSED_MS_MAX = 150;

/** An execution that somebody started. */
interface Started {
  readonly key: string;
  readonly workflowId: string;
}

export interface CallerDeps {
  readonly client: Client;
  readonly history: History;
  readonly random: Random;
  /** Aborted when they have to stop; what they have begun they bring to its end. */
  readonly signal: AbortSignal;
  /** What has been started, oldest first. */
  readonly started: Started[];
}

/** Starts one execution after the other; one whose answer is lost again under the same idempotency key. */
export async function runStarter(deps: CallerDeps, name: string): Promise<void> {
  const { client, history, random, signal, started } = deps;
  for (let n = 1; !signal.aborted; n++) {
    const key = `${name}-${n}`;
    const body = {
      name: random.pick(WORKFLOWS),
      version: 1,
      correlationId: key,
      idempotencyKey: key,
      idempotencyStrategy: "RETURN_EXISTING",
      input: { way: random.pick(["short", "long"]) },
    };
    const call = { method: "POST", path: "/api/workflow", body } as const;
    const exchange = await client.callUntilAnswered(call, (each) => {
      const { sentAt, answeredAt, text } = each;
      history.starts.push({
        key,
        sentAt,
        answeredAt,
        ...(isDone(each) ? { workflowId: text } : {}),
      });
    });
    if (isDone(exchange)) started.push({ key, workflowId: exchange.text });
    else history.complaints.push(`start of ${key}: ${exchange.status} ${exchange.text}`);
    await sleep(random.between(0, START_PAUSE_MS_MAX));
  }
}

/** Pauses and resumes, terminates and retries some of the latest executions. */
export async function runOperator(deps: CallerDeps): Promise<void> {
  const { random, signal, started } = deps;
  while (!signal.aborted) {
    await sleep(random.between(0, CONTROL_PAUSE_MS_MAX));
    const latest = started.at(-Math.ceil(random.between(0, 20)));
    if (latest === undefined) continue;
    if (random.chance(0.7)) {
      await control(deps, latest, "pause");
      await sleep(random.between(0, PAUSED_MS_MAX));
      await control(deps, latest, "resume");
    } else {
      await control(deps, latest, "terminate");
      if (random.chance(0.5)) await control(deps, latest, "retry");
    }
  }
}

async function control(
  { client, history }: CallerDeps,
  { key, workflowId }: Started,
  type: ControlType,
): Promise<void> {
  const path = `/api/workflow/${workflowId}`;
  const call = {
    pause: { method: "PUT", path: `${path}/pause` },
    resume: { method: "PUT", path: `${path}/resume` },
    terminate: { method: "DELETE", path },
    retry: { method: "POST", path: `${path}/retry` },
  } as const;
  const note = (each: Exchange): void => {
    const { sentAt, answeredAt } = each;
    history.controls.push({ type, workflowId, key, isDone: isDone(each), sentAt, answeredAt });
  };
  await client.callUntilAnswered(call[type], note);
}
