import type { FastifyInstance } from "fastify";
import { decode, list, text } from "@ostinato/core";
import type { CorrelatedOptions } from "../../service/workflow-read.ts";
import { AppError } from "../../errors.ts";
import { jsonBody } from "../body.ts";
import { given } from "../given.ts";
import type { Query } from "../query.ts";
import { queryBoolean, queryInt, queryList, queryLong } from "../query.ts";
import { sendJson } from "../reply.ts";
import type { Services } from "../../service/create-services.ts";

interface ById {
  readonly Params: { readonly workflowId: string };
  readonly Querystring: Query;
}

interface ByName {
  readonly Params: { readonly name: string; readonly correlationId: string };
  readonly Querystring: Query;
}

/** Reading executions, by id and by name. */
export function workflowReadRoutes(app: FastifyInstance, services: Services): void {
  const { reader, workflows } = services;

  app.get<ById>("/api/workflow/:workflowId", async ({ params, query }, reply) => {
    const includeTasks = queryBoolean(query, "includeTasks", true);
    return sendJson(reply, await reader.workflowText(params.workflowId, { includeTasks }));
  });

  app.get<ById>("/api/workflow/:workflowId/status", async ({ params, query }, reply) => {
    const output = queryBoolean(query, "includeOutput", false);
    const variables = queryBoolean(query, "includeVariables", false);
    return sendJson(reply, await reader.statusText(params.workflowId, { output, variables }));
  });

  app.get<ById>("/api/workflow/:workflowId/tasks", async ({ params, query }, reply) => {
    const statuses = queryList(query, "status")?.map((status) => status.toUpperCase());
    const offset = queryInt(query, "start") ?? 0;
    const count = queryInt(query, "count") ?? 15;
    if (offset < 0) throw new AppError("BAD_REQUEST", `fromIndex = ${offset}`);
    if (count < 0) {
      throw new AppError("BAD_REQUEST", `fromIndex(${offset}) > toIndex(${offset + count})`);
    }
    const page = {
      offset,
      count,
      ...given({ statuses: statuses?.length === 0 ? undefined : statuses }),
    };
    return sendJson(reply, await reader.taskPageText(params.workflowId, page));
  });

  app.get<ByName>("/api/workflow/running/:name", async ({ params, query }, reply) => {
    const version = queryInt(query, "version") ?? 1;
    const from = queryLong(query, "startTime") ?? 0;
    const to = queryLong(query, "endTime") ?? 0;
    const ids =
      from !== 0 && to !== 0
        ? await workflows.createdIds(params.name, version, [from, to])
        : await workflows.runningIds(params.name);
    return sendJson(reply, JSON.stringify(ids));
  });

  app.get<ByName>("/api/workflow/:name/correlated/:correlationId", async (request, reply) => {
    const { params, query } = request;
    const { name, correlationId } = params;
    const options = correlatedOptions(query);
    return sendJson(reply, await workflows.correlatedText(name, correlationId, options));
  });

  app.post<ByName>("/api/workflow/:name/correlated", async (request, reply) => {
    const { params, query } = request;
    const ids = decode(list(text), jsonBody(request));
    const options = correlatedOptions(query);
    return sendJson(reply, await workflows.correlatedTexts(params.name, ids, options));
  });
}

function correlatedOptions(query: Query): CorrelatedOptions {
  const includeClosed = queryBoolean(query, "includeClosed", false);
  return { includeClosed, includeTasks: queryBoolean(query, "includeTasks", false) };
}
