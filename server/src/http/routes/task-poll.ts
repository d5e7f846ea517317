import type { FastifyInstance, FastifyReply } from "fastify";
import { AppError } from "../../errors.ts";
import type { HandedOut, PollService, QueuePoll } from "../../service/task-poll.ts";
import { given } from "../given.ts";
import { goneSignal } from "../gone.ts";
import type { Query } from "../query.ts";
import { queryInt, queryText } from "../query.ts";
import { sendJson, sendNoContent } from "../reply.ts";
import type { Services } from "../../service/create-services.ts";

interface Poll {
  readonly Params: { readonly taskType: string };
  readonly Querystring: Query;
}

/** How long a poll for a single task waits. */
const SINGLE_POLL_MS = 100;
const POLL_TIMEOUT_MS_MAX = 5000;
/** A poll for more is answered with so many. */
const POLL_COUNT_MAX = 1000;

export function pollRoutes(app: FastifyInstance, { polls }: Services): void {
  // A HEAD would hand out tasks and throw them away.
  const options = { exposeHeadRoute: false };

  app.get<Poll>("/api/tasks/poll/:taskType", options, async ({ params, query }, reply) =>
    sendNext(reply, polls, pollOf(params.taskType, query)),
  );

  app.get<Poll>("/api/tasks/poll/batch/:taskType", options, async ({ params, query }, reply) => {
    const count = queryInt(query, "count") ?? 1;
    const timeoutMs = queryInt(query, "timeout") ?? SINGLE_POLL_MS;
    if (timeoutMs > POLL_TIMEOUT_MS_MAX) {
      throw new AppError("BAD_REQUEST", "Long Poll Timeout value cannot be more than 5 seconds");
    }
    if (count <= 0) return sendJson(reply, "[]");
    const handedOut = await polls.poll({
      ...pollOf(params.taskType, query),
      count: Math.min(count, POLL_COUNT_MAX),
      timeoutMs: Math.max(0, timeoutMs),
      signal: goneSignal(reply),
    });
    settle(reply, handedOut);
    return sendJson(reply, `[${handedOut.texts.join(",")}]`);
  });
}

function pollOf(taskType: string, query: Query): QueuePoll {
  const domain = queryText(query, "domain");
  const workerId = queryText(query, "workerid");
  return { taskType, ...given({ domain: domain === "" ? undefined : domain, workerId }) };
}

/** Answers with the next task of a queue, or 204. */
export async function sendNext(
  reply: FastifyReply,
  polls: PollService,
  queue: QueuePoll,
): Promise<FastifyReply> {
  const signal = goneSignal(reply);
  const handedOut = await polls.poll({ ...queue, count: 1, timeoutMs: SINGLE_POLL_MS, signal });
  settle(reply, handedOut);
  const [text] = handedOut.texts;
  return text === undefined ? sendNoContent(reply) : sendJson(reply, text);
}

/** Delivered is what has left; when the connection ends before, the tasks are taken back. */
function settle(reply: FastifyReply, handedOut: HandedOut): void {
  const { raw } = reply;
  if (handedOut.texts.length === 0) return;
  if (raw.destroyed) {
    handedOut.undo();
    return;
  }
  let isSettled = false;
  raw.once("finish", () => {
    isSettled = true;
    handedOut.delivered();
  });
  raw.once("close", () => {
    if (!isSettled) handedOut.undo();
  });
}
