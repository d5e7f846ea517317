import type { FastifyInstance } from "fastify";
import type { Query } from "../query.ts";
import { queryInt } from "../query.ts";
import { sendJson, sendText } from "../reply.ts";
import type { Services } from "../../service/create-services.ts";

interface ById {
  readonly Params: { readonly workflowId: string };
}

/**
 * `/api/admin`. Source: Conductor's admin resource.
 * @param settings - what `GET /admin/config` shows; nothing secret.
 */
export function adminRoutes(
  app: FastifyInstance,
  services: Services,
  settings: Readonly<Record<string, string | number | boolean>>,
): void {
  const { admin, tasks } = services;

  app.get("/api/admin/config", async (_request, reply) =>
    sendJson(reply, JSON.stringify(settings)),
  );

  app.get<{ Params: { taskType: string }; Querystring: Query }>(
    "/api/admin/task/:taskType",
    async ({ params, query }, reply) => {
      const offset = Math.max(0, queryInt(query, "start") ?? 0);
      const count = Math.max(0, queryInt(query, "count") ?? 100);
      return sendJson(reply, await tasks.openTasksText(params.taskType, { offset, count }));
    },
  );

  // Nothing sweeps here, and what has to move has its reason stored: there is nothing to queue.
  app.post<ById>("/api/admin/sweep/requeue/:workflowId", async ({ params }, reply) =>
    sendText(reply, `false.${params.workflowId}`),
  );

  app.post<ById>("/api/admin/consistency/verifyAndRepair/:workflowId", async ({ params }, reply) =>
    sendText(reply, String(await admin.verifyAndRepair(params.workflowId))),
  );

  // Event queues; there are none without a broker.
  app.get("/api/admin/queues", async (_request, reply) => sendJson(reply, "{}"));
}
