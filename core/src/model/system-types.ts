/**
 * Task types that the server itself runs; every other `taskType` is worked on by whoever polls it.
 * Source: Conductor's registered system tasks.
 */
const OPERATOR_TYPES = [
  "FORK",
  "FORK_JOIN",
  "FORK_JOIN_DYNAMIC",
  "JOIN",
  "SWITCH",
  "SUB_WORKFLOW",
  "SET_VARIABLE",
  "TERMINATE",
  "NOOP",
  "WAIT",
  "HUMAN",
  "YIELD",
  "DECISION",
  "EXCLUSIVE_JOIN",
  "START_WORKFLOW",
  "DO_WHILE",
  "INLINE",
  "LAMBDA",
  "JSON_JQ_TRANSFORM",
] as const;

/** Types whose work an AI or agent provider does; none is built in, so their tasks fail and say so. */
export const PROVIDER_TYPES: ReadonlySet<string> = new Set([
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

/**
 * Types with effects outside: their attempts wait in the queue of their type like those of workers, and an executor
 * inside the server claims them.
 */
export const QUEUED_SYSTEM_TYPES: ReadonlySet<string> = new Set(["HTTP", "JDBC", "KAFKA_PUBLISH"]);

const SYSTEM_TYPES: ReadonlySet<string> = new Set([
  ...OPERATOR_TYPES,
  ...PROVIDER_TYPES,
  ...QUEUED_SYSTEM_TYPES,
]);

/** Whether tasks of this type are the server's own work and never handed to a worker. */
export function isSystemType(taskType: string): boolean {
  return SYSTEM_TYPES.has(taskType);
}
