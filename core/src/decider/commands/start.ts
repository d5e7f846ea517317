import { workflowDefDecoder } from "../../definition/decode-workflow-def.ts";
import { DefinitionError } from "../../definition/definition-error.ts";
import { findUnsupported } from "../../definition/validate-workflow-def.ts";
import type { Snapshot } from "../../definition/snapshot.ts";
import { utf8Length } from "../../expression/utf8-length.ts";
import { workflowInput } from "../../expression/input-template.ts";
import type {
  StartChild,
  StartDetached,
  StartFailureWorkflow,
  StartWorkflow,
} from "../../model/command.ts";
import { decode } from "../../model/decode.ts";
import { parseJson, writeJson } from "../../model/json.ts";
import type { JsonObject, JsonText } from "../../model/json.ts";
import type { Workflow } from "../../model/workflow.ts";
import type { WorkflowDef } from "../../model/workflow-def.ts";
import { runSystemTasks } from "../advance.ts";
import type { Draft } from "../draft.ts";
import { endWorkflow, workflowPayloadReason } from "../end-workflow.ts";
import { FAILURE_WORKFLOW_KEY } from "../failure-workflow.ts";
import { objectOf } from "../scope.ts";
import { LookupSignal, Rejection, WorkflowFailure } from "../signals.ts";
import { mapEntry } from "../task-types/map-entry.ts";
import { TOP } from "../task-types/task-type.ts";
import { secondsToMs } from "../seconds-to-ms.ts";

/** A caller starts an execution. Source: engine.md 6. */
export function startWorkflow(draft: Draft, command: StartWorkflow): void {
  const { input, externalInputPayloadStoragePath: path } = command;
  const snapshot = snapshotFor(draft, command);
  if (input === undefined && path === undefined) {
    throw new Rejection("INVALID_INPUT", "NULL input passed when starting workflow");
  }
  draft.refusesBadInput = true;
  begin(draft, snapshot, {
    input: input ?? "{}",
    taskToDomain: command.taskToDomain,
    header: {
      priority: command.priority,
      ...(command.correlationId === undefined ? {} : { correlationId: command.correlationId }),
      ...(command.event === undefined ? {} : { event: command.event }),
    },
    ...(path === undefined || (input !== undefined && input !== "{}") ? {} : { path }),
  });
  if (command.idempotency !== undefined) {
    draft.takeKey(command.idempotency);
    draft.setData({ idempotencyKey: command.idempotency.key });
  }
}

function snapshotFor(draft: Draft, { name, version, workflowDef }: StartWorkflow): Snapshot {
  const { definitions } = draft.context;
  if (workflowDef === undefined && name.trim() === "") throw unnamed();
  const snapshot = resolve(() =>
    workflowDef === undefined
      ? definitions.findSnapshot(name, version)
      : definitions.snapshotOf(workflowDef),
  );
  if (snapshot === undefined) throw notDefined(name, version);
  return snapshot;
}

/** A parent starts its child, under the id that this draft is of. */
export function startChild(draft: Draft, command: StartChild): void {
  const {
    name,
    version,
    workflowDefinition,
    parentWorkflowId,
    parentWorkflowTaskId,
    correlationId,
  } = command;
  const snapshot = resolve(() =>
    workflowDefinition === undefined
      ? draft.context.definitions.findSnapshot(name, version)
      : draft.context.definitions.snapshotOf(inlineDefinition(workflowDefinition)),
  );
  if (snapshot === undefined) throw notDefined(name, version);
  draft.send(parentWorkflowId, {
    type: "child-started",
    taskId: parentWorkflowTaskId,
    childId: draft.workflowId,
  });
  begin(draft, snapshot, {
    input: command.input,
    taskToDomain: command.taskToDomain,
    header: {
      priority: command.priority,
      parentWorkflowId,
      parentWorkflowTaskId,
      ...(correlationId === undefined ? {} : { correlationId }),
    },
  });
}

/** A definition that has not been registered has not been checked for what cannot run here. */
function inlineDefinition(text: JsonText): WorkflowDef {
  const definition = decode(workflowDefDecoder, parseJson(text));
  const [unsupported] = findUnsupported(definition);
  if (unsupported !== undefined) throw new Rejection("INVALID_INPUT", unsupported.message);
  return definition;
}

/** A START_WORKFLOW task starts an execution that nobody waits for. */
export function startDetached(draft: Draft, command: StartDetached): void {
  const { name, version, workflowDefinition, starterWorkflowId, starterTaskId: taskId } = command;
  const { definitions } = draft.context;
  if (workflowDefinition === undefined && name.trim() === "") throw unnamed();
  const snapshot = resolve(() =>
    workflowDefinition === undefined
      ? definitions.findSnapshot(name, version)
      : definitions.snapshotOf(inlineDefinition(workflowDefinition)),
  );
  if (snapshot === undefined) throw notDefined(name, version);
  draft.send(starterWorkflowId, { type: "detached-started", taskId, workflowId: draft.workflowId });
  begin(draft, snapshot, {
    input: command.input,
    taskToDomain: command.taskToDomain,
    header: {
      priority: command.priority,
      ...(command.correlationId === undefined ? {} : { correlationId: command.correlationId }),
    },
  });
}

function unnamed(): Rejection {
  const message = "Workflow name must be specified when searching for a definition";
  return new Rejection("INVALID_INPUT", message);
}

/** Source: engine.md 7.10 step 7. */
export function startFailureWorkflow(draft: Draft, command: StartFailureWorkflow): void {
  const { failedWorkflowId, name, version, reason, failureStatus, failureTaskId } = command;
  const snapshot = resolve(() => draft.context.definitions.findSnapshot(name, version));
  if (snapshot === undefined) throw notDefined(name, version);
  const text = draft.context.workflowTexts.get(failedWorkflowId);
  if (text === undefined)
    throw new LookupSignal({ type: "workflow-text", workflowId: failedWorkflowId });
  // Empty for one that has been removed since.
  const failed = objectOf(text);
  const input: JsonObject = {
    ...(failed["input"] as JsonObject),
    workflowId: failedWorkflowId,
    reason: reason ?? null,
    failureStatus,
    ...(failureTaskId === undefined ? {} : { failureTaskId }),
  };
  const whole = {
    ...failed,
    output: withoutFailureWorkflow((failed["output"] ?? {}) as JsonObject),
    ...(failureTaskId === undefined ? {} : { failedTaskId: failureTaskId }),
  };
  const { correlationId, taskToDomain } = failed;
  begin(draft, snapshot, {
    input: withFailedWorkflow(draft, input, whole),
    taskToDomain: (taskToDomain ?? {}) as Readonly<Record<string, string>>,
    header: { priority: 0, ...(typeof correlationId === "string" ? { correlationId } : {}) },
  });
}

/** The failed execution is shown as it was before its failure workflow was started. */
function withoutFailureWorkflow({
  [FAILURE_WORKFLOW_KEY]: _id,
  ...output
}: JsonObject): JsonObject {
  return output;
}

/** The failed execution is passed on whole, or without the payloads of its tasks if it would be too large. */
function withFailedWorkflow(draft: Draft, input: JsonObject, failed: JsonObject): JsonText {
  const text = writeJson({ ...input, failedWorkflow: failed });
  if (text.length * 3 <= draft.context.payloadLimits.workflowInputBytesMax) return text;
  if (utf8Length(text) <= draft.context.payloadLimits.workflowInputBytesMax) return text;
  const tasks = ((failed["tasks"] ?? []) as readonly JsonObject[]).map((task) => ({
    ...task,
    inputData: {},
    outputData: {},
  }));
  return writeJson({ ...input, failedWorkflow: { ...failed, tasks } });
}

interface Beginning {
  readonly input: JsonText;
  readonly taskToDomain: Readonly<Record<string, string>>;
  readonly header: Partial<Workflow> & Pick<Workflow, "priority">;
  readonly path?: string;
}

/** Makes the execution and the records of its first task. */
function begin(
  draft: Draft,
  snapshot: Snapshot,
  { input, taskToDomain, header, path }: Beginning,
): void {
  const { definition } = snapshot;
  const { now, payloadLimits } = draft.context;
  const { timeoutSeconds } = definition;
  const whole = completeInput(input, definition.inputTemplate, path !== undefined);
  checkInput(draft, whole, payloadLimits.workflowInputBytesMax);
  draft.setWorkflow({
    workflowId: draft.workflowId,
    definitionHash: snapshot.hash,
    workflowName: definition.name ?? "",
    workflowVersion: definition.version,
    status: "RUNNING",
    createTime: now,
    updateTime: now,
    endTime: 0,
    lastRetriedTime: 0,
    seqMax: 0,
    taskCount: 0,
    openCount: 0,
    agendaNext: 1,
    agendaCount: 0,
    failedCount: 0,
    dynamicForkCount: 0,
    permissiveFailureCount: 0,
    ...(timeoutSeconds > 0 ? { deadlineAt: now + secondsToMs(timeoutSeconds) } : {}),
    ...header,
  });
  draft.setData({
    input: whole,
    variables: writeJson(definition.variables),
    taskToDomain,
    ...(path === undefined ? {} : { externalInputPayloadStoragePath: path }),
  });
  beginFlow(draft);
}

/** Reaches the first task of the definition and runs what is reached with it. What cannot be mapped fails the execution, not the start. */
export function beginFlow(draft: Draft): void {
  const { first } = draft.snapshot;
  if (first === undefined) return;
  const mark = draft.mark();
  try {
    draft.together(() => mapEntry(draft, first, TOP));
    runSystemTasks(draft);
  } catch (signal) {
    if (!(signal instanceof WorkflowFailure)) throw signal;
    draft.rollbackTo(mark);
    endWorkflow(draft, { status: signal.status, reason: signal.message, failureWorkflow: true });
  }
}

/** An input that the template adds nothing to keeps its text. */
function completeInput(input: JsonText, inputTemplate: JsonObject, isExternal: boolean): JsonText {
  if (Object.keys(inputTemplate).length === 0) return input;
  return writeJson(workflowInput(objectOf(input), inputTemplate, isExternal));
}

function checkInput(draft: Draft, input: JsonText, limit: number): void {
  if (input.length * 3 <= limit) return;
  const bytes = utf8Length(input);
  if (bytes > limit)
    throw new Rejection("PAYLOAD_TOO_LARGE", workflowPayloadReason(bytes, draft.workflowId, limit));
}

/** A definition that names a child which is not registered cannot be started. */
function resolve(find: () => Snapshot | undefined): Snapshot | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof DefinitionError) throw new Rejection("CHILD_DEF_NOT_FOUND", error.message);
    throw error;
  }
}

function notDefined(name: string, version: number | undefined): Rejection {
  return new Rejection(
    "WORKFLOW_DEF_NOT_FOUND",
    `No such workflow defined. name=${name}, version=${version ?? "null"}`,
  );
}
