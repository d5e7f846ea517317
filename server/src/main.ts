import { randomBytes } from "node:crypto";
import { availableParallelism, hostname } from "node:os";

import { decide } from "@ostinato/core";

import type { Config } from "./config.ts";
import { afterThisTurn } from "./engine/clock.ts";
import { createEngine } from "./engine/create-engine.ts";
import { DefinitionRegistry } from "./engine/definitions.ts";
import { DEFAULT_LIMITS } from "./engine/deps.ts";
import type { Engine } from "./engine/engine.ts";
import { createHttpServer, type HttpServer } from "./http/http-server.ts";
import type { Route } from "./http/route-table.ts";
import { createLog } from "./log.ts";
import { createMetrics, type Metrics } from "./metrics/metrics.ts";
import { createExecutionReader } from "./service/execution-reader.ts";
import { systemClock } from "./store/clock.ts";
import { openSqliteStore } from "./store/sqlite/open-sqlite-store.ts";
import type { Store, StuckExecution } from "./store/store.ts";
import { serverOffsetMs } from "./server-zone.ts";
import { createHttpExecutor } from "./system-task/http/http-task.ts";
import { createJdbcExecutor } from "./system-task/jdbc/jdbc-task.ts";
import { kafkaPublish } from "./system-task/kafka-publish.ts";
import { evaluateForEngine } from "./evaluation/evaluate-for-engine.ts";
import { createEvaluator, type Evaluator } from "./evaluation/evaluator.ts";
import { type RunningSystemTasks, runSystemTasks } from "./system-task/run-system-tasks.ts";
import { VERSION } from "./version.ts";

/** A server that takes requests. */
export interface RunningServer {
  /** Where it listens, with the port that was chosen. */
  readonly url: string;
  /** Every path with its verbs. */
  readonly routes: readonly Route[];
  /** Open executions that nothing will ever move: there must be none. */
  findStuck(): Promise<StuckExecution[]>;
  /** Takes no more requests, finishes what was accepted, closes the store. */
  close(): Promise<void>;
}

/** How long a stopping server waits for connections after everything is decided. */
const STALLED_MS_MAX = 1_000;

type Log = ReturnType<typeof createLog>;

/**
 * Puts the parts together and listens.
 * @throws Error with one line for the operator when the database cannot be used, or the address cannot be listened on
 */
export async function startServer(config: Config): Promise<RunningServer> {
  const log = createLog(config.logLevel);
  const metrics = createMetrics();
  const { file = ":memory:" } = config.database;
  const { undeliveredMs } = config;
  const store = metrics.observeStore(
    await openSqliteStore({ file, clock: systemClock, undeliveredMs }),
  );
  const closers: (() => Promise<void>)[] = [() => store.close()];
  const close = async (): Promise<void> => {
    for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) await closer();
  };
  try {
    const evaluator = createEvaluator({
      threads: availableParallelism() + 1,
      timeMs: config.scriptTimeMs,
      memoryBytes: config.scriptMemoryBytes,
    });
    closers.push(() => evaluator.close());
    const { engine, definitions } = await startEngine(config, { store, metrics, log, evaluator });
    closers.push(() => engine.close());
    const { app, routes } = createHttpServer({
      engine,
      findSecret: (name) => config.secrets.get(name),
      store,
      definitions,
      log,
      metrics,
      version: VERSION,
      now: systemClock.now,
      taskLogsMax: config.taskLogsMax,
      countStuck: (count) => metrics.engine.stuck(count),
      config: httpConfig(config),
    });
    measureRequests(app, metrics);
    // Together: what waits in a request hears from the engine that it is over.
    closers.pop();
    closers.push(() => stopTaking(app, engine));
    const url = await listen(app, config);
    if (config.systemTaskWorkers) {
      const running = startSystemTasks(config, { engine, store, log });
      // First to end: what it gives back and reports needs the engine.
      closers.push(() => running.close());
    }
    return { url, routes, findStuck: () => store.findStuck(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Answers what was accepted, refuses what comes, and lets every connection go. */
async function stopTaking(app: HttpServer["app"], engine: Engine): Promise<void> {
  const closed = app.close();
  await engine.close();
  // All is decided: who has not sent its request or not read its answer by then holds nobody up.
  const stalled = setTimeout(() => app.server.closeAllConnections(), STALLED_MS_MAX);
  await closed;
  clearTimeout(stalled);
}

async function startEngine(
  config: Config,
  parts: {
    readonly store: Store;
    readonly metrics: Metrics;
    readonly log: Log;
    readonly evaluator: Evaluator;
  },
): Promise<{ engine: Engine; definitions: DefinitionRegistry }> {
  const { store, metrics, log, evaluator } = parts;
  const definitions = new DefinitionRegistry(store);
  await definitions.load();
  const reader = createExecutionReader({ store, definitions, now: systemClock.now });
  const engine = await createEngine({
    store,
    decide,
    definitions,
    clock: systemClock,
    soon: afterThisTurn,
    randomBytes,
    renderWorkflow: (workflowId) => reader.workflowText(workflowId, { includeTasks: true }),
    evaluate: evaluateForEngine(evaluator),
    environment: (name) => config.environment.get(name),
    workflowEnv: (name) => config.workflowEnv.get(name),
    serverOffsetMs,
    payloadLimits: config,
    limits: { ...DEFAULT_LIMITS, activeWorkerLastPollMs: config.activeWorkerLastPollMs },
    log,
    metrics: metrics.engine,
  });
  return { engine, definitions };
}

function startSystemTasks(
  config: Config,
  { engine, store, log }: { readonly engine: Engine; readonly store: Store; readonly log: Log },
): RunningSystemTasks {
  const { taskOutputBytesMax: answerBytesMax } = config;
  const threads: Readonly<Record<string, number>> = {
    HTTP: config.httpThreads,
    JDBC: config.jdbcThreads,
    KAFKA_PUBLISH: config.kafkaPublishThreads,
  };
  return runSystemTasks({
    engine,
    executors: [
      createHttpExecutor({
        allow: config.egressAllow,
        deny: config.egressDeny,
        nullTimeouts: {
          connectMs: config.httpConnectTimeoutMs,
          readMs: config.httpReadTimeoutMs,
        },
        answerBytesMax,
      }),
      createJdbcExecutor({ instances: config.jdbcInstances, answerBytesMax }),
      kafkaPublish,
    ],
    findSecret: (name) => config.secrets.get(name),
    concurrencyPerType: (taskType) => threads[taskType] || config.systemTaskThreads,
    concurrencyPerGroup: config.isolatedTaskThreads,
    queueNames: () => store.queueSizes().keys(),
    workerId: hostname(),
    log,
  });
}

function httpConfig(config: Config): Parameters<typeof createHttpServer>[0]["config"] {
  return {
    instance: hostname(),
    bodyBytesMax: config.bodyBytesMax,
    rules: { ...config, isEnvironmentName: (name) => config.environment.has(name) },
    settings: Object.fromEntries(config.inForce.map(({ key, value }) => [key, value])),
  };
}

function measureRequests(app: HttpServer["app"], metrics: Metrics): void {
  app.addHook("onResponse", (request, reply, done) => {
    metrics.request({
      method: request.method,
      uri: request.routeOptions.url ?? "unknown",
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1_000,
    });
    done();
  });
}

async function listen(app: HttpServer["app"], { host, port }: Config): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const message =
      code === "EADDRINUSE"
        ? `port ${port} of ${host} is in use`
        : `cannot listen on port ${port} of ${host}: ${String(code ?? error)}`;
    throw new Error(message, { cause: error });
  }
}
