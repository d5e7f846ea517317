/** What the benchmarks register, over HTTP as anybody would. */

/** Long enough never to run out in a benchmark, so that every task has a deadline as real ones do. */
const RESPONSE_TIMEOUT_SECONDS = 600;

type Json = Readonly<Record<string, unknown>>;

/** A workflow of simple tasks in a row, each fed by the one before; their types are `NAME_1`, `NAME_2`, … */
export async function registerSequence(url: string, name: string, length: number): Promise<void> {
  const types = Array.from({ length }, (_, index) => `${name}_${index + 1}`);
  await registerTaskDefs(
    url,
    types.map((type) => taskDef(type)),
  );
  const tasks = types.map((type, index) => {
    const before = types[index - 1];
    const value = before === undefined ? "${workflow.input.value}" : `\${${before}.output.value}`;
    return simpleTask(type, { value });
  });
  await registerWorkflow(url, { name, tasks });
}

export function taskDef(name: string, more: Json = {}): Json {
  return {
    name,
    retryCount: 0,
    timeoutSeconds: 0,
    responseTimeoutSeconds: RESPONSE_TIMEOUT_SECONDS,
    ownerEmail: "bench@example.com",
    ...more,
  };
}

export function simpleTask(type: string, inputParameters: Json): Json {
  return { name: type, taskReferenceName: type, type: "SIMPLE", inputParameters };
}

export function registerTaskDefs(url: string, taskDefs: readonly Json[]): Promise<void> {
  return post(`${url}/api/metadata/taskdefs`, taskDefs);
}

/** @param workflow - name and tasks, and whatever else it is to have */
export function registerWorkflow(url: string, workflow: Json): Promise<void> {
  return post(`${url}/api/metadata/workflow`, {
    version: 1,
    schemaVersion: 2,
    timeoutSeconds: 0,
    ownerEmail: "bench@example.com",
    ...workflow,
  });
}

async function post(url: string, body: unknown): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  await response.arrayBuffer();
}
