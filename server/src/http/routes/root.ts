import type { FastifyInstance } from "fastify";
import { sendJson, sendText } from "../reply.ts";
import type { Services } from "../../service/create-services.ts";

/** Where metrics are read from; prom-client's registries are such. */
export interface MetricsSource {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/** What Conductor's console reads at its start. */
const CONTEXT_SCRIPT = `window.conductor = window.conductor || {};
window.conductor.CONDUCTOR_INTEGRATIONS_AI_ENABLED = false;
`;

/** Health, version, metrics and the console's script: what is not about workflows. */
export function rootRoutes(
  app: FastifyInstance,
  { admin }: Services,
  options: { readonly version: string; readonly metrics: MetricsSource },
): void {
  const { version, metrics } = options;

  for (const path of ["/health", "/api/health"]) {
    app.get(path, async (_request, reply) => {
      const healthy = await admin.isHealthy();
      const body = { healthResults: [], suppressedHealthResults: [], healthy };
      return sendJson(reply.code(healthy ? 200 : 503), JSON.stringify(body));
    });
  }

  for (const path of ["/metrics", "/actuator/prometheus"]) {
    app.get(path, async (_request, reply) =>
      reply.header("content-type", metrics.contentType).send(await metrics.metrics()),
    );
  }

  app.get("/api/version", async (_request, reply) => sendText(reply, version));

  app.get("/context.js", async (_request, reply) =>
    reply
      .header("content-type", "application/javascript")
      .header("cache-control", "no-cache")
      .send(CONTEXT_SCRIPT),
  );
}
