import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";

/** Names that definitions of the fuzz test have. */
export const WORKFLOWS = ["wf_a", "wf_b", "wf_c"] as const;
export const TASKS = ["task_a", "task_b", "task_c"] as const;

/** What the others start: never defined anew, so that nothing starts itself again and again. */
export const CHILD = "child_workflow";

/** Seeded workflows are of these, which no generated request names. */
const STILL = "still_workflow";
const FAR = Number.MAX_SAFE_INTEGER;

interface SeededTask {
  readonly workflowId: string;
  readonly taskId: string;
}

/** What was put into the server before, for requests to name. */
export interface World {
  readonly workflowIds: readonly string[];
  readonly tasks: readonly SeededTask[];
  /** Definitions, seeded executions, queues, how many rows there are: what no refused request may change. */
  snapshot(): Promise<string>;
  /** Changes whenever the server commits anything. */
  version(): unknown;
}

interface WorkflowBody {
  readonly tasks: readonly { readonly taskId: string; readonly workflowInstanceId: string }[];
}

/** Registers definitions and starts executions in several states. */
export async function seedWorld(url: string, file: string): Promise<World> {
  async function call(method: string, path: string, body?: unknown): Promise<string> {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return text;
  }

  const taskDefs = [...TASKS, "still_task"].map((name) => ({
    name,
    retryCount: 0,
    timeoutSeconds: 0,
    responseTimeoutSeconds: 3_600,
  }));
  await call("POST", "/api/metadata/taskdefs", taskDefs);
  for (const name of [...WORKFLOWS, CHILD, STILL]) {
    const task = name === STILL ? "still_task" : "task_a";
    const tasks = ["t1", "t2"].map((ref) => ({ name: task, taskReferenceName: ref }));
    const wait = { name: "wait", taskReferenceName: "w", type: "WAIT" };
    await call("POST", "/api/metadata/workflow", { name, version: 1, tasks: [...tasks, wait] });
  }

  const workflowIds: string[] = [];
  for (let n = 0; n < 6; n++) {
    workflowIds.push(await call("POST", `/api/workflow/${STILL}?correlationId=c1`, { n }));
  }
  const [first, second, third] = workflowIds;
  await call("POST", `/api/tasks/${first}/t1/COMPLETED`, {});
  await call("POST", `/api/tasks/${second}/t1/FAILED`, {});
  await call("PUT", `/api/workflow/${third}/pause`);
  const tasks: SeededTask[] = [];
  for (const workflowId of workflowIds) {
    const workflow = JSON.parse(await call("GET", `/api/workflow/${workflowId}`)) as WorkflowBody;
    for (const { taskId } of workflow.tasks) tasks.push({ workflowId, taskId });
  }

  const looks = [
    "/api/metadata/workflow",
    "/api/metadata/taskdefs",
    "/api/tasks/queue/all/verbose",
    ...["wf_a", STILL].map((name) => `/api/workflow/running/${name}?startTime=1&endTime=${FAR}`),
    ...workflowIds.slice(0, 3).map((id) => `/api/workflow/${id}`),
  ];
  const database = new DatabaseSync(file, { readOnly: true });
  const tables = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%poll%'")
    .all();
  const rowCounts = database.prepare(
    tables
      .map(({ name }) => String(name))
      .map((name) => `SELECT '${name}', count(*) FROM "${name}"`)
      .join(" UNION ALL "),
  );
  const dataVersion = database.prepare("PRAGMA data_version");
  return {
    workflowIds,
    tasks,
    version: () => dataVersion.get()?.["data_version"],
    async snapshot() {
      const seen = await Promise.all(
        looks.map(async (path) => {
          const response = await fetch(`${url}${path}`);
          return `${path} ${response.status} ${await response.text()}`;
        }),
      );
      return [...seen, JSON.stringify(rowCounts.all())].join("\n");
    },
  };
}
