import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { differences, holds, settle } from "./compare.ts";
import { Normalizer } from "./normalize.ts";
import { isObject, mapStrings, valueAt } from "./paths.ts";
import type { Answer, Recording, Step } from "./recording.ts";

const REQUEST_MS_MAX = 60_000;
const WAIT_SECONDS = 15;
const POLL_EVERY_MS = 50;
const UNTIL_EVERY_MS = 100;

export interface PlayOptions {
  /** Without a path and a slash at the end. */
  readonly serverUrl: string;
  /** What the names of this play begin with: `{{ns}}`. */
  readonly namespace: string;
  /** Polls and conditions give up after this, whatever the recording allows. */
  readonly waitMsMax?: number;
  /** Later steps are not played once one differs. */
  readonly stopAtFirstDifference?: boolean;
}

/** A prefix that no other play has. */
export function newNamespace(): string {
  return `g${randomBytes(4).toString("hex")}`;
}

/** Plays a recording against a server. @returns what differs from the recorded answers, a line each. */
export async function playRecording(recording: Recording, options: PlayOptions): Promise<string[]> {
  const play = new Play(options);
  const problems: string[] = [];
  for (const [index, step] of recording.steps.entries()) {
    const name = `step ${index} (${step.do ?? step.until ?? `poll ${step.poll}`})`;
    try {
      problems.push(...(await play.step(step)).map((problem) => `${name} ${problem}`));
    } catch (error) {
      return [...problems, `${name}: ${describe(error)}`];
    }
    if (problems.length > 0 && options.stopAtFirstDifference === true) break;
  }
  return problems;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

/** One play of one recording: its names are made unique by `ns`, so that many can share a server. */
class Play {
  readonly #options: PlayOptions;
  readonly #variables: Map<string, unknown>;
  readonly #normalizer: Normalizer;

  constructor(options: PlayOptions) {
    this.#options = options;
    this.#variables = new Map<string, unknown>([
      ["ns", options.namespace],
      ["server", options.serverUrl],
    ]);
    this.#normalizer = new Normalizer([
      [options.namespace, "{{ns}}"],
      [options.serverUrl, "{{server}}"],
    ]);
  }

  /** Does what the step says. @returns what differs from its recorded answer. */
  async step(step: Step): Promise<string[]> {
    if (step.sleep !== undefined) {
      await sleep(step.sleep * 1000);
      return [];
    }
    const answer = await this.#answerTo(step);
    const settled = settle(step, answer, (body) => this.#normalizer.normalize(body));
    const want = step.better?.answer ?? step.answer;
    return want === undefined ? [] : differences(want, settled);
  }

  async #answerTo(step: Step): Promise<Answer> {
    if (step.poll !== undefined) return this.#poll(step, step.poll);
    const answer =
      step.until === undefined
        ? await this.#request(step.do ?? "", step)
        : await this.#repeat(step, step.until);
    for (const [name, path] of Object.entries(step.save ?? {})) {
      this.#variables.set(name, valueAt(answer.body, path));
    }
    return answer;
  }

  async #poll(step: Step, taskType: string): Promise<Answer> {
    const domain = step.domain === undefined ? "" : `&domain=${step.domain}`;
    const line = `GET /tasks/poll/${taskType}?workerid=golden${domain}`;
    const until = this.#deadlineOf(step);
    for (;;) {
      const answer = await this.#request(line, {});
      if (answer.status === 200 && isObject(answer.body)) {
        this.#variables.set(step.as ?? "task", answer.body["taskId"]);
        return answer;
      }
      if (answer.status >= 400 || Date.now() > until) return answer;
      await sleep(POLL_EVERY_MS);
    }
  }

  async #repeat(step: Step, line: string): Promise<Answer> {
    const until = this.#deadlineOf(step);
    for (;;) {
      const answer = await this.#request(line, step);
      const conditions = this.#fill(step.where ?? {}) as Record<string, unknown>;
      if (holds(answer, conditions)) return answer;
      if (Date.now() > until) return { ...answer, timedOut: true };
      await sleep(step.every ?? UNTIL_EVERY_MS);
    }
  }

  #deadlineOf(step: Step): number {
    const waitMs = (step.seconds ?? WAIT_SECONDS) * 1000;
    return Date.now() + Math.min(waitMs, this.#options.waitMsMax ?? waitMs);
  }

  async #request(line: string, step: Step): Promise<Answer> {
    const [, method = "", path = ""] = /^(\w+) (\S+)$/.exec(String(this.#fill(line))) ?? [];
    const root = this.#options.serverUrl;
    const url = path.startsWith("//") ? root + path.slice(1) : `${root}/api${path}`;
    const headers = new Headers({ accept: "*/*", ...(this.#fill(step.headers ?? {}) as object) });
    const body = this.#bodyOf(step);
    if (body !== undefined && !headers.has("content-type")) {
      headers.set("content-type", "application/json");
    }
    const response = await fetch(url, {
      method,
      headers,
      redirect: "manual",
      signal: AbortSignal.timeout(REQUEST_MS_MAX),
      ...(body === undefined ? {} : { body }),
    });
    return {
      status: response.status,
      type: (response.headers.get("content-type") ?? "").split(";")[0] ?? "",
      body: parse(await response.text()),
    };
  }

  #bodyOf(step: Step): string | undefined {
    if (step.raw !== undefined) return String(this.#fill(step.raw));
    return step.body === undefined ? undefined : JSON.stringify(this.#fill(step.body));
  }

  /** Puts variables in. A text that is one variable and nothing else becomes its value, whatever type that has. */
  #fill(value: unknown): unknown {
    return mapStrings(value, (text) => {
      const whole = /^\{\{(\w+)\}\}$/.exec(text)?.[1];
      if (whole !== undefined && this.#variables.has(whole)) return this.#variables.get(whole);
      return text.replaceAll(/\{\{(\w+)\}\}/g, (unknown, name: string) =>
        this.#variables.has(name) ? String(this.#variables.get(name)) : unknown,
      );
    });
  }
}

/** Plain text stays text. */
function parse(text: string): unknown {
  try {
    return text === "" ? "" : JSON.parse(text);
  } catch {
    return text; // Not JSON: an id, a page, a message.
  }
}
