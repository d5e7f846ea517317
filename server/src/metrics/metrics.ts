import { collectDefaultMetrics, Registry } from "prom-client";

import type { Store } from "../store/store.ts";
import { BoundedLabels } from "./bounded-labels.ts";
import { EngineRecorder } from "./engine-metrics.ts";
import { observeStore } from "./observe-store.ts";
import { RecentSummary } from "./recent-summary.ts";

const TASK_TYPES_MAX = 1_000;
const WORKFLOWS_MAX = 1_000;
/** A finer one would wake an idle process all the time. */
const EVENT_LOOP_SAMPLE_MS = 100;

/** What Prometheus scrapes: Conductor's names where it has the same thing, `ostinato_…` for our own. */
export interface Metrics {
  readonly contentType: string;
  readonly engine: EngineRecorder;
  observeStore(store: Store): Store;
  /** A request was answered. @param uri - the route's pattern, never the path: that would be a series per id. */
  request(request: {
    readonly method: string;
    readonly uri: string;
    readonly status: number;
    readonly seconds: number;
  }): void;
  /** The text of a scrape. */
  metrics(): Promise<string>;
}

/** Source: Conductor's metric names; counters end in `_total`, timers are summaries in seconds. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_SAMPLE_MS });
  const names = {
    taskTypes: new BoundedLabels(TASK_TYPES_MAX),
    workflows: new BoundedLabels(WORKFLOWS_MAX),
  };
  const requests = new RecentSummary(registry, {
    name: "http_server_requests",
    help: "Requests answered",
    labels: ["method", "uri", "status"],
  });
  return {
    contentType: registry.contentType,
    engine: new EngineRecorder(registry, names.taskTypes),
    observeStore: (store) => observeStore(store, registry, names),
    request: ({ method, uri, status, seconds }) =>
      requests.observe([method, inBraces(uri), String(status)], seconds),
    metrics: () => registry.metrics(),
  };
}

/** Parameters of a path as dashboards know them: `{workflowId}` for `:workflowId`. */
function inBraces(uri: string): string {
  return uri.includes(":") ? uri.replaceAll(/:(\w+)/g, "{$1}") : uri;
}
