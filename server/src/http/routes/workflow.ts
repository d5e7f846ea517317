import type { FastifyInstance } from "fastify";
import { jsonText } from "../body.ts";
import { given } from "../given.ts";
import type { Query } from "../query.ts";
import { queryBoolean, queryInt, queryText } from "../query.ts";
import { sendEmpty, sendNoContent, sendText } from "../reply.ts";
import { readPayload, readStartRequest, requirePriority } from "../start-request.ts";
import type { Services } from "../../service/create-services.ts";
import { workflowReadRoutes } from "./workflow-read.ts";
import { workflowExecuteRoutes } from "./workflow-execute.ts";

interface ById {
  readonly Params: { readonly workflowId: string };
  readonly Querystring: Query;
}

/**
 * `/api/workflow`. Source: Conductor's workflow resource.
 * @param closing - aborted when the server is asked to stop.
 */
export function workflowRoutes(
  app: FastifyInstance,
  services: Services,
  closing: AbortSignal,
): void {
  startRoutes(app, services);
  workflowExecuteRoutes(app, services, closing);
  workflowReadRoutes(app, services);
  controlRoutes(app, services);
}

function startRoutes(app: FastifyInstance, { starts, validateWorkflowDef }: Services): void {
  app.post("/api/workflow", async (request, reply) => {
    const start = readStartRequest(jsonText(request), validateWorkflowDef);
    return sendText(reply, await starts.start(start));
  });

  app.post<{ Params: { name: string }; Querystring: Query }>(
    "/api/workflow/:name",
    async (request, reply) => {
      const { params, query } = request;
      const priority = queryInt(query, "priority") ?? 0;
      requirePriority(priority);
      const start = {
        name: params.name,
        input: readPayload(jsonText(request)),
        priority,
        taskToDomain: {},
        ...given({
          version: queryInt(query, "version"),
          correlationId: queryText(query, "correlationId"),
        }),
      };
      return sendText(reply, await starts.startByPath(start));
    },
  );
}

function controlRoutes(app: FastifyInstance, { control }: Services): void {
  app.put<ById>("/api/workflow/decide/:workflowId", async ({ params }, reply) => {
    await control.decide(params.workflowId);
    return sendEmpty(reply);
  });

  app.put<ById>("/api/workflow/:workflowId/pause", async ({ params }, reply) => {
    await control.pause(params.workflowId);
    return sendEmpty(reply);
  });

  app.put<ById>("/api/workflow/:workflowId/resume", async ({ params }, reply) => {
    await control.resume(params.workflowId);
    return sendEmpty(reply);
  });

  app.post<ById>("/api/workflow/:workflowId/restart", async ({ params, query }, reply) => {
    const useLatestDefinitions = queryBoolean(query, "useLatestDefinitions", false);
    await control.restart(params.workflowId, { useLatestDefinitions });
    return sendNoContent(reply);
  });

  app.post<ById>("/api/workflow/:workflowId/retry", async ({ params, query }, reply) => {
    const resumeSubworkflowTasks = queryBoolean(query, "resumeSubworkflowTasks", false);
    await control.retry(params.workflowId, { resumeSubworkflowTasks });
    return sendNoContent(reply);
  });

  app.post<ById>("/api/workflow/:workflowId/resetcallbacks", async ({ params }, reply) => {
    await control.resetCallbacks(params.workflowId);
    return sendNoContent(reply);
  });

  app.delete<ById>("/api/workflow/:workflowId", async ({ params, query }, reply) => {
    await control.terminate(params.workflowId, terminateOptions(query));
    return sendEmpty(reply);
  });

  app.delete<ById>("/api/workflow/:workflowId/remove", async ({ params, query }, reply) => {
    const archive = queryBoolean(query, "archiveWorkflow", true);
    await control.remove(params.workflowId, { archive });
    return sendEmpty(reply);
  });

  app.delete<ById>("/api/workflow/:workflowId/terminate-remove", async (request, reply) => {
    const { params, query } = request;
    const archive = queryBoolean(query, "archiveWorkflow", true);
    await control.terminate(params.workflowId, terminateOptions(query));
    await control.remove(params.workflowId, { archive });
    return sendEmpty(reply);
  });
}

function terminateOptions(query: Query): { readonly reason?: string } {
  return given({ reason: queryText(query, "reason") });
}
