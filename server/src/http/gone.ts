import type { FastifyReply } from "fastify";

/** Aborted when the caller has gone before the answer has left. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => {
    // Every response closes; an abort costs ten times as much as this question.
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
