import type { JsonText } from "../model/json.ts";
import { textMember } from "./json-members.ts";
import type { OutputSources } from "../model/task-output.ts";
import { outputText } from "../model/task-output.ts";
import type { TaskSource } from "./task-source.ts";
import type { WorkflowSource } from "./workflow-json.ts";

export const RETURN_STRATEGIES = [
  "TARGET_WORKFLOW",
  "BLOCKING_WORKFLOW",
  "BLOCKING_TASK",
  "BLOCKING_TASK_INPUT",
] as const;
/** What the caller of a synchronous execution wants to see. */
export type ReturnStrategy = (typeof RETURN_STRATEGIES)[number];

/** What every form of the answer says. */
export interface SignalHeader {
  readonly responseType: ReturnStrategy;
  readonly requestId: string;
  /** The execution that was addressed, not the one shown. */
  readonly target: WorkflowSource;
  /** The time to wait was over before anything happened. */
  readonly timedOut: boolean;
}

/** Shows an execution. Source: Conductor's `WorkflowRun`. */
export function workflowRunJson(
  header: SignalHeader,
  shown: WorkflowSource,
  tasks: JsonText,
): JsonText {
  const { workflow, data } = shown;
  return (
    headerText(header, shown) +
    `,"input":${data.input},"output":${data.output},"signalTimeout":${header.timedOut}` +
    `,"priority":${workflow.priority},"variables":${data.variables},"tasks":${tasks}` +
    `,"createTime":${workflow.createTime},"status":"${workflow.status}"` +
    `,"updateTime":${workflow.updateTime}}`
  );
}

/** Shows one attempt of the execution `shown`. Source: Conductor's `TaskRun`. */
export function taskRunJson(
  header: SignalHeader,
  shown: WorkflowSource,
  blocking: OutputSources & { readonly source: TaskSource },
): JsonText {
  const { task, workflowName } = blocking.source;
  return (
    headerText(header, shown) +
    `,"input":${task.inputData},"output":${outputText(task, blocking)}` +
    `,"signalTimeout":${header.timedOut},"taskType":${JSON.stringify(task.taskType)}` +
    `,"taskId":${JSON.stringify(task.taskId)}` +
    `,"referenceTaskName":${JSON.stringify(task.referenceTaskName)}` +
    `,"retryCount":${task.retryCount},"taskDefName":${JSON.stringify(task.taskDefName)}` +
    textMember("retriedTaskId", task.retriedTaskId) +
    `,"workflowType":${JSON.stringify(workflowName)}` +
    textMember("reasonForIncompletion", task.reasonForIncompletion) +
    `,"priority":${task.workflowPriority}` +
    textMember("createdBy", task.workerId) +
    `,"createTime":${task.startTime},"updateTime":${task.updateTime},"status":"${task.status}"}`
  );
}

function headerText(header: SignalHeader, shown: WorkflowSource): string {
  const target = header.target.workflow;
  return (
    `{"responseType":"${header.responseType}"` +
    `,"targetWorkflowId":${JSON.stringify(target.workflowId)}` +
    `,"targetWorkflowStatus":"${target.status}","requestId":${JSON.stringify(header.requestId)}` +
    `,"workflowId":${JSON.stringify(shown.workflow.workflowId)}` +
    textMember("correlationId", shown.workflow.correlationId)
  );
}
