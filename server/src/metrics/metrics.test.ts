import assert from "node:assert/strict";
import { test } from "node:test";
import { Registry } from "prom-client";

import { BoundedLabels } from "./bounded-labels.ts";
import { splitQueueName } from "./engine-metrics.ts";
import { createMetrics } from "./metrics.ts";
import { RecentSummary } from "./recent-summary.ts";

test("names past the bound share one label", () => {
  const labels = new BoundedLabels(2);
  assert.deepEqual(
    ["a", "b", "c", "a"].map((name) => labels.of(name)),
    ["a", "b", "other", "a"],
  );
});

test("a summary tells quantiles of what is recent, and count, sum and maximum of everything", async () => {
  const registry = new Registry();
  const summary = new RecentSummary(registry, { name: "x", help: "x", labels: ["type"] });
  summary.observe(["a"], 9);
  for (let n = 1; n <= 512; n += 1) summary.observe(["a"], n / 1_000);
  const text = await registry.metrics();
  assert.match(text, /^# TYPE x_seconds summary$/m);
  assert.match(text, /^x_seconds\{type="a",quantile="0.5"\} 0.256$/m);
  assert.match(text, /^x_seconds\{type="a",quantile="0.99"\} 0.507$/m);
  assert.match(text, /^x_seconds_count\{type="a"\} 513$/m);
  assert.match(text, /^x_seconds_max\{type="a"\} 9$/m);
});

test("the scrape holds Conductor's names and the process's own", async () => {
  const metrics = createMetrics();
  metrics.engine.polled("blue:resize", 3);
  metrics.engine.batch(5, 2, 1.5);
  metrics.engine.stuck(1);
  metrics.request({ method: "GET", uri: "/api/tasks/:taskId", status: 200, seconds: 0.002 });
  const text = await metrics.metrics();
  assert.match(text, /^task_poll_total\{taskType="resize"\} 1$/m);
  assert.match(text, /^task_poll_count_total\{taskType="resize",domain="blue"\} 3$/m);
  assert.match(text, /^ostinato_batch_commands_sum 5$/m);
  assert.match(text, /^ostinato_defects_total\{kind="stuck"\} 1$/m);
  assert.match(
    text,
    /^http_server_requests_seconds_count\{method="GET",uri="\/api\/tasks\/\{taskId\}",status="200"\} 1$/m,
  );
  assert.match(text, /^process_resident_memory_bytes \d+$/m);
});

test("a queue's name tells its domain and its task type", () => {
  assert.deepEqual(splitQueueName("blue:resize"), { taskType: "resize", domain: "blue" });
  assert.deepEqual(splitQueueName("resize"), { taskType: "resize", domain: "" });
});
