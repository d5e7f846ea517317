import Fastify from "fastify";
import type { FastifyInstance } from "fastify";
import type { ServiceDeps } from "../service/create-services.ts";
import { createServices } from "../service/create-services.ts";
import type { DefinitionRules } from "../service/definition-rules.ts";
import { createClientErrorHandler } from "./client-error.ts";
import { closeConnectionsAtTheEnd } from "./connections.ts";
import { createErrorHandler } from "./error-handler.ts";
import { createNotFoundHandler } from "./not-found.ts";
import { pageHtml } from "./page.ts";
import type { Route } from "./route-table.ts";
import { createRouteTable } from "./route-table.ts";
import { absentRoutes } from "./routes/absent.ts";
import { adminRoutes } from "./routes/admin.ts";
import { metadataRoutes } from "./routes/metadata.ts";
import type { MetricsSource } from "./routes/root.ts";
import { rootRoutes } from "./routes/root.ts";
import { signalRoutes } from "./routes/signals.ts";
import { taskRoutes } from "./routes/tasks.ts";
import { workflowRoutes } from "./routes/workflow.ts";
import { unusableUrl, withoutTails } from "./urls.ts";

export interface HttpServerOptions extends Omit<ServiceDeps, "rules"> {
  readonly config: HttpConfig;
  readonly metrics: MetricsSource;
  readonly version: string;
  /** The value of a secret, for handing it out only. */
  readonly findSecret: (name: string) => string | undefined;
}

interface HttpConfig {
  /** The name that this server calls itself in error answers. */
  readonly instance: string;
  /** Larger bodies are answered with 413. */
  readonly bodyBytesMax: number;
  readonly rules: DefinitionRules;
  /** What `GET /api/admin/config` shows; nothing secret. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
}

/** Longer parts of a path belong to nothing; Node allows 16 KB of headers in all. */
const PATH_PART_LENGTH_MAX = 16_384;

export interface HttpServer {
  readonly app: FastifyInstance;
  /** What the server answers, but for pages and refusals. */
  readonly routes: readonly Route[];
}

/** Conductor's REST API and what is beside it, ready to listen. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { config, log, version } = options;
  const onError = createErrorHandler({ instance: config.instance, log });
  const app = Fastify({
    logger: false,
    bodyLimit: config.bodyBytesMax,
    forceCloseConnections: "idle",
    // While it closes, the engine refuses commands itself, in the form of every other error.
    return503OnClosing: false,
    routerOptions: { maxParamLength: PATH_PART_LENGTH_MAX },
    rewriteUrl: (request) => withoutTails(request.url ?? "/"),
    frameworkErrors: onError,
    clientErrorHandler: createClientErrorHandler(config.instance),
  });
  // Node would answer an expectation that it does not know with a bare 417; it may be ignored as well.
  app.server.on("checkExpectation", (request, response) => {
    app.server.emit("request", request, response);
  });
  closeConnectionsAtTheEnd(app);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.addHook("onRequest", (request, _reply, done) => done(unusableUrl(request)));
  app.setErrorHandler(onError);
  const routes = createRouteTable(app);
  app.setNotFoundHandler(createNotFoundHandler(routes, pageHtml(version)));

  const closing = new AbortController();
  app.addHook("preClose", async () => closing.abort());

  const services = createServices({ ...options, rules: config.rules });
  rootRoutes(app, services, options);
  workflowRoutes(app, services, closing.signal);
  taskRoutes(app, services);
  signalRoutes(app, services, closing.signal);
  metadataRoutes(app, services);
  adminRoutes(app, services, config.settings);
  absentRoutes(app);
  return { app, routes: routes.all() };
}
