import type { FastifyInstance, FastifyRequest } from "fastify";
import { findUnstorable, TASK_RESULT_STATUSES } from "@ostinato/core";
import { AppError } from "../../errors.ts";
import type { ResultByRef } from "../../service/task-update.ts";
import { jsonText, rawBody } from "../body.ts";
import { given } from "../given.ts";
import type { Query } from "../query.ts";
import { nameAmong, queryText } from "../query.ts";
import { sendEmpty, sendJson, sendNoContent, sendText } from "../reply.ts";
import type { Services } from "../../service/create-services.ts";
import { readPayload } from "../start-request.ts";
import { readBatch } from "../task-batch.ts";
import { readTaskResult, readTaskResultV2 } from "../task-result.ts";
import { pollRoutes, sendNext } from "./task-poll.ts";
import { queueRoutes } from "./task-queues.ts";

interface ByRef {
  readonly Params: {
    readonly workflowId: string;
    readonly taskRefName: string;
    readonly status: string;
  };
  readonly Querystring: Query;
}

interface ById {
  readonly Params: { readonly taskId: string };
}

/** `/api/tasks`. Source: Conductor's task resource. */
export function taskRoutes(app: FastifyInstance, services: Services): void {
  pollRoutes(app, services);
  queueRoutes(app, services);
  updateRoutes(app, services);
  updateByRefRoutes(app, services);
  logRoutes(app, services);
}

function updateRoutes(app: FastifyInstance, { updates, polls, now }: Services): void {
  app.post("/api/tasks", async (request, reply) => {
    const report = readTaskResult(jsonText(request), now());
    await updates.update(report);
    return sendText(reply, report.taskId);
  });

  app.post("/api/tasks/update-v2", async (request, reply) => {
    const report = readTaskResultV2(jsonText(request), now());
    const { command } = report;
    if (command.type === "extend-lease" || command.status === "IN_PROGRESS") {
      await updates.update(report);
      return sendNoContent(reply);
    }
    const queue = await updates.updateAndFindQueue(report);
    if (queue === undefined) return sendNoContent(reply);
    return sendNext(reply, polls, { ...queue, ...given({ workerId: command.workerId }) });
  });

  app.post("/api/tasks/batch", async (request, reply) => {
    const batch = readBatch(jsonText(request), now());
    const answers = await updates.updateAll(batch.reports);
    return sendJson(reply, batch.answerText(answers));
  });
}

function updateByRefRoutes(app: FastifyInstance, { updates, reader }: Services): void {
  const path = "/api/tasks/:workflowId/:taskRefName/:status";

  app.post<ByRef>(path, async (request, reply) => {
    const result = { ...resultByRef(request), clearWorkerId: false };
    const taskId = await updates.updateByRef(request.params.workflowId, result);
    return taskId === undefined ? sendEmpty(reply) : sendText(reply, taskId);
  });

  app.post<ByRef>(`${path}/sync`, async (request, reply) => {
    const { workflowId, taskRefName } = request.params;
    const result = { ...resultByRef(request), clearWorkerId: true };
    const taskId = await updates.updateByRef(workflowId, result);
    if (taskId === undefined) {
      const message = `Found no running task ${taskRefName} of workflow ${workflowId} to update`;
      throw new AppError("TASK_NOT_FOUND", message);
    }
    return sendJson(reply, await reader.workflowText(workflowId, { includeTasks: true }));
  });
}

/** What path, query and body say together; the body is the output to merge in. */
function resultByRef(request: FastifyRequest<ByRef>): Omit<ResultByRef, "clearWorkerId"> {
  const { params, query } = request;
  return {
    ref: params.taskRefName,
    status: nameAmong(TASK_RESULT_STATUSES, params.status, "status"),
    outputData: readPayload(jsonText(request)),
    ...given({ workerId: queryText(query, "workerid") }),
  };
}

function logRoutes(app: FastifyInstance, { tasks }: Services): void {
  app.get<ById>("/api/tasks/:taskId", async ({ params }, reply) =>
    sendJson(reply, await tasks.taskText(params.taskId)),
  );

  app.get<ById>("/api/tasks/:taskId/log", async ({ params }, reply) => {
    const text = await tasks.logText(params.taskId);
    return text === undefined ? sendNoContent(reply) : sendJson(reply, text);
  });

  // The line is the body as it is, whatever it is said to be: SDKs send it with quotes around it.
  app.post<ById>("/api/tasks/:taskId/log", async (request, reply) => {
    const line = rawBody(request);
    const problem = findUnstorable(line);
    if (problem !== undefined) throw new AppError("BAD_REQUEST", `The log line holds ${problem}`);
    await tasks.appendLog(request.params.taskId, line);
    return sendEmpty(reply);
  });
}
