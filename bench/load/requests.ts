import type { Target } from "./connection.ts";

/** What a worker needs of a task that it was handed. */
export interface HandedTask {
  readonly taskId: string;
  readonly workflowId: string;
}

/** The bytes of the requests that the benchmarks send. Bodies must be ASCII. */
export interface Requests {
  start(workflowName: string, input: string): string;
  poll(taskType: string, options: { readonly count: number; readonly timeoutMs: number }): string;
  update(task: HandedTask): string;
  updateV2(task: HandedTask): string;
  updateBatch(tasks: readonly HandedTask[]): string;
  status(workflowId: string): string;
  workflow(workflowId: string): string;
}

const WORKER = "bench";

export function requestsTo({ host, port }: Target): Requests {
  const rest = ` HTTP/1.1\r\nHost: ${host}:${port}\r\n`;
  const json = `${rest}Content-Type: application/json\r\nContent-Length: `;
  const get = (path: string): string => `GET /api/${path}${rest}\r\n`;
  const post = (path: string, body: string): string =>
    `POST /api/${path}${json}${body.length}\r\n\r\n${body}`;
  return {
    start: (workflowName, input) => post(`workflow/${workflowName}`, input),
    poll: (taskType, { count, timeoutMs }) =>
      get(`tasks/poll/batch/${taskType}?count=${count}&timeout=${timeoutMs}&workerid=${WORKER}`),
    update: (task) => post("tasks", resultOf(task)),
    updateV2: (task) => post("tasks/update-v2", resultOf(task)),
    updateBatch: (tasks) => post("tasks/batch", `[${tasks.map(resultOf).join(",")}]`),
    status: (workflowId) => get(`workflow/${workflowId}/status`),
    workflow: (workflowId) => get(`workflow/${workflowId}`),
  };
}

function resultOf({ workflowId, taskId }: HandedTask): string {
  return `{"workflowInstanceId":"${workflowId}","taskId":"${taskId}","workerId":"${WORKER}","status":"COMPLETED","outputData":{"value":1}}`;
}

const TASK_ID = '"taskId":"';
const WORKFLOW_ID = '"workflowInstanceId":"';

/** Finds the tasks of a poll's answer without parsing it: each names these two members once. */
export function readTasks(body: string): HandedTask[] {
  const tasks: HandedTask[] = [];
  let taskAt = body.indexOf(TASK_ID);
  let workflowAt = body.indexOf(WORKFLOW_ID);
  while (taskAt >= 0 && workflowAt >= 0) {
    tasks.push({
      taskId: textAt(body, taskAt + TASK_ID.length),
      workflowId: textAt(body, workflowAt + WORKFLOW_ID.length),
    });
    taskAt = body.indexOf(TASK_ID, taskAt + 1);
    workflowAt = body.indexOf(WORKFLOW_ID, workflowAt + 1);
  }
  return tasks;
}

function textAt(body: string, start: number): string {
  return body.slice(start, body.indexOf('"', start));
}
