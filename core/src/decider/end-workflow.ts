import { resolveTemplate } from "../expression/template.ts";
import { utf8Length } from "../expression/utf8-length.ts";
import { inHashOrder } from "../model/hash-order.ts";
import { isJsonObject, writeJson } from "../model/json.ts";
import type { Json, JsonText } from "../model/json.ts";
import type { WorkflowStatus } from "../model/status.ts";
import type { Task } from "../model/task.ts";
import { isNamedFailure } from "./draft-counters.ts";
import type { Draft } from "./draft.ts";
import { startFailureWorkflow } from "./failure-workflow.ts";
import { outputOfTask } from "./join-output.ts";
import { objectOf, scopeOf } from "./scope.ts";
import { childIdOf } from "./task-types/sub-workflow.ts";

/*
 * How an execution ends. The first step sets the status, the reason and the output; from then on every reader sees what
 * is open as CANCELED. The open attempts are cancelled in as many slices as it takes (`carryEnding`); parent and failure
 * workflow hear of it after the last. Source: engine.md 7.8–7.11.
 */

export type TerminalStatus = Exclude<WorkflowStatus, "RUNNING" | "PAUSED">;

export interface WorkflowEnd {
  readonly status: TerminalStatus;
  readonly reason?: string | undefined;
  /** The attempt that brought it about. */
  readonly taskId?: string | undefined;
  /** Whether the definition's failure workflow, if there is one, is to be started. */
  readonly failureWorkflow: boolean;
}

/** How many attempts one step cancels. */
const CANCELS_PER_STEP = 500;

export function endWorkflow(draft: Draft, end: WorkflowEnd): void {
  // What ends unsuccessfully has its new status already when its output is computed.
  if (end.status !== "COMPLETED") draft.patchWorkflow({ status: end.status });
  const output = finalOutput(draft, end);
  const { status, reason, taskId, failureWorkflow } = withoutOutput(end, output.error);
  const { reasonForIncompletion: _reason, deadlineAt: _deadline, ...rest } = draft.workflow;
  const failedTaskId = rest.failedTaskId ?? (status === "COMPLETED" ? undefined : taskId);
  clearAgenda(draft);
  draft.setWorkflow({
    ...rest,
    status,
    endTime: draft.context.now,
    ...(reason === undefined ? {} : { reasonForIncompletion: reason }),
    ...(failedTaskId === undefined ? {} : { failedTaskId }),
    ending: { failureWorkflow: failureWorkflow || rest.ending?.failureWorkflow === true },
  });
  draft.setData({ output: output.text });
  collectFailedNames(draft);
}

/** An execution whose output cannot be kept has not completed. */
function withoutOutput(end: WorkflowEnd, error: string | undefined): WorkflowEnd {
  if (error === undefined || end.status !== "COMPLETED") return end;
  return { status: "FAILED", reason: error, failureWorkflow: true };
}

/** Whatever was still to do is not to be done any more. */
function clearAgenda(draft: Draft): void {
  for (const task of draft.agendaTasks()) draft.patchTask(task, { agenda: 0 });
}

interface Output {
  readonly text: JsonText;
  /** Why the output that there would have been is not kept. */
  readonly error?: string;
}

/** Source: engine.md 7.9. */
function finalOutput(draft: Draft, { status }: WorkflowEnd): Output {
  const { terminateTaskId } = draft.workflow;
  const terminated = terminateTaskId === undefined ? undefined : draft.findTask(terminateTaskId);
  const { outputParameters } = draft.snapshot.definition;
  if (terminated !== undefined) return withinLimit(draft, outputOfTask(draft, terminated));
  if (Object.keys(outputParameters).length > 0) {
    return withinLimit(
      draft,
      writeJson(objectFrom(resolveTemplate(outputParameters, scopeOf(draft)))),
    );
  }
  const { lastTaskId } = draft;
  const last =
    draft.counters.taskCount === 0 || lastTaskId === undefined
      ? undefined
      : draft.findTask(lastTaskId);
  if (last === undefined) return { text: draft.data.output };
  const text = status === "COMPLETED" ? lastOutput(draft, last) : outputOfTask(draft, last);
  return last.taskType === "JOIN" ? { text } : withinLimit(draft, text);
}

/**
 * The output of the attempt that was the last. A child's output may name a child of its own, which a workflow that
 * completes with it shows, as in the reference; the attempt itself shows its own child.
 */
function lastOutput(draft: Draft, last: Task): JsonText {
  const text = outputOfTask(draft, last);
  const { subWorkflowId } = objectOf(draft.childOutputs.get(last.taskId) ?? "{}");
  return subWorkflowId === undefined ? text : writeJson({ ...objectOf(text), subWorkflowId });
}

function objectFrom(value: Json): Json {
  return isJsonObject(value) ? value : {};
}

function withinLimit(draft: Draft, text: JsonText): Output {
  const limit = draft.context.payloadLimits.workflowOutputBytesMax;
  if (text.length * 3 <= limit) return { text };
  const bytes = utf8Length(text);
  if (bytes <= limit) return { text };
  return { text: "{}", error: workflowPayloadReason(bytes, draft.workflowId, limit) };
}

export function workflowPayloadReason(bytes: number, workflowId: string, limit: number): string {
  return (
    `The payload size: ${bytes} of workflow: ${workflowId} is greater than the permissible limit: ` +
    `${limit} bytes`
  );
}

/** Every attempt that is FAILED at the end counts, superseded ones too. Source: engine.md 1.1, 7.12. */
function collectFailedNames(draft: Draft): void {
  if (draft.counters.failedCount === 0) return;
  const failed = draft.allTasks().filter(isNamedFailure);
  const { failedReferenceTaskNames: refs, failedTaskNames: names } = draft.data;
  draft.setData({
    failedReferenceTaskNames: asSet([...refs, ...failed.map((task) => task.referenceTaskName)]),
    failedTaskNames: asSet([...names, ...failed.map((task) => task.taskDefName)]),
  });
}

/** Each name once, in the order in which the reference lists its sets. */
function asSet(names: readonly string[]): string[] {
  return inHashOrder([...new Set(names)]);
}

/** Carries an ending through to its last step, for what cannot begin before. */
export function finishEnding(draft: Draft): void {
  while (draft.workflow.ending !== undefined) carryEnding(draft);
}

/** Cancels the next of the open attempts; once there are none, tells everybody who waits for the end. */
export function carryEnding(draft: Draft): void {
  const open = draft.openTasks();
  for (const task of open.slice(0, CANCELS_PER_STEP)) cancel(draft, task);
  if (open.length > CANCELS_PER_STEP) return;
  const { ending, ...workflow } = draft.workflow;
  draft.setWorkflow(workflow);
  tellParent(draft);
  if (ending?.failureWorkflow === true) startFailureWorkflow(draft);
}

function cancel(draft: Draft, task: Task): void {
  const canceled = draft.patchTask(task, {
    status: "CANCELED",
    endTime: draft.context.now,
    updateTime: task.updateTime || draft.context.now,
    agenda: 0,
  });
  if (canceled.taskType !== "SUB_WORKFLOW") return;
  const { status, reasonForIncompletion: reason = "" } = draft.workflow;
  draft.send(childIdOf(draft, canceled), {
    type: "terminate-child",
    taskId: canceled.taskId,
    reason:
      reason === ""
        ? `Parent workflow has been terminated with status ${status}`
        : `Parent workflow has been terminated with reason: ${reason}`,
  });
}

/** Says to the parent, if there is one, how this child has ended. */
export function tellParent(draft: Draft): void {
  const { workflow, data } = draft;
  const {
    status,
    parentWorkflowId,
    parentWorkflowTaskId,
    reasonForIncompletion: reason,
  } = workflow;
  if (parentWorkflowId === undefined || parentWorkflowTaskId === undefined) return;
  if (status === "RUNNING" || status === "PAUSED") return;
  const label = `${workflow.workflowName}.${workflow.workflowVersion}/${workflow.workflowId}`;
  draft.send(parentWorkflowId, {
    type: "child-ended",
    taskId: parentWorkflowTaskId,
    childId: workflow.workflowId,
    status,
    output: data.output,
    ...(status === "COMPLETED"
      ? {}
      : { reason: `Sub workflow ${label} failure reason: ${reason ?? "null"}` }),
  });
}
