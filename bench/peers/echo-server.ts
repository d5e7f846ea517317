/**
 * The limit that Node's own HTTP sets: reads the same requests as a real server and answers with as many bytes, but
 * decides and stores nothing. Answers a poll with a fixed number of tasks. The first argument is that number.
 */
import { createServer } from "node:http";

const tasksPerPoll = Number(process.argv[2]);
const ID = "01990c0d-0000-7000-8000-000000000000";
const TASK = JSON.stringify({
  taskType: "bench_1",
  status: "IN_PROGRESS",
  inputData: { value: 1 },
  referenceTaskName: "bench_1",
  retryCount: 0,
  seq: 1,
  pollCount: 1,
  taskDefName: "bench_1",
  scheduledTime: 1_700_000_000_000,
  startTime: 1_700_000_000_000,
  endTime: 0,
  updateTime: 1_700_000_000_000,
  startDelayInSeconds: 0,
  retried: false,
  executed: false,
  callbackFromWorker: true,
  responseTimeoutSeconds: 600,
  workflowInstanceId: ID,
  workflowType: "bench",
  taskId: ID,
  callbackAfterSeconds: 0,
  workerId: "bench",
  outputData: {},
  workflowTask: {
    name: "bench_1",
    taskReferenceName: "bench_1",
    inputParameters: { value: "${workflow.input.value}" },
    type: "SIMPLE",
    startDelay: 0,
    optional: false,
    asyncComplete: false,
    permissive: false,
  },
  rateLimitPerFrequency: 0,
  rateLimitFrequencyInSeconds: 0,
  workflowPriority: 0,
  iteration: 0,
  subworkflowChanged: false,
  loopOverTask: false,
  taskDefinition: null,
  queueWaitTime: 0,
});
const TASKS = `[${Array.from({ length: tasksPerPoll }, () => TASK).join(",")}]`;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    Buffer.concat(chunks).toString();
    const isPoll = request.method === "GET";
    const answer = isPoll ? TASKS : ID;
    response.writeHead(200, {
      "content-type": isPoll ? "application/json" : "text/plain;charset=UTF-8",
      "content-length": answer.length,
    });
    response.end(answer);
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.(typeof address === "object" ? address?.port : undefined);
});
process.on("disconnect", () => process.exit(0));
