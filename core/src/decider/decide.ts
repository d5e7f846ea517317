import type { OutboxMessage } from "../change/change-set.ts";
import type { Execution } from "../change/execution.ts";
import type { Command } from "../model/command.ts";
import { type Advance, advance } from "./advance.ts";
import { apply } from "./apply.ts";
import type { DecideContext } from "./context.ts";
import type { Decision, DecideResult, Lookup } from "./decision.ts";
import { Draft } from "./draft.ts";
import { LookupSignal, Rejection } from "./signals.ts";

/**
 * Decides commands about one execution, in order: applies each, then goes as far as the execution can go by itself.
 * Changes nothing but what it returns. When something is missing, the command that needs it and all behind it are
 * answered `lookup`; what was decided before stands.
 * @param execution - `undefined` when nothing is stored under `context.workflowId`.
 */
export function decide(
  execution: Execution | undefined,
  commands: readonly Command[],
  context: DecideContext,
): DecideResult {
  const draft = new Draft(execution, context);
  const decisions: Decision[] = [];
  const refusals: OutboxMessage[] = [];
  let lookups: Lookup[] = [];
  let more = false;
  for (const command of commands) {
    if (lookups.length > 0) {
      decisions.push({ type: "lookup" });
      continue;
    }
    const { decision, lookup } = decideOne(draft, command);
    decisions.push(decision);
    if (lookup !== undefined) lookups = [lookup];
    if (decision.type === "reject")
      refusals.push(...refusalOf(context.workflowId, command, decision.message));
    if (decision.type === "lookup" || !draft.exists) continue;
    // After a refusal too: what is left on the agenda from before is due, whoever asks.
    // Once the budget is spent, commands are still applied, and what follows from them waits.
    const progress: Advance = more ? { type: "more" as const } : advance(draft);
    more = progress.type === "more";
    if (progress.type === "lookup") lookups = [progress.lookup];
  }
  const changeSet = draft.toChangeSet();
  return {
    decisions,
    ...(changeSet === undefined
      ? { outbox: refusals }
      : { changeSet: { ...changeSet, outbox: [...changeSet.outbox, ...refusals] }, outbox: [] }),
    lookups,
    more,
  };
}

function decideOne(
  draft: Draft,
  command: Command,
): { readonly decision: Decision; readonly lookup?: Lookup } {
  if (!draft.exists && !isStart(command)) return { decision: notThere(draft, command) };
  if (draft.exists && isStart(command)) return { decision: { type: "accept" } };
  const mark = draft.mark();
  try {
    return { decision: apply(draft, command) };
  } catch (signal) {
    draft.rollbackTo(mark);
    if (signal instanceof LookupSignal)
      return { decision: { type: "lookup" }, lookup: signal.lookup };
    if (signal instanceof Rejection) {
      return { decision: { type: "reject", code: signal.code, message: signal.message } };
    }
    throw signal;
  }
}

/** The commands that make an execution. */
const STARTS: ReadonlySet<Command["type"]> = new Set([
  "start-workflow",
  "start-child",
  "start-failure-workflow",
  "start-detached",
]);

function isStart({ type }: Command): boolean {
  return STARTS.has(type);
}

function notThere(draft: Draft, { type }: Command): Decision {
  switch (type) {
    case "child-started":
    case "detached-started":
    case "child-refused":
    case "child-ended":
    case "terminate-child":
    case "revive-ancestor":
    case "report-to-parent":
    case "failure-workflow-refused":
    case "task-deadline":
    case "workflow-deadline":
      return { type: "accept" };
    case "retry-child":
      return { type: "reject", code: "WORKFLOW_NOT_FOUND", message: "it has been removed" };
    default:
      return {
        type: "reject",
        code: "WORKFLOW_NOT_FOUND",
        message: `No such workflow found by id: ${draft.workflowId}`,
      };
  }
}

/** Whoever asked by the outbox hears of the refusal in the same way. */
function refusalOf(childId: string, command: Command, message: string): OutboxMessage[] {
  if (command.type === "start-child") {
    const { parentWorkflowId, parentWorkflowTaskId } = command;
    return [
      {
        targetWorkflowId: parentWorkflowId,
        command: { type: "child-refused", taskId: parentWorkflowTaskId, message },
      },
    ];
  }
  if (command.type === "retry-child") {
    const { parentWorkflowId, taskId } = command;
    const reason = `Sub workflow ${childId} failure reason: ${message}`;
    const ended = {
      type: "child-ended",
      taskId,
      childId,
      status: "TERMINATED",
      output: "{}",
      reason,
    } as const;
    return [{ targetWorkflowId: parentWorkflowId, command: ended }];
  }
  if (command.type === "start-detached") {
    const { starterWorkflowId: targetWorkflowId, starterTaskId: taskId } = command;
    return [{ targetWorkflowId, command: { type: "child-refused", taskId, message } }];
  }
  if (command.type !== "start-failure-workflow") return [];
  const refused = `Error workflow ${command.name} failed to start.  reason: ${message}`;
  return [
    {
      targetWorkflowId: command.failedWorkflowId,
      command: { type: "failure-workflow-refused", message: refused },
    },
  ];
}
