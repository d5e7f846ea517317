import { randomUUID } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { RETURN_STRATEGIES, TASK_RESULT_STATUSES } from "@ostinato/core";
import type { Services } from "../../service/create-services.ts";
import type { Signal } from "../../service/workflow-execute.ts";
import { jsonText } from "../body.ts";
import { goneSignal } from "../gone.ts";
import type { Query } from "../query.ts";
import { nameAmong, queryEnum, queryLong } from "../query.ts";
import { sendEmpty, sendJson } from "../reply.ts";
import { readPayload } from "../start-request.ts";

interface Signalled {
  readonly Params: { readonly workflowId: string; readonly status: string };
  readonly Querystring: Query;
}

const WAIT_MS_DEFAULT = 5_000;
/** Longer timers than this end at once in Node. */
const WAIT_MS_MAX = 86_400_000;

/**
 * Signals to what waits for one.
 * @param closing - aborted when the server is asked to stop: then nobody waits any longer.
 */
export function signalRoutes(
  app: FastifyInstance,
  { executes }: Services,
  closing: AbortSignal,
): void {
  const path = "/api/tasks/:workflowId/:status/signal";

  app.post<Signalled>(path, async (request, reply) => {
    await executes.signal(request.params.workflowId, readSignal(request));
    return sendEmpty(reply);
  });

  app.post<Signalled>(`${path}/sync`, async (request, reply) => {
    const { params, query } = request;
    const waitMs = queryLong(query, "timeoutMillis") ?? WAIT_MS_DEFAULT;
    const options = {
      requestId: randomUUID(),
      returnStrategy: queryEnum(query, "returnStrategy", RETURN_STRATEGIES) ?? "TARGET_WORKFLOW",
      waitUntilTaskRefs: [],
      waitMs: Math.min(Math.max(0, waitMs), WAIT_MS_MAX),
      signal: AbortSignal.any([goneSignal(reply), closing]),
    };
    const signal = readSignal(request);
    return sendJson(reply, await executes.signalAndWait(params.workflowId, signal, options));
  });
}

function readSignal(request: FastifyRequest<Signalled>): Signal {
  return {
    status: nameAmong(TASK_RESULT_STATUSES, request.params.status, "status"),
    outputData: readPayload(jsonText(request)),
  };
}
