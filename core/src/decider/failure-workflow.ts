import { javaText } from "../expression/java-text.ts";
import { writeJson } from "../model/json.ts";
import type { Draft } from "./draft.ts";
import { objectOf } from "./scope.ts";

/** The output key under which a failed execution names its failure workflow. */
export const FAILURE_WORKFLOW_KEY = "conductor.failure_workflow";

/** Starts the definition's failure workflow, if it names one that exists. Source: engine.md 7.10 step 7. */
export function startFailureWorkflow(draft: Draft): void {
  const { failureWorkflow, failureWorkflowVersion: version } = draft.snapshot.definition;
  const name = nameOf(draft, failureWorkflow);
  if (name === undefined) return;
  if (draft.context.definitions.findWorkflowDef(name, version) === undefined) {
    noteFailureWorkflow(
      draft,
      `Error workflow ${name} failed to start.  reason: No such workflow defined. name=${name}, version=${version ?? "null"}`,
    );
    return;
  }
  const { workflow } = draft;
  const failureId = draft.context.newId();
  noteFailureWorkflow(draft, failureId);
  draft.send(failureId, {
    type: "start-failure-workflow",
    failedWorkflowId: workflow.workflowId,
    name,
    ...(version === undefined ? {} : { version }),
    ...(workflow.reasonForIncompletion === undefined
      ? {}
      : { reason: workflow.reasonForIncompletion }),
    failureStatus: workflow.status,
    ...(workflow.failedTaskId === undefined ? {} : { failureTaskId: workflow.failedTaskId }),
  });
}

/** Puts what became of the failure workflow into the output: its id, or why it could not be started. */
export function noteFailureWorkflow(draft: Draft, idOrError: string): void {
  draft.setData({
    output: writeJson({ ...objectOf(draft.data.output), [FAILURE_WORKFLOW_KEY]: idOrError }),
  });
}

/** A name that starts with `$` is a reference to a member of the input: its third part is the member's name. */
function nameOf(draft: Draft, failureWorkflow: string | undefined): string | undefined {
  if (failureWorkflow === undefined || failureWorkflow.trim() === "") return undefined;
  if (!failureWorkflow.startsWith("$")) return failureWorkflow;
  const key = failureWorkflow.split(".")[2]?.replace(/\}$/, "");
  const value = key === undefined ? undefined : objectOf(draft.data.input)[key];
  if (value === undefined || value === null) return undefined;
  const name = javaText(value);
  return name.trim() === "" ? undefined : name;
}
