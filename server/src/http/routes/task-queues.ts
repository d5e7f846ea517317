import type { FastifyInstance } from "fastify";
import { ValidationError } from "../../errors.ts";
import { given } from "../given.ts";
import type { Query } from "../query.ts";
import { queryText, requiredList, requiredText } from "../query.ts";
import { sendJson, sendText } from "../reply.ts";
import type { Services } from "../../service/create-services.ts";

interface ByQuery {
  readonly Querystring: Query;
}

/** `/api/tasks/queue`: what waits, and who asks for it. */
export function queueRoutes(app: FastifyInstance, { tasks }: Services): void {
  app.get<ByQuery>("/api/tasks/queue/sizes", async ({ query }, reply) => {
    const types = requiredList(query, "taskType");
    const sizes = types.map((taskType) => [taskType, tasks.queueSize({ taskType })] as const);
    return sendJson(reply, JSON.stringify(Object.fromEntries(sizes)));
  });

  app.get<ByQuery>("/api/tasks/queue/size", async ({ query }, reply) => {
    const taskType = requiredText(query, "taskType");
    const domain = queryText(query, "domain");
    const queue = { taskType, ...given({ domain: domain === "" ? undefined : domain }) };
    return sendJson(reply, String(tasks.queueSize(queue)));
  });

  app.get("/api/tasks/queue/all", async (_request, reply) => {
    const sizes = byName(tasks.queueSizes()).map(([name, { waiting }]) => [name, waiting] as const);
    return sendJson(reply, JSON.stringify(Object.fromEntries(sizes)));
  });

  // Conductor's SQL stores have one shard, called `a`.
  app.get("/api/tasks/queue/all/verbose", async (_request, reply) => {
    const sizes = byName(tasks.queueSizes()).map(
      ([name, { waiting, claimed }]) => [name, { a: { size: waiting, uacked: claimed } }] as const,
    );
    return sendJson(reply, JSON.stringify(Object.fromEntries(sizes)));
  });

  app.get<ByQuery>("/api/tasks/queue/polldata", async ({ query }, reply) => {
    const taskType = requiredText(query, "taskType");
    if (taskType === "") {
      const message = "TaskType cannot be null or empty.";
      throw new ValidationError([{ path: "getPollData.arg0", message, invalidValue: "" }]);
    }
    return sendJson(reply, await tasks.pollDataText(taskType));
  });

  app.get("/api/tasks/queue/polldata/all", async (_request, reply) =>
    sendJson(reply, await tasks.pollDataText()),
  );

  app.post<{ Params: { taskType: string } }>(
    "/api/tasks/queue/requeue/:taskType",
    async ({ params }, reply) => sendText(reply, String(await tasks.requeue(params.taskType))),
  );
}

function byName<T>(queues: ReadonlyMap<string, T>): [string, T][] {
  return [...queues].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
