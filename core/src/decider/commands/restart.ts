import { isTerminalWorkflow } from "../../model/status.ts";
import { writeJson } from "../../model/json.ts";
import type { Draft } from "../draft.ts";
import { finishEnding } from "../end-workflow.ts";
import { Rejection } from "../signals.ts";
import { labelOf } from "./control.ts";
import { workflowDeadlineFrom } from "./deadline.ts";
import { reviveParent } from "./retry.ts";
import { beginFlow } from "./start.ts";

/** Runs an ended execution again from its start, under the same id. Source: engine.md 16.4. */
export function restartWorkflow(draft: Draft, useLatestDefinitions: boolean): void {
  const { workflowId, workflowName, status } = draft.workflow;
  if (!isTerminalWorkflow(status)) {
    throw new Rejection(
      "WORKFLOW_NOT_TERMINAL",
      `Workflow: ${labelOf(draft)}.${status} is not in terminal state, unable to restart.`,
    );
  }
  const { definitions } = draft.context;
  const latest = useLatestDefinitions ? definitions.findSnapshot(workflowName) : draft.snapshot;
  if (latest === undefined) {
    throw new Rejection(
      "WORKFLOW_DEF_NOT_FOUND",
      `Unable to find latest definition for ${workflowId}`,
    );
  }
  if (status === "COMPLETED" && !draft.snapshot.definition.restartable) {
    throw new Rejection(
      "WORKFLOW_NOT_RESTARTABLE",
      `Workflow: ${labelOf(draft)}.${status} is non-restartable`,
    );
  }
  finishEnding(draft);
  draft.deleteAllTasks();
  const { now } = draft.context;
  const {
    reasonForIncompletion: _reason,
    failedTaskId: _failed,
    terminateTaskId: _terminated,
    deadlineAt: _deadline,
    ...kept
  } = draft.workflow;
  draft.setWorkflow({
    ...kept,
    status: "RUNNING",
    definitionHash: latest.hash,
    workflowVersion: latest.definition.version,
    createTime: now,
    endTime: 0,
    lastRetriedTime: 0,
  });
  draft.patchWorkflow(workflowDeadlineFrom(draft, now));
  draft.setData({ output: "{}", variables: writeJson(draft.snapshot.definition.variables) });
  beginFlow(draft);
  reviveParent(draft, "restarted");
}
