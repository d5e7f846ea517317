import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { RETURN_STRATEGIES } from "@ostinato/core";
import { jsonText } from "../body.ts";
import { goneSignal } from "../gone.ts";
import type { Query } from "../query.ts";
import { pathInt, queryEnum, queryInt, queryList, queryText } from "../query.ts";
import { sendJson } from "../reply.ts";
import type { Services } from "../../service/create-services.ts";
import { readExecuteRequest } from "../start-request.ts";

interface Execute {
  readonly Params: { readonly name: string; readonly version: string };
  readonly Querystring: Query;
}

/** Also what 0 seconds mean. */
const WAIT_SECONDS_DEFAULT = 10;
/** Longer timers than this end at once in Node. */
const WAIT_SECONDS_MAX = 86_400;

/**
 * Starting an execution and waiting for it.
 * @param closing - aborted when the server is asked to stop: then nobody waits any longer.
 */
export function workflowExecuteRoutes(
  app: FastifyInstance,
  services: Services,
  closing: AbortSignal,
): void {
  const { executes, validateWorkflowDef } = services;

  app.post<Execute>("/api/workflow/execute/:name/:version", async (request, reply) => {
    const { params, query } = request;
    const path = { name: params.name, version: pathInt(params.version, "version") };
    const requestId = queryText(query, "requestId")?.trim() ?? "";
    const seconds = (queryInt(query, "waitForSeconds") ?? 0) || WAIT_SECONDS_DEFAULT;
    const refs = queryList(query, "waitUntilTaskRef") ?? [];
    const options = {
      requestId: requestId === "" ? randomUUID() : requestId,
      returnStrategy: queryEnum(query, "returnStrategy", RETURN_STRATEGIES) ?? "TARGET_WORKFLOW",
      waitUntilTaskRefs: refs.map((ref) => ref.trim()),
      waitMs: Math.min(Math.max(0, seconds), WAIT_SECONDS_MAX) * 1000,
      signal: AbortSignal.any([goneSignal(reply), closing]),
    };
    const start = readExecuteRequest(jsonText(request), path, validateWorkflowDef);
    return sendJson(reply, await executes.execute(start, options));
  });
}
