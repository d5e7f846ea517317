import type { FastifyInstance } from "fastify";
import { decode, list, taskDefDecoder, workflowDefDecoder } from "@ostinato/core";
import { noSuchVersion } from "../../service/workflow-def-service.ts";
import { jsonBody } from "../body.ts";
import type { Query } from "../query.ts";
import { queryBoolean, queryInt, queryText } from "../query.ts";
import { sendEmpty, sendJson } from "../reply.ts";
import type { Services } from "../../service/create-services.ts";

interface ByName {
  readonly Params: { readonly name: string };
  readonly Querystring: Query;
}

/** `/api/metadata`. Source: Conductor's metadata resource. */
export function metadataRoutes(app: FastifyInstance, services: Services): void {
  workflowDefChanges(app, services);
  workflowDefReads(app, services);
  taskDefRoutes(app, services);
}

function workflowDefChanges(app: FastifyInstance, { workflowDefs }: Services): void {
  app.post<ByName>("/api/metadata/workflow", async (request, reply) => {
    const overwrite = queryBoolean(request.query, "overwrite", false);
    const workflowDef = decode(workflowDefDecoder, jsonBody(request));
    await workflowDefs.register(workflowDef, { overwrite });
    return sendEmpty(reply);
  });

  app.post("/api/metadata/workflow/validate", async (request, reply) => {
    workflowDefs.validate(decode(workflowDefDecoder, jsonBody(request)));
    return sendEmpty(reply);
  });

  app.put("/api/metadata/workflow", async (request, reply) => {
    const definitions = decode(list(workflowDefDecoder), jsonBody(request));
    return sendJson(reply, await workflowDefs.update(definitions));
  });

  app.delete<{ Params: { name: string; version: string } }>(
    "/api/metadata/workflow/:name/:version",
    async ({ params }, reply) => {
      const { name, version } = params;
      // Something else than a number is the path of a feature that is not here: not found, not wrong.
      if (!/^[+-]?\d{1,10}$/.test(version)) throw noSuchVersion(name, version);
      await workflowDefs.remove(name, Number(version));
      return sendEmpty(reply);
    },
  );
}

function workflowDefReads(app: FastifyInstance, { workflowDefs }: Services): void {
  app.get<ByName>("/api/metadata/workflow", async ({ query }, reply) =>
    sendJson(reply, workflowDefs.listText(queryText(query, "classifier"))),
  );

  app.get("/api/metadata/workflow/names-and-versions", async (_request, reply) =>
    sendJson(reply, workflowDefs.namesAndVersionsText()),
  );

  app.get("/api/metadata/workflow/names", async (_request, reply) =>
    sendJson(reply, workflowDefs.namesText()),
  );

  app.get("/api/metadata/workflow/latest-versions", async (_request, reply) =>
    sendJson(reply, workflowDefs.latestText()),
  );

  app.get<ByName>("/api/metadata/workflow/:name", async ({ params, query }, reply) =>
    sendJson(reply, workflowDefs.text(params.name, queryInt(query, "version"))),
  );

  app.get<ByName>("/api/metadata/workflow/:name/versions", async ({ params }, reply) =>
    sendJson(reply, workflowDefs.versionsText(params.name)),
  );
}

function taskDefRoutes(app: FastifyInstance, { taskDefs }: Services): void {
  app.post("/api/metadata/taskdefs", async (request, reply) => {
    await taskDefs.register(decode(list(taskDefDecoder), jsonBody(request)));
    return sendEmpty(reply);
  });

  app.put("/api/metadata/taskdefs", async (request, reply) => {
    await taskDefs.update(decode(taskDefDecoder, jsonBody(request)));
    return sendEmpty(reply);
  });

  app.get("/api/metadata/taskdefs", async (_request, reply) =>
    sendJson(reply, taskDefs.listText()),
  );

  app.get<ByName>("/api/metadata/taskdefs/:name", async ({ params }, reply) =>
    sendJson(reply, taskDefs.text(params.name)),
  );

  app.delete<ByName>("/api/metadata/taskdefs/:name", async ({ params }, reply) => {
    await taskDefs.remove(params.name);
    return sendEmpty(reply);
  });
}
