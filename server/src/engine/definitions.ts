import { createHash } from "node:crypto";

import { buildSnapshot, type Snapshot, type TaskDef, type WorkflowDef } from "@ostinato/core";

import type { Store } from "../store/store.ts";
import type { EngineDefinitions } from "./deps.ts";
import { SnapshotCache } from "./snapshot-cache.ts";

/** How much of a SHA-256 names a snapshot: 128 bits. */
const HASH_BYTES = 16;

/**
 * All registered definitions, in memory: loaded at the start, changed in the store first. The snapshots that they give
 * are worked out once and hold until any definition changes.
 */
export class DefinitionRegistry implements EngineDefinitions {
  readonly #store: Store;
  readonly #snapshots: SnapshotCache;
  readonly #taskDefs = new Map<string, TaskDef>();
  /** By name, then by version, ascending. */
  readonly #workflowDefs = new Map<string, WorkflowDef[]>();
  /** By name, then by the version asked for; 0: none was named. */
  readonly #current = new Map<string, Map<number, Snapshot>>();
  #listed: readonly WorkflowDef[] | undefined;

  constructor(store: Store) {
    this.#store = store;
    this.#snapshots = new SnapshotCache((hashes) => store.loadSnapshotTexts(hashes));
  }

  async load(): Promise<void> {
    const { taskDefs, workflowDefs } = await this.#store.loadDefinitions();
    for (const taskDef of taskDefs) this.#taskDefs.set(taskDef.name ?? "", taskDef);
    for (const workflowDef of workflowDefs) this.#register(workflowDef);
    this.#changed();
  }

  // ── as the decider sees them ───────────────────────────────────────────────────────────────────────────────────

  findTaskDef(name: string): TaskDef | undefined {
    return this.#taskDefs.get(name);
  }

  findWorkflowDef(name: string, version?: number): WorkflowDef | undefined {
    const versions = this.#workflowDefs.get(name);
    if (version === undefined) return versions?.at(-1);
    return versions?.find((workflowDef) => workflowDef.version === version);
  }

  findSnapshot(name: string, version?: number): Snapshot | undefined {
    let byVersion = this.#current.get(name);
    let snapshot = byVersion?.get(version ?? 0);
    if (snapshot === undefined) {
      const workflowDef = this.findWorkflowDef(name, version);
      if (workflowDef === undefined) return undefined;
      snapshot = this.#build(workflowDef);
      if (byVersion === undefined) this.#current.set(name, (byVersion = new Map()));
      byVersion.set(version ?? 0, snapshot);
    }
    this.#snapshots.put(snapshot);
    return snapshot;
  }

  snapshotOf(definition: WorkflowDef): Snapshot {
    const snapshot = this.#build(definition);
    this.#snapshots.put(snapshot);
    return snapshot;
  }

  getSnapshot(hash: string): Snapshot {
    return this.#snapshots.get(hash);
  }

  hasSnapshot(hash: string): boolean {
    return this.#snapshots.has(hash);
  }

  /** Reads these snapshots into memory; they may be evicted again by whatever comes next. */
  preload(hashes: readonly string[]): Promise<void> {
    return this.#snapshots.preload(hashes);
  }

  hold(hashes: ReadonlySet<string>): Promise<void> | undefined {
    return this.#snapshots.hold(hashes);
  }

  // ── as they are registered ─────────────────────────────────────────────────────────────────────────────────────

  listTaskDefs(): readonly TaskDef[] {
    return [...this.#taskDefs.values()];
  }

  /** Every version of every workflow definition, by name, then version. */
  listWorkflowDefs(): readonly WorkflowDef[] {
    this.#listed ??= [...this.#workflowDefs]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, versions]) => versions);
    return this.#listed;
  }

  async putTaskDefs(taskDefs: readonly TaskDef[]): Promise<void> {
    await this.#store.putTaskDefs(taskDefs);
    for (const taskDef of taskDefs) this.#taskDefs.set(taskDef.name ?? "", taskDef);
    this.#changed();
  }

  async deleteTaskDef(name: string): Promise<void> {
    await this.#store.deleteTaskDef(name);
    this.#taskDefs.delete(name);
    this.#changed();
  }

  async putWorkflowDefs(workflowDefs: readonly WorkflowDef[]): Promise<void> {
    await this.#store.putWorkflowDefs(workflowDefs);
    for (const workflowDef of workflowDefs) this.#register(workflowDef);
    this.#changed();
  }

  async deleteWorkflowDef(name: string, version: number): Promise<void> {
    await this.#store.deleteWorkflowDef(name, version);
    const left = (this.#workflowDefs.get(name) ?? []).filter((one) => one.version !== version);
    if (left.length > 0) this.#workflowDefs.set(name, left);
    else this.#workflowDefs.delete(name);
    this.#changed();
  }

  #register(workflowDef: WorkflowDef): void {
    const name = workflowDef.name ?? "";
    const others = (this.#workflowDefs.get(name) ?? []).filter(
      (one) => one.version !== workflowDef.version,
    );
    this.#workflowDefs.set(
      name,
      [...others, workflowDef].sort((a, b) => a.version - b.version),
    );
  }

  #changed(): void {
    this.#current.clear();
    this.#listed = undefined;
  }

  #build(definition: WorkflowDef): Snapshot {
    return buildSnapshot(definition, {
      findTaskDef: (name) => this.findTaskDef(name),
      findWorkflowDef: (name, version) => this.findWorkflowDef(name, version),
      hash: hashOf,
    });
  }
}

function hashOf(text: string): string {
  return createHash("sha256").update(text, "utf8").digest().toString("hex", 0, HASH_BYTES);
}
