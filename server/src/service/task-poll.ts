import {
  type JsonText,
  mayHoldSecrets,
  parseJson,
  resolveSecrets,
  writeJson,
} from "@ostinato/core";
import type { Engine, PollRequest } from "../engine/engine.ts";
import type { ClaimedTask, StoredTask } from "../store/store.ts";
import type { ExecutionReader } from "./execution-reader.ts";

/** Attempts that were handed out, with their texts. Whoever answers with them settles them exactly once. */
export interface HandedOut {
  readonly texts: readonly JsonText[];
  /** The answer has left. */
  delivered(): void;
  /** It has not: the attempts are as if they had never been handed out. */
  undo(): void;
}

/** Who asks, and for which queue. */
export type QueuePoll = Pick<PollRequest, "taskType" | "domain" | "workerId">;

export interface PollService {
  poll(request: PollRequest): Promise<HandedOut>;
}

const NOTHING: HandedOut = { texts: [], delivered: () => undefined, undo: () => undefined };

export function createPollService(deps: {
  readonly engine: Engine;
  readonly reader: ExecutionReader;
  /** The value of a secret. */
  readonly findSecret: (name: string) => string | undefined;
}): PollService {
  const { engine, reader, findSecret } = deps;

  function undo(claims: readonly ClaimedTask[]): void {
    void engine.undo(refsOf(claims));
  }

  return {
    async poll(request) {
      const claims = await engine.poll(request);
      if (claims.length === 0) return NOTHING;
      try {
        const texts = await reader.taskTexts(
          claims.map(({ task }) => withSecrets(task, findSecret)),
        );
        return {
          texts,
          delivered: () => engine.delivered(refsOf(claims)),
          undo: () => undo(claims),
        };
      } catch (error) {
        undo(claims);
        throw error;
      }
    },
  };
}

/** What is stored names secrets only; their values are in what is handed out, and nowhere else. */
function withSecrets(
  source: StoredTask,
  findSecret: (name: string) => string | undefined,
): StoredTask {
  const { inputData } = source.task;
  if (!mayHoldSecrets(inputData)) return source;
  const resolved = writeJson(resolveSecrets(parseJson(inputData), findSecret));
  return { ...source, task: { ...source.task, inputData: resolved } };
}

function refsOf(claims: readonly ClaimedTask[]): { taskId: string; claimVersion: number }[] {
  return claims.map(({ task, claimVersion }) => ({ taskId: task.task.taskId, claimVersion }));
}
