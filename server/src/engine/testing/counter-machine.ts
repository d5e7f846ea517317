import { decode, workflowDefDecoder } from "@ostinato/core";
import type {
  ChangeSet,
  Command,
  DecideContext,
  DecideResult,
  Decision,
  Execution,
  InternalCommand,
  Lookup,
  OutboxMessage,
  QueueChange,
  Task,
  TaskChange,
  Workflow,
  WorkflowDef,
} from "@ostinato/core";

/**
 * A decider for tests of the engine: an execution is a counter, kept in `failedTaskNames` (one entry for each step) so
 * that tests can read what was decided in which order. An `update-task-by-ref` tells by its `ref` what to do:
 * `add NAME`, `task TYPE`, `send TARGET NAME`, `child ID NAME`, `agenda COUNT`, `pause`, `end`, `noop`, `no`, `throw`,
 * `remove`, `text WORKFLOW`, `find TASK`.
 */
export function decideCounter(
  execution: Execution | undefined,
  commands: readonly Command[],
  context: DecideContext,
): DecideResult {
  const counting = new Counting(execution, context);
  const decisions = commands.map((command) => counting.apply(command));
  counting.advance();
  return counting.result(decisions);
}

const AGENDA_STEPS_MAX = 1;
const NOT_FOUND: Decision = {
  type: "reject",
  code: "WORKFLOW_NOT_FOUND",
  message: "no such counter",
};
const ACCEPT: Decision = { type: "accept" };

class Counting {
  readonly #execution: Execution | undefined;
  readonly #context: DecideContext;
  #workflow: Workflow | undefined;
  #steps: readonly string[];
  #idempotency: ChangeSet["idempotency"];
  #isRemoved = false;
  #hasChanged = false;
  #isStuckInLookups = false;
  readonly #tasks: TaskChange[] = [];
  readonly #queue: QueueChange[] = [];
  readonly #outbox: OutboxMessage[] = [];
  readonly #lookups: Lookup[] = [];
  readonly #claimsSeen: { taskId: string; claimVersion: number }[] = [];

  constructor(execution: Execution | undefined, context: DecideContext) {
    this.#execution = execution;
    this.#context = context;
    this.#workflow = execution?.workflow;
    this.#steps = execution?.data.failedTaskNames ?? [];
  }

  apply(command: Command): Decision {
    if (this.#isStuckInLookups) return { type: "lookup" };
    switch (command.type) {
      case "start-workflow":
      case "start-child":
        return this.#start(command);
      case "update-task-by-ref":
        return this.#workflow === undefined ? NOT_FOUND : this.#do(command.ref);
      case "update-task":
        return this.#workflow === undefined ? NOT_FOUND : this.#finish(command.taskId);
      case "child-refused":
        return this.#add(`refused: ${command.message}`);
      case "child-started":
        return this.#do(command.childId);
      case "task-deadline":
        return this.#finish(command.taskId);
      default:
        return this.#workflow === undefined ? NOT_FOUND : ACCEPT;
    }
  }

  advance(): void {
    for (let n = 0; n < AGENDA_STEPS_MAX && (this.#workflow?.agendaCount ?? 0) > 0; n++) {
      const left = (this.#workflow?.agendaCount ?? 0) - 1;
      this.#patch({ agendaCount: left });
      this.#add(`step ${left}`);
    }
  }

  result(decisions: Decision[]): DecideResult {
    const more = (this.#workflow?.agendaCount ?? 0) > 0 && this.#lookups.length === 0;
    const workflow = this.#workflow;
    if (!this.#hasChanged || workflow === undefined) {
      return { decisions, outbox: this.#outbox, lookups: this.#lookups, more };
    }
    return {
      decisions,
      outbox: [],
      lookups: this.#lookups,
      more,
      changeSet: this.#changeSet(workflow),
    };
  }

  #start(command: Extract<Command, { type: "start-workflow" | "start-child" }>): Decision {
    if (this.#workflow !== undefined) return ACCEPT;
    if (command.name === "unknown") return this.#refuse(command, "no definition");
    const snapshot = this.#context.definitions.snapshotOf(COUNTER);
    this.#idempotency = command.idempotency;
    this.#hasChanged = true;
    this.#workflow = aHeader(this.#context, snapshot.hash, command.name);
    return ACCEPT;
  }

  #refuse(command: Command, message: string): Decision {
    if (command.type === "start-child") {
      const refusal = {
        type: "child-refused",
        taskId: command.parentWorkflowTaskId,
        message,
      } as const;
      this.#outbox.push({ targetWorkflowId: command.parentWorkflowId, command: refusal });
    }
    return { type: "reject", code: "WORKFLOW_DEF_NOT_FOUND", message };
  }

  #do(ref: string): Decision {
    const [verb = "", ...words] = ref.split(" ");
    const rest = words.join(" ");
    switch (verb) {
      case "throw":
        throw new Error("the counter is broken");
      case "no":
        return { type: "reject", code: "INVALID_INPUT", message: "no" };
      case "noop":
        return ACCEPT;
      case "task":
        return this.#addTask(rest);
      case "send":
        this.#send(words[0] ?? "", words.slice(1).join(" "));
        return this.#add(ref);
      case "child":
        this.#outbox.push({
          targetWorkflowId: words[0] ?? "",
          command: this.#childOf(words[1] ?? ""),
        });
        return this.#add(ref);
      case "agenda":
        this.#patch({ agendaCount: Number(rest) });
        return this.#add(ref);
      case "pause":
        this.#patch({ status: "PAUSED" });
        return this.#add(ref);
      case "end":
        this.#patch({ status: "COMPLETED" });
        return this.#add(ref);
      case "remove":
        this.#isRemoved = true;
        this.#hasChanged = true;
        return ACCEPT;
      case "text":
        return this.#needsText(rest);
      case "find":
        return this.#needsTask(rest);
      default:
        return this.#add(ref);
    }
  }

  #childOf(name: string): InternalCommand {
    return {
      type: "start-child",
      parentWorkflowId: this.#context.workflowId,
      parentWorkflowTaskId: "t",
      name,
      input: "{}",
      priority: 0,
      taskToDomain: {},
      idempotency: { key: "child-key", strategy: "FAIL" },
    };
  }

  #needsText(workflowId: string): Decision {
    const text = this.#context.workflowTexts.get(workflowId);
    if (text === undefined) return this.#lookUp({ type: "workflow-text", workflowId });
    return this.#add(`text ${text}`);
  }

  #needsTask(taskId: string): Decision {
    const execution = this.#execution;
    if (execution?.tasks.has(taskId) === true) return this.#add("found");
    if (execution?.complete !== false || execution.absent.has(taskId)) return this.#add("missing");
    return this.#lookUp({ type: "tasks", taskIds: [taskId] });
  }

  #lookUp(lookup: Lookup): Decision {
    this.#lookups.push(lookup);
    this.#isStuckInLookups = true;
    return { type: "lookup" };
  }

  #addTask(taskType: string): Decision {
    const seq = (this.#workflow?.seqMax ?? 0) + 1;
    const task = aTask(this.#context, taskType, seq);
    this.#patch({ seqMax: seq, taskCount: seq, openCount: (this.#workflow?.openCount ?? 0) + 1 });
    this.#tasks.push({ task, isNew: true });
    const { taskId, scheduledTime: readyAt } = task;
    const { workflowId } = this.#context;
    const entry = {
      taskId,
      workflowId,
      queue: taskType,
      priority: 0,
      readyAt,
      pollCount: 0,
      startTime: 0,
      timeouts: {},
    };
    this.#queue.push({ type: "enqueue", entry });
    this.#add(`task ${taskType}`);
    return { type: "accept", taskId };
  }

  #finish(taskId: string): Decision {
    const task = this.#execution?.tasks.get(taskId);
    if (task === undefined)
      return { type: "reject", code: "TASK_NOT_FOUND", message: `no task ${taskId}` };
    if (task.status === "COMPLETED") return ACCEPT;
    const claimVersion = this.#context.claims.get(taskId)?.claimVersion ?? 0;
    this.#claimsSeen.push({ taskId, claimVersion });
    this.#tasks.push({
      task: { ...task, status: "COMPLETED", endTime: this.#context.now },
      isNew: false,
    });
    this.#patch({ openCount: (this.#workflow?.openCount ?? 0) - 1 });
    return this.#add(`done ${task.taskType}`);
  }

  /** The command arrives as `child-started`, whose `childId` is what to do there. */
  #send(targetWorkflowId: string, what: string): void {
    this.#outbox.push({
      targetWorkflowId,
      command: { type: "child-started", taskId: "t", childId: what },
    });
  }

  #add(step: string): Decision {
    if (this.#workflow === undefined) return NOT_FOUND;
    this.#steps = [...this.#steps, step];
    this.#hasChanged = true;
    return ACCEPT;
  }

  #patch(patch: Partial<Workflow>): void {
    if (this.#workflow === undefined) throw new Error("there is no counter");
    this.#workflow = { ...this.#workflow, ...patch };
    this.#hasChanged = true;
  }

  #changeSet(workflow: Workflow): ChangeSet {
    const isNew = this.#execution === undefined;
    const snapshot = this.#context.definitions.snapshotOf(COUNTER);
    return {
      workflowId: this.#context.workflowId,
      baseVersion: this.#execution?.version ?? 0,
      workflow: { ...workflow, updateTime: this.#context.now },
      data: { ...(isNew ? EMPTY_DATA : {}), failedTaskNames: this.#steps },
      tasks: this.#tasks,
      deletedTaskIds: [],
      queue: this.#queue,
      outbox: this.#outbox,
      logs: [],
      claimsSeen: this.#claimsSeen,
      ...(this.#idempotency === undefined ? {} : { idempotency: this.#idempotency }),
      definitions: isNew ? [{ hash: snapshot.hash, text: snapshot.text }] : [],
      ...(this.#isRemoved ? { removed: { archive: false } } : {}),
    };
  }
}

const EMPTY_DATA = {
  input: "{}",
  output: "{}",
  variables: "{}",
  taskToDomain: {},
  failedReferenceTaskNames: [],
} as const;

const COUNTER: WorkflowDef = decode(workflowDefDecoder, {
  name: "counter",
  version: 1,
  schemaVersion: 2,
  tasks: [],
});

function aHeader(context: DecideContext, definitionHash: string, workflowName: string): Workflow {
  return {
    workflowId: context.workflowId,
    definitionHash,
    workflowName,
    workflowVersion: 1,
    status: "RUNNING",
    createTime: context.now,
    updateTime: context.now,
    endTime: 0,
    lastRetriedTime: 0,
    priority: 0,
    seqMax: 0,
    taskCount: 0,
    openCount: 0,
    agendaNext: 1,
    agendaCount: 0,
    failedCount: 0,
    dynamicForkCount: 0,
    permissiveFailureCount: 0,
  };
}

function aTask(context: DecideContext, taskType: string, seq: number): Task {
  return {
    taskId: context.newId(),
    taskType,
    taskDefName: taskType,
    referenceTaskName: `ref-${seq}`,
    status: "SCHEDULED",
    seq,
    retryCount: 0,
    iteration: 0,
    retried: false,
    executed: false,
    scheduledTime: context.now,
    startTime: 0,
    endTime: 0,
    updateTime: context.now,
    firstScheduledTime: context.now,
    pollCount: 0,
    callbackAfterSeconds: 0,
    startDelayInSeconds: 0,
    responseTimeoutSeconds: 0,
    rateLimitPerFrequency: 0,
    rateLimitFrequencyInSeconds: 0,
    workflowPriority: 0,
    subworkflowChanged: false,
    inputData: "{}",
    agenda: 0,
  };
}
