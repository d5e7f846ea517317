import { isOpen, type Decision, type Task, type TaskResultStatus } from "@ostinato/core";

import type { ClaimedTask } from "../../server/src/store/store.ts";
import { DOMAINS, TASK_NAMES, UNKNOWN_TYPES } from "./task-defs.ts";
import { isExpected, type World } from "./world.ts";

interface Held {
  readonly workflowId: string;
  readonly taskId: string;
  readonly since: number;
}

interface Report {
  readonly status: TaskResultStatus;
  readonly callbackAfterSeconds?: number;
}

const REPORTS_MAX = 6;
/** From so long on, a worker that has fallen silent is made to finish what it holds, in the calm. */
const SILENCE_MS = 5_000;

/** What a worker does with an attempt in the storm, as often as the weights say. */
const MANNERS = {
  complete: 60,
  fail: 9,
  giveUp: 2,
  callBack: 6,
  fallSilent: 4,
  beLate: 5,
  reportTwice: 5,
  heartbeat: 5,
  cancel: 1,
  byReference: 4,
};

/** Workers of all types and domains, and what they hold. */
export class Workers {
  readonly #world: World;
  readonly #held = new Map<string, Held>();
  readonly #queues: readonly { readonly taskType: string; readonly domain?: string }[];
  #tokens = 0;

  constructor(world: World) {
    this.#world = world;
    this.#queues = [...TASK_NAMES, ...UNKNOWN_TYPES].flatMap((taskType) => [
      { taskType },
      ...DOMAINS.map((domain) => ({ taskType, domain })),
    ]);
  }

  start(count: number): void {
    for (let n = 0; n < count; n++) this.#world.spawn(this.#work(`worker-${n}`));
  }

  async #work(workerId: string): Promise<void> {
    const { random, schedule } = this.#world;
    while (!this.#world.isOver) {
      const isCalm = this.#world.phase === "calm";
      const queue = this.#queueWithWork();
      if (queue === undefined && isCalm) await schedule.sleep(random.int(1_000, 30_000));
      else if (queue === undefined && random.chance(0.7)) await schedule.sleep(random.int(50, 2_000));
      else await this.#poll(workerId, queue ?? random.pick(this.#queues));
    }
  }

  #queueWithWork(): { readonly taskType: string; readonly domain?: string } | undefined {
    const { random } = this.#world;
    if (!this.#world.isUp) return undefined;
    const names = [...this.#world.store.queueSizes()].filter(([, size]) => size.waiting > 0);
    if (names.length === 0) return undefined;
    const [domain, taskType] = random.pick(names)[0].split(":");
    if (domain === undefined) return undefined;
    return taskType === undefined ? { taskType: domain } : { taskType, domain };
  }

  async #poll(
    workerId: string,
    queue: { readonly taskType: string; readonly domain?: string },
  ): Promise<void> {
    const { random, schedule, phase, coverage } = this.#world;
    const isStorm = phase === "storm";
    const controller = new AbortController();
    if (isStorm && random.chance(0.08)) {
      schedule.setTimer(schedule.now() + random.int(0, 3_000), () => {
        coverage.hit("worker:goes away");
        controller.abort();
      });
    }
    const request = {
      ...queue,
      workerId,
      count: random.chance(0.7) ? 1 : random.int(2, 5),
      timeoutMs: isStorm ? random.pick([0, 100, 1_000, 5_000]) : 20_000,
      signal: controller.signal,
    };
    try {
      const tasks = await this.#world.call((engine) => engine.poll(request));
      if (tasks.length > 0) await this.#receive(tasks);
      else await schedule.sleep(1);
    } catch (error) {
      if (!isExpected(error)) throw error;
      await schedule.sleep(random.int(100, 3_000));
    }
  }

  /** As the routes do it: either the answer has left, or the claims are undone. */
  async #receive(tasks: readonly ClaimedTask[]): Promise<void> {
    const { random, phase, coverage } = this.#world;
    const refs = tasks.map(({ task, claimVersion }) => ({ taskId: task.task.taskId, claimVersion }));
    if (phase === "storm" && random.chance(0.04)) {
      coverage.hit("worker:answer lost");
      await this.#world.call((engine) => engine.undo(refs)).catch(() => undefined);
      return;
    }
    const noteLeft = this.#world.call((engine) => Promise.resolve(engine.delivered(refs)));
    await noteLeft.catch(() => undefined);
    for (const claimed of tasks) {
      const { task } = claimed;
      this.#world.handouts.received(claimed);
      coverage.hit("worker:attempts");
      this.#world.spawn(this.#handle({ workflowId: task.workflowId, ...task.task }));
    }
  }

  async #handle(task: Task & { readonly workflowId: string }): Promise<void> {
    const { random, schedule, phase, coverage } = this.#world;
    const { workflowId, taskId } = task;
    this.#held.set(taskId, { workflowId, taskId, since: schedule.now() });
    await schedule.sleep(random.chance(0.8) ? random.int(0, 500) : random.int(0, 15_000));
    const manner = phase === "calm" ? "complete" : random.weighted(MANNERS);
    coverage.hit(`worker:${manner}`);
    switch (manner) {
      case "complete":
        return this.#report(task, { status: "COMPLETED" });
      case "fail":
        return this.#report(task, { status: "FAILED" });
      case "giveUp":
        return this.#report(task, { status: "FAILED_WITH_TERMINAL_ERROR" });
      case "cancel":
        return this.#report(task, { status: "CANCELED" });
      case "callBack":
        return this.#report(task, { status: "IN_PROGRESS", callbackAfterSeconds: random.int(0, 30) });
      case "fallSilent":
        return undefined;
      case "beLate":
        await schedule.sleep(random.int(1_000, 90_000));
        return this.#report(task, { status: random.chance(0.8) ? "COMPLETED" : "FAILED" });
      case "reportTwice":
        await Promise.all([
          this.#report(task, { status: "COMPLETED" }),
          this.#report(task, { status: random.pick(["COMPLETED", "FAILED", "IN_PROGRESS"]) }),
        ]);
        return undefined;
      case "heartbeat":
        for (let beats = random.int(1, 3); beats > 0; beats--) {
          await schedule.sleep(random.int(100, 4_000));
          await this.#submit(workflowId, { type: "extend-lease", taskId });
        }
        return this.#report(task, { status: "COMPLETED" });
      case "byReference":
        return this.#reportByReference(task);
    }
  }

  async #report(task: { workflowId: string; taskId: string }, report: Report): Promise<void> {
    const { random } = this.#world;
    const { workflowId, taskId } = task;
    const { status, callbackAfterSeconds = 0 } = report;
    const decision = await this.#submit(workflowId, {
      type: "update-task",
      taskId,
      status,
      callbackAfterSeconds,
      ...(random.chance(0.9) ? { outputData: this.#output() } : {}),
      ...(status === "FAILED" ? { reasonForIncompletion: "broken" } : {}),
      ...(random.chance(0.5) ? { workerId: "worker" } : {}),
      logs: random.chance(0.1) ? [{ log: "tried", createdTime: this.#world.schedule.now() }] : [],
    });
    if (decision === undefined) return;
    this.#held.delete(taskId);
    if (decision.type === "accept" && status !== "IN_PROGRESS") this.#checkStored(taskId);
  }

  /** A result that was acknowledged has ended the attempt, if it was not over before. */
  #checkStored(taskId: string): void {
    const { oracle } = this.#world;
    const task = oracle.findTask(taskId);
    const workflow = oracle.executions.get(oracle.workflowOf.get(taskId) ?? "")?.workflow;
    if (task === undefined || workflow === undefined || !isOpen(task.status)) return;
    if (workflow.ending !== undefined || oracle.revived.has(workflow.workflowId)) return;
    oracle.violate(`the result of ${taskId} was acknowledged, but it is ${task.status}`);
  }

  async #reportByReference({ workflowId, referenceTaskName }: Task & { workflowId: string }): Promise<void> {
    await this.#submit(workflowId, {
      type: "update-task-by-ref",
      ref: referenceTaskName,
      status: "COMPLETED",
      outputData: this.#output(),
      clearWorkerId: false,
      logs: [],
    });
  }

  #output(): string {
    this.#tokens++;
    const pick = this.#world.random.pick(["x", "y", "z"]);
    return JSON.stringify({ pick, token: this.#tokens });
  }

  /** Tries until it is heard, or gives up as workers do. */
  async #submit(
    workflowId: string,
    command: Parameters<World["submit"]>[1],
  ): Promise<Decision | undefined> {
    const { random, schedule } = this.#world;
    for (let tries = 0; tries < REPORTS_MAX; tries++) {
      try {
        return await this.#world.submit(workflowId, command);
      } catch (error) {
        if (!isExpected(error)) throw error;
        await schedule.sleep(random.int(100, 10_000));
      }
    }
    return undefined;
  }

  /** In the calm: those that fell silent finish what they hold, and whatever waits for somebody is done. */
  async finishAll(): Promise<void> {
    const { oracle, schedule } = this.#world;
    for (const held of [...this.#held.values()]) {
      if (schedule.now() - held.since < SILENCE_MS) continue;
      const task = oracle.findTask(held.taskId);
      this.#held.delete(held.taskId);
      if (task !== undefined && isOpen(task.status)) await this.#report(held, { status: "COMPLETED" });
    }
    for (const { workflow, tasks } of [...oracle.executions.values()]) {
      for (const { taskId, taskType, status, waitUntilAt } of [...tasks.values()]) {
        if (taskType !== "WAIT" || !isOpen(status) || waitUntilAt !== undefined) continue;
        await this.#report({ workflowId: workflow.workflowId, taskId }, { status: "COMPLETED" });
      }
    }
  }
}
