import {
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  type JsonText,
  mayHoldSecrets,
  parseJson,
  resolveSecrets,
  setMember,
  writeJson,
} from "@ostinato/core";

import { AppError } from "../errors.ts";
import type { Engine } from "../engine/engine.ts";
import type { ClaimedTask } from "../store/store.ts";
import { failed, type Log, type SystemTaskExecutor, type SystemTaskResult } from "./system-task.ts";

export interface Run {
  readonly deps: {
    readonly engine: Engine;
    readonly findSecret: (name: string) => string | undefined;
    readonly workerId: string;
    readonly log: Log;
  };
  readonly executor: SystemTaskExecutor;
  readonly claim: ClaimedTask;
  /** Aborted when the server closes. */
  readonly signal: AbortSignal;
}

/** No attempt takes longer than this. Source: Conductor keeps a system task's message back for 3600 s. */
const ATTEMPT_SECONDS_MAX = 3_600;
/** A result that cannot be stored is offered again, after 100 ms, 200 ms, … */
const REPORTS_MAX = 8;
const REPORT_AGAIN_MS = 100;

/** Runs a claimed attempt and reports its result, or gives the claim back. Never rejects. */
export async function runAttempt(run: Run): Promise<void> {
  const { deps, claim, signal } = run;
  const ref = { taskId: claim.task.task.taskId, claimVersion: claim.claimVersion };
  try {
    const result = await execute(run);
    const outcome = signal.aborted ? "closing" : await report(run, result);
    if (outcome === "taken") deps.engine.delivered([ref]);
    if (outcome === "closing") await deps.engine.undo([ref]);
  } catch (error) {
    // Safe to drop: what is not marked delivered is offered again after the next start.
    deps.log.error({ err: error, taskId: ref.taskId }, "a system task could not be reported");
  }
}

async function execute({ deps, executor, claim, signal }: Run): Promise<SystemTaskResult> {
  const { task, workflowId } = claim.task;
  if (task.taskType !== executor.taskType)
    return failed(`A task of type ${task.taskType} was in the queue of ${executor.taskType}`);
  const secrets: string[] = [];
  const input = inputOf(task.inputData, (name) => {
    const value = deps.findSecret(name);
    if (value !== undefined && value !== "") secrets.push(value);
    return value;
  });
  const timedOut = new AbortController();
  const timer = setTimeout(() => timedOut.abort(), ATTEMPT_SECONDS_MAX * 1_000);
  try {
    const asyncComplete = input["asyncComplete"] === true;
    const result = await executor.execute(
      { taskId: task.taskId, workflowId, input, asyncComplete },
      AbortSignal.any([signal, timedOut.signal]),
    );
    if (timedOut.signal.aborted)
      return failed(`Task did not complete within its responseTimeout of ${ATTEMPT_SECONDS_MAX}s`);
    return storable(withoutSecrets(result, secrets));
  } catch (error) {
    deps.log.error({ err: error, taskId: task.taskId }, "an executor of system tasks is broken");
    return failed(`Task execution failed: ${error instanceof Error ? error.message : "unknown"}`);
  } finally {
    clearTimeout(timer);
  }
}

function inputOf(text: JsonText, findSecret: (name: string) => string | undefined): JsonObject {
  const stored = parseJson(text);
  const value = mayHoldSecrets(text) ? resolveSecrets(stored, findSecret) : stored;
  return isJsonObject(value) ? value : {};
}

/** Reasons name what was asked for, which may have a secret in it; outputs of failures quote them. */
function withoutSecrets(result: SystemTaskResult, secrets: readonly string[]): SystemTaskResult {
  const { reasonForIncompletion: reason } = result;
  if (secrets.length === 0 || reason === undefined) return result;
  const mask = (text: string): string =>
    secrets.reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
  return {
    ...result,
    outputData: writeJson(mapTexts(parseJson(result.outputData), mask)),
    reasonForIncompletion: mask(reason),
  };
}

const MASK = "***";

/** A reason may quote what came from outside, also what a text column cannot hold. */
function storable(result: SystemTaskResult): SystemTaskResult {
  const { reasonForIncompletion: reason } = result;
  if (reason === undefined) return result;
  return { ...result, reasonForIncompletion: reason.replaceAll("\0", "?").toWellFormed() };
}

function mapTexts(value: Json, map: (text: string) => string): Json {
  if (typeof value === "string") return map(value);
  if (isJsonArray(value)) return value.map((item) => mapTexts(item, map));
  if (!isJsonObject(value)) return value;
  const result: { [key: string]: Json } = {};
  for (const [key, member] of Object.entries(value)) setMember(result, key, mapTexts(member, map));
  return result;
}

/**
 * `taken`: the result is stored, or there is nothing any more that could have it. `lost`: it could not be stored; the
 * attempt stays claimed, since repeating what has been done at once would only repeat the failure.
 */
type Outcome = "taken" | "closing" | "lost";

async function report({ deps, claim, signal }: Run, result: SystemTaskResult): Promise<Outcome> {
  const { task, workflowId } = claim.task;
  for (let count = 1; count <= REPORTS_MAX; count += 1) {
    try {
      await deps.engine.submit(workflowId, {
        type: "update-task",
        taskId: task.taskId,
        ...result,
        callbackAfterSeconds: 0,
        workerId: deps.workerId,
        logs: [],
      });
      return "taken";
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      deps.log.warn(
        { err: error, taskId: task.taskId },
        "a system task's result is not stored yet",
      );
      if (signal.aborted || error.code === "SHUTTING_DOWN") return "closing";
      await new Promise((resolve) => setTimeout(resolve, REPORT_AGAIN_MS * 2 ** count));
    }
  }
  deps.log.error({ taskId: task.taskId }, "a system task's result could not be stored");
  return "lost";
}
