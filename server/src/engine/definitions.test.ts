import assert from "node:assert/strict";
import { test } from "node:test";

import {
  decode,
  readSnapshot,
  taskDefDecoder,
  workflowDefDecoder,
  type TaskDef,
  type WorkflowDef,
} from "@ostinato/core";

import { openTestStore } from "./testing/an-engine.ts";
import { DefinitionRegistry } from "./definitions.ts";
import { FakeClock } from "./testing/fake-clock.ts";
import { SnapshotCache } from "./snapshot-cache.ts";

function aWorkflowDef(name: string, version: number): WorkflowDef {
  const tasks = [{ name: "work", taskReferenceName: "a", type: "SIMPLE" }];
  return decode(workflowDefDecoder, { name, version, schemaVersion: 2, tasks });
}

function aTaskDef(retryCount: number): TaskDef {
  return decode(taskDefDecoder, { name: "work", retryCount });
}

test("the highest version is found unless another is named; deleted ones are gone", async () => {
  const store = await openTestStore(new FakeClock());
  const registry = new DefinitionRegistry(store);
  await registry.putWorkflowDefs([
    aWorkflowDef("w", 2),
    aWorkflowDef("w", 10),
    aWorkflowDef("v", 1),
  ]);
  assert.equal(registry.findWorkflowDef("w")?.version, 10);
  assert.equal(registry.findWorkflowDef("w", 2)?.version, 2);
  assert.equal(registry.findWorkflowDef("w", 3), undefined);
  assert.deepEqual(
    registry.listWorkflowDefs().map(({ name, version }) => [name, version]),
    [
      ["v", 1],
      ["w", 2],
      ["w", 10],
    ],
  );
  await registry.deleteWorkflowDef("w", 10);
  assert.equal(registry.findWorkflowDef("w")?.version, 2);
  await store.close();
});

test("another registry on the same store finds the same", async () => {
  const store = await openTestStore(new FakeClock());
  const first = new DefinitionRegistry(store);
  await first.putTaskDefs([aTaskDef(1)]);
  await first.putWorkflowDefs([aWorkflowDef("w", 1)]);
  const second = new DefinitionRegistry(store);
  await second.load();
  assert.deepEqual(second.listTaskDefs(), first.listTaskDefs());
  assert.deepEqual(second.listWorkflowDefs(), first.listWorkflowDefs());
  assert.equal(second.findSnapshot("w")?.hash, first.findSnapshot("w")?.hash);
  await store.close();
});

test("a snapshot is worked out once, until a definition changes", async () => {
  const store = await openTestStore(new FakeClock());
  const registry = new DefinitionRegistry(store);
  await registry.putWorkflowDefs([aWorkflowDef("w", 1)]);
  const before = registry.findSnapshot("w");
  assert.equal(registry.findSnapshot("w"), before);
  await registry.putTaskDefs([aTaskDef(7)]);
  const after = registry.findSnapshot("w");
  assert.equal(after?.byRef.get("a")?.workflowTask.taskDefinition?.retryCount, 7);
  assert.notEqual(after?.hash, before?.hash);
  assert.equal(registry.getSnapshot(before?.hash ?? ""), before);
  assert.match(before?.hash ?? "", /^[0-9a-f]{32}$/);
  await store.close();
});

test("the cache lets go of what is longest unused, but not of what is held", async () => {
  const texts = new Map(
    ["a", "b", "c", "d"].map((hash) => [hash, JSON.stringify(aWorkflowDef(hash, 1))]),
  );
  const loaded: string[] = [];
  const cache = new SnapshotCache(
    (hashes) => {
      loaded.push(...hashes);
      return Promise.resolve(texts);
    },
    2 * (texts.get("a")?.length ?? 0),
  );
  await cache.hold(new Set(["a"]));
  await cache.preload(["b", "c", "d"]);
  await cache.preload([]);
  assert.deepEqual(
    ["a", "b", "c", "d"].filter((hash) => cache.has(hash)),
    ["a", "d"],
  );
  assert.equal(cache.hold(new Set(["a", "d"])), undefined);
  assert.deepEqual(cache.get("a"), readSnapshot("a", texts.get("a") ?? ""));
  assert.deepEqual(loaded, ["a", "b", "c", "d"]);
});
