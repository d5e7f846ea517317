import { type Client, type Exchange, LOST } from "./client.ts";
import type { History, SeenTask, SeenWorkflow } from "./history.ts";

/** What a read of an execution answers, as far as it is looked at. */
interface WorkflowAnswer {
  readonly correlationId?: string;
  readonly status: string;
  readonly output?: Record<string, unknown>;
  readonly tasks?: readonly {
    readonly taskId: string;
    readonly taskType: string;
    readonly referenceTaskName: string;
    readonly status: string;
    readonly outputData?: { readonly mark?: unknown };
    readonly subWorkflowId?: string;
  }[];
}

/** Reads executions and notes what is seen; asks the server, too, whether it finds them stuck. */
export class Observer {
  readonly #client: Client;
  readonly #history: History;

  constructor(client: Client, history: History) {
    this.#client = client;
    this.#history = history;
  }

  /** @returns the ids of its children; nothing when the server went away */
  async look(workflowId: string, { isFinal = false } = {}): Promise<string[]> {
    const path = `/api/workflow/${workflowId}?includeTasks=true`;
    const exchange = await this.#client.call({ method: "GET", path });
    if (exchange.status === LOST || exchange.answeredAt === undefined) return [];
    const workflow = this.#read(workflowId, exchange);
    const { sentAt, answeredAt } = exchange;
    const about = { workflowId, sentAt, answeredAt };
    this.#history.sightings.push(
      workflow === undefined ? about : { ...about, workflow, ...(isFinal ? { isFinal } : {}) },
    );
    await this.#askWhetherStuck(workflowId);
    const tasks = workflow?.tasks ?? [];
    return tasks.flatMap(({ subWorkflowId }) =>
      subWorkflowId === undefined ? [] : [subWorkflowId],
    );
  }

  /** Looks at what has ended for the last time, children included. */
  async lookFinally(workflowId: string): Promise<void> {
    const children = await this.look(workflowId, { isFinal: true });
    for (const child of children) await this.lookFinally(child);
  }

  async isEnded(workflowId: string): Promise<boolean> {
    const path = `/api/workflow/${workflowId}?includeTasks=false`;
    const { status, text } = await this.#client.call({ method: "GET", path });
    // One that is missing does not end any more; the last look says so.
    if (status !== 200) return status === 404;
    const { status: word } = JSON.parse(text) as WorkflowAnswer;
    return word !== "RUNNING" && word !== "PAUSED";
  }

  #read(workflowId: string, { status, text }: Exchange): SeenWorkflow | undefined {
    if (status === 404) return undefined;
    if (status !== 200) {
      this.#history.complaints.push(`read of ${workflowId}: ${status} ${text}`);
      return undefined;
    }
    const answer = JSON.parse(text) as WorkflowAnswer;
    const { correlationId: key = "", status: word, output = {}, tasks = [] } = answer;
    return { key, status: word, output, tasks: tasks.map(seenTask) };
  }

  async #askWhetherStuck(workflowId: string): Promise<void> {
    const path = `/api/admin/consistency/verifyAndRepair/${workflowId}`;
    const { status, text } = await this.#client.call({ method: "POST", path });
    if (status === 200 && text !== "false") this.#history.complaints.push(`${workflowId} is stuck`);
  }
}

function seenTask(task: NonNullable<WorkflowAnswer["tasks"]>[number]): SeenTask {
  const { taskId, taskType, referenceTaskName: ref, status, outputData, subWorkflowId } = task;
  const mark = outputData?.mark;
  return {
    taskId,
    taskType,
    ref,
    status,
    ...(typeof mark === "string" ? { mark } : {}),
    ...(subWorkflowId === undefined || subWorkflowId === "" ? {} : { subWorkflowId }),
  };
}
