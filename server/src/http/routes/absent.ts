import type { FastifyInstance } from "fastify";
import { noSuchResource, pathOf } from "../not-found.ts";

/**
 * Routes of Conductor that are not served yet and that a route with a variable would answer by
 * mistake: `POST /workflow/test` would start a workflow named "test".
 */
const ABSENT = [
  "/api/workflow/bulk/pause",
  "/api/workflow/bulk/resume",
  "/api/workflow/bulk/restart",
  "/api/workflow/bulk/retry",
  "/api/workflow/bulk/terminate",
  "/api/workflow/bulk/remove",
  "/api/workflow/bulk/terminate-remove",
  "/api/workflow/bulk/search",
  "/api/workflow/search",
  "/api/workflow/search-v2",
  "/api/workflow/search-by-tasks",
  "/api/workflow/search-by-tasks-v2",
  "/api/workflow/externalstoragelocation",
  "/api/workflow/external-storage-location",
  "/api/workflow/test",
  "/api/tasks/search",
  "/api/tasks/search-v2",
  "/api/tasks/externalstoragelocation",
  "/api/tasks/external-storage-location",
] as const;

export function absentRoutes(app: FastifyInstance): void {
  for (const path of ABSENT) {
    app.all(path, { config: { isAbsent: true } }, async (request) => {
      throw noSuchResource(pathOf(request));
    });
  }
}
