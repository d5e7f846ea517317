import type { WorkflowTask } from "../model/workflow-def.ts";

/**
 * What Conductor has and this version of the server cannot run yet. A definition that needs one of
 * these is refused, rather than accepted and left hanging; the tables only ever get shorter.
 */
const UNSUPPORTED_TYPES: ReadonlySet<string> = new Set(["EVENT", "PULL_WORKFLOW_MESSAGES"]);

/**
 * Types of the AI family. Named as a type they wait for a worker, as they do in the reference when
 * its AI integration is off; a SIMPLE task with such a name would be run by the server.
 */
const AI_TYPES: ReadonlySet<string> = new Set([
  "LLM_TEXT_COMPLETE",
  "LLM_CHAT_COMPLETE",
  "LLM_GENERATE_EMBEDDINGS",
  "LLM_INDEX_TEXT",
  "LLM_STORE_EMBEDDINGS",
  "LLM_SEARCH_INDEX",
  "LLM_SEARCH_EMBEDDINGS",
  "LLM_GET_EMBEDDINGS",
  "GENERATE_IMAGE",
  "GENERATE_AUDIO",
  "GENERATE_VIDEO",
  "GENERATE_PDF",
  "LIST_MCP_TOOLS",
  "CALL_MCP_TOOL",
  "AGENT",
  "GET_AGENT_CARD",
  "CANCEL_AGENT",
  "LIST_API_TOOLS",
  "PLAN_AND_COMPILE",
  "PLANNER_CONTEXT_FETCH",
]);

/** Why this version cannot run an entry of a definition; `undefined` when it can. */
export function unsupportedReason(task: WorkflowTask): string | undefined {
  const { name = "", type = "SIMPLE" } = task;
  const ref = task.taskReferenceName ?? name;
  if (UNSUPPORTED_TYPES.has(type)) return `Task type ${type} is not yet supported: ${ref}`;
  if (evaluatorOf(task) === "python") {
    return `Task type ${type} with evaluatorType python is not yet supported: ${ref}`;
  }
  if (type === "SIMPLE" && (UNSUPPORTED_TYPES.has(name) || AI_TYPES.has(name))) {
    return `Task type ${name} (the name of a SIMPLE task) is not yet supported: ${ref}`;
  }
  return undefined;
}

function evaluatorOf({ type, evaluatorType, inputParameters }: WorkflowTask): unknown {
  if (type === "SWITCH") return evaluatorType;
  return type === "INLINE" ? inputParameters["evaluatorType"] : undefined;
}
