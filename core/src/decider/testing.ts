import { applyChanges, executionFrom } from "../change/apply-changes.ts";
import type { OutboxMessage, QueueChange } from "../change/change-set.ts";
import type { Execution } from "../change/execution.ts";
import { buildSnapshot } from "../definition/build-snapshot.ts";
import { taskDefDecoder } from "../definition/decode-task-def.ts";
import { workflowDefDecoder } from "../definition/decode-workflow-def.ts";
import type { Definitions } from "../definition/definitions.ts";
import type { Snapshot } from "../definition/snapshot.ts";
import type { Command } from "../model/command.ts";
import { type Evaluation, evaluationKey, type EvaluationResult } from "../model/evaluation.ts";
import { decode } from "../model/decode.ts";
import type { Json, JsonObject } from "../model/json.ts";
import type { Claim } from "../model/queue.ts";
import type { TaskDef } from "../model/task-def.ts";
import type { Task } from "../model/task.ts";
import type { WorkflowDef } from "../model/workflow-def.ts";
import type { DecideContext } from "./context.ts";
import { decide } from "./decide.ts";
import type { Decision, Lookup } from "./decision.ts";

const CONTINUE: Command = { type: "continue" };

/** For tests: executions in memory, decided one command at a time, with a clock that stands until it is moved. */
export class DecidedWorld {
  now = 1_000_000;
  /** Executions that have been removed, as whoever looks them up finds. */
  readonly gone: Set<string> = new Set();
  readonly executions: Map<string, Execution> = new Map();
  /** What scripts and queries come to, by `evaluationKey`. */
  readonly evaluations: Map<string, EvaluationResult> = new Map();
  /** Makes the results that are not there yet; absent: what needs them waits. */
  evaluate: ((evaluation: Evaluation) => EvaluationResult) | undefined;
  readonly #taskDefs = new Map<string, TaskDef>();
  readonly #workflowDefs = new Map<string, WorkflowDef>();
  readonly #snapshots = new Map<string, Snapshot>();
  readonly #claims = new Map<string, Claim>();
  readonly #queueChanges = new Map<string, string>();
  #ids = 0;

  registerTask(taskDef: JsonObject): void {
    const decoded = decode(taskDefDecoder, taskDef);
    this.#taskDefs.set(decoded.name ?? "", decoded);
  }

  register(name: string, tasks: readonly JsonObject[], rest: JsonObject = {}): void {
    this.#workflowDefs.set(name, decode(workflowDefDecoder, { name, version: 1, tasks, ...rest }));
  }

  /** Starts an execution; what it asks of others is done at once. */
  start(
    name: string,
    input: Json = {},
    rest: Partial<Extract<Command, { type: "start-workflow" }>> = {},
  ): string {
    const workflowId = `w${++this.#ids}`;
    this.submit(workflowId, {
      type: "start-workflow",
      name,
      input: JSON.stringify(input),
      priority: 0,
      taskToDomain: {},
      ...rest,
    });
    return workflowId;
  }

  /** Decides one command, and all that it causes in other executions. */
  submit(workflowId: string, command: Command): Decision {
    let next = command;
    let answer: Decision | undefined;
    for (;;) {
      const { decision, isUnfinished } = this.#decide(workflowId, next);
      if (decision.type !== "lookup" || !isUnfinished) answer ??= decision;
      if (answer !== undefined && !isUnfinished) return answer;
      next = answer === undefined ? command : CONTINUE;
    }
  }

  #decide(
    workflowId: string,
    command: Command,
  ): { readonly decision: Decision; readonly isUnfinished: boolean } {
    const execution = this.executions.get(workflowId);
    const result = decide(execution, [command], this.#context(workflowId));
    const [decision] = result.decisions;
    if (decision === undefined) throw new Error("every command has a decision");
    const { changeSet } = result;
    if (changeSet !== undefined) {
      if (changeSet.removed !== undefined) this.executions.delete(workflowId);
      else if (execution === undefined) this.executions.set(workflowId, executionFrom(changeSet));
      else applyChanges(execution, changeSet);
      for (const change of changeSet.queue) this.#queue(change);
    }
    this.#deliver(changeSet?.outbox ?? result.outbox);
    return { decision, isUnfinished: this.#answer(result.lookups) || result.more };
  }

  #queue(change: QueueChange): void {
    const taskIdOf = change.type === "enqueue" ? change.entry.taskId : change.taskId;
    this.#queueChanges.set(taskIdOf, JSON.stringify(change));
    if (change.type !== "enqueue") return;
    const { taskId, pollCount, startTime } = change.entry;
    const claimVersion = (this.#claims.get(taskId)?.claimVersion ?? 0) + 1;
    const claim = { taskId, claimed: false, claimVersion, pollCount, startTime, updateTime: 0 };
    this.#claims.set(taskId, claim);
  }

  /** Whether there are results now that were missing. */
  #answer(lookups: readonly Lookup[]): boolean {
    const { evaluate } = this;
    if (evaluate === undefined) return false;
    const missing = lookups.flatMap((each) =>
      each.type === "evaluations" ? each.evaluations : [],
    );
    for (const each of missing) this.evaluations.set(evaluationKey(each), evaluate(each));
    return missing.length > 0;
  }

  /** What is missing to decide this, which is not done. */
  lookupsOf(workflowId: string, command: Command): readonly Lookup[] {
    const execution = this.executions.get(workflowId);
    return decide(execution, [command], this.#context(workflowId)).lookups;
  }

  #deliver(outbox: readonly OutboxMessage[]): void {
    for (const { targetWorkflowId, command } of outbox) this.submit(targetWorkflowId, command);
  }

  /** What was last asked of the queue about an attempt, as JSON. */
  lastQueueChange(taskId: string): string | undefined {
    return this.#queueChanges.get(taskId);
  }

  /** A worker takes the live attempt of a ref. */
  poll(workflowId: string, ref: string): Task {
    const task = this.task(workflowId, ref);
    const claim = this.#claims.get(task.taskId);
    if (claim === undefined) throw new Error(`${ref} is not in a queue`);
    this.#claims.set(task.taskId, {
      ...claim,
      claimed: true,
      claimVersion: claim.claimVersion + 1,
      pollCount: claim.pollCount + 1,
      startTime: claim.startTime || this.now,
      updateTime: this.now,
      workerId: "tester",
    });
    return task;
  }

  /** A worker reports on the live attempt of a ref. */
  report(
    workflowId: string,
    ref: string,
    status: "COMPLETED" | "FAILED" | "IN_PROGRESS" | "CANCELED" | "FAILED_WITH_TERMINAL_ERROR",
    output: Json = {},
  ): Decision {
    return this.submit(workflowId, {
      type: "update-task",
      taskId: this.task(workflowId, ref).taskId,
      status,
      outputData: JSON.stringify(output),
      callbackAfterSeconds: 0,
      logs: [],
      ...(status === "FAILED" ? { reasonForIncompletion: "broken" } : {}),
    });
  }

  execution(workflowId: string): Execution {
    const execution = this.executions.get(workflowId);
    if (execution === undefined) throw new Error(`no execution ${workflowId}`);
    return execution;
  }

  task(workflowId: string, ref: string): Task {
    const { live, tasks } = this.execution(workflowId);
    const task = tasks.get(live.get(ref) ?? "");
    if (task === undefined) throw new Error(`no task ${ref}`);
    return task;
  }

  /** All attempts by `seq`, as `ref:STATUS`. */
  trace(workflowId: string): string[] {
    const tasks = [...this.execution(workflowId).tasks.values()].sort((a, b) => a.seq - b.seq);
    return tasks.map((task) => `${task.referenceTaskName}:${task.status}`);
  }

  #context(workflowId: string): DecideContext {
    const definitions: Definitions = {
      findTaskDef: (name) => this.#taskDefs.get(name),
      findWorkflowDef: (name) => this.#workflowDefs.get(name),
      findSnapshot: (name) => {
        const definition = this.#workflowDefs.get(name);
        return definition === undefined ? undefined : definitions.snapshotOf(definition);
      },
      snapshotOf: (definition) => {
        const snapshot = buildSnapshot(definition, { ...definitions, hash: (text) => text });
        this.#snapshots.set(snapshot.hash, snapshot);
        return snapshot;
      },
      getSnapshot: (hash) => {
        const snapshot = this.#snapshots.get(hash);
        if (snapshot === undefined) throw new Error("unknown snapshot");
        return snapshot;
      },
    };
    return {
      workflowId,
      now: this.now,
      newId: () => `id-${++this.#ids}`,
      random: () => 0.5,
      nameUuid: (text) => `uuid-${text}`,
      definitions,
      isDomainActive: () => false,
      environment: () => undefined,
      workflowEnv: () => undefined,
      serverOffsetMs: () => 0,
      payloadLimits: {
        workflowInputBytesMax: 1_000_000,
        workflowOutputBytesMax: 1_000_000,
        taskInputBytesMax: 1_000_000,
        taskOutputBytesMax: 1_000_000,
        variablesBytesMax: 1024,
      },
      claims: this.#claims,
      evaluations: this.evaluations,
      workflowTexts: new Map([
        ...[...this.executions.keys()].map((id) => [id, '{"input":{},"tasks":[]}'] as const),
        ...[...this.gone].map((id) => [id, "null"] as const),
      ]),
    };
  }
}
