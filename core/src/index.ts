export type { Json, JsonObject, JsonText, RawNumber } from "./model/json.ts";
export {
  doubleToJson,
  findUnstorable,
  isJsonArray,
  isJsonObject,
  isRawNumber,
  memberOf,
  parseJson,
  setMember,
  toNumber,
  writeJson,
} from "./model/json.ts";
export { firstValue, JSON_DEPTH_MAX } from "./model/json-scan.ts";
export type { Document, Scope } from "./expression/scope.ts";
export { asBoolean, asCaseText } from "./evaluation/conversions.ts";
export type { WrittenExpression } from "./expression/template-text.ts";
export { isValidPath } from "./expression/compile-path.ts";
export { resolveInput, withTemplate, workflowInput } from "./expression/input-template.ts";
export { javaMapText, javaText } from "./expression/java-text.ts";
export { mayHoldSecrets, resolveSecrets } from "./expression/secrets.ts";
export { referencedNames, resolveTemplate } from "./expression/template.ts";
export { listExpressions } from "./expression/template-text.ts";
export { utf8Length } from "./expression/utf8-length.ts";
export type { TaskResultStatus, TaskStatus, WorkflowStatus } from "./model/status.ts";
export {
  isOpen,
  isRetriable,
  isSuccessful,
  isTerminalWorkflow,
  TASK_RESULT_STATUSES,
  TASK_STATUSES,
  WORKFLOW_STATUSES,
} from "./model/status.ts";
export type { RetryLogic, SchemaDef, TaskDef, TimeoutPolicy } from "./model/task-def.ts";
export type {
  CacheConfig,
  IdempotencyStrategy,
  RateLimitConfig,
  StateChangeEvent,
  SubWorkflowParams,
  WorkflowDef,
  WorkflowTask,
} from "./model/workflow-def.ts";
export type { Ending, Workflow, WorkflowData } from "./model/workflow.ts";
export type { ForkState, JoinState, Task } from "./model/task.ts";
export type { Claim, Limits, QueueEntry, Timeouts } from "./model/queue.ts";
export { deadlineOf } from "./model/queue.ts";
export type {
  ChildEnded,
  Command,
  ExtendLease,
  ExternalCommand,
  Idempotency,
  InternalCommand,
  StartChild,
  StartFailureWorkflow,
  StartWorkflow,
  TaskLog,
  UpdateTask,
  UpdateTaskByRef,
} from "./model/command.ts";
export {
  type Evaluation,
  type EvaluationResult,
  evaluationKey,
  type Evaluator,
} from "./model/evaluation.ts";
export type { ChangeSet, OutboxMessage, QueueChange, TaskChange } from "./change/change-set.ts";
export type { Execution } from "./change/execution.ts";
export { applyChanges, executionFrom, keep, NO_DATA, remember } from "./change/apply-changes.ts";
export type { Definitions } from "./definition/definitions.ts";
export type { Snapshot, SnapshotTask } from "./definition/snapshot.ts";
export type { DecideContext, PayloadLimits } from "./decider/context.ts";
export type { Decision, DecideResult, Lookup, RejectionCode } from "./decider/decision.ts";
export type {
  Decoder,
  Member,
  Members,
  PrimitiveDecoder,
  Schema,
  SchemaProperties,
} from "./model/decode.ts";
export {
  anyJson,
  decode,
  DecodeError,
  jsonObject,
  lazy,
  list,
  notNull,
  nullable,
  object,
  optional,
  orElse,
  primitive,
  record,
  unexpected,
} from "./model/decode.ts";
export { boolean, int, long, oneOf, text } from "./model/decode-scalars.ts";
export { buildSnapshot, readSnapshot } from "./definition/build-snapshot.ts";
export type { SnapshotSources } from "./definition/build-snapshot.ts";
export { startWorkflowRequestDecoder, taskResultDecoder } from "./definition/decode-requests.ts";
export { schemaDefDecoder, taskDefDecoder } from "./definition/decode-task-def.ts";
export {
  idempotencyStrategyDecoder,
  workflowDefDecoder,
  workflowTaskDecoder,
} from "./definition/decode-workflow-def.ts";
export { DefinitionError } from "./definition/definition-error.ts";
export {
  validateStartWorkflowRequest,
  validateTaskResult,
} from "./definition/validate-requests.ts";
export { validateTaskDef } from "./definition/validate-task-def.ts";
export type { WorkflowDefRules } from "./definition/validate-workflow-def.ts";
export { findUnsupported, validateWorkflowDef } from "./definition/validate-workflow-def.ts";
export type { Violation } from "./definition/violation.ts";
export { violationsAt } from "./definition/violation.ts";
export { parseWaitDuration, parseWaitUntil } from "./definition/wait-literals.ts";
export type { StartWorkflowRequest, TaskExecLog, TaskResult } from "./model/requests.ts";
export { decide } from "./decider/decide.ts";
export { CHANGES_PER_SLICE_MAX } from "./decider/advance.ts";
export { isSystemType, QUEUED_SYSTEM_TYPES } from "./model/system-types.ts";
export type { Cut } from "./wire/cut-member.ts";
export { cutElements, cutMember, isPlainObject } from "./wire/cut-member.ts";
export type { ReturnStrategy, SignalHeader } from "./wire/signal-response-json.ts";
export { RETURN_STRATEGIES, taskRunJson, workflowRunJson } from "./wire/signal-response-json.ts";
export type { TaskSurroundings } from "./wire/task-json.ts";
export { childIdOf, taskJson } from "./wire/task-json.ts";
export type { FindLive } from "./model/task-output.ts";
export { bodyRefsIn } from "./definition/body-refs.ts";
export { hasDerivedOutput, liveAmong, outputText, refsOfJoin } from "./model/task-output.ts";
export type { TaskSource } from "./wire/task-source.ts";
export type { PollDataSource } from "./wire/worker-json.ts";
export { pollDataListJson, taskLogListJson } from "./wire/worker-json.ts";
export type { StatusParts, WorkflowSource } from "./wire/workflow-json.ts";
export { taskListJson, workflowJson, workflowStatusJson } from "./wire/workflow-json.ts";
export { executionMetadataJson } from "./wire/execution-metadata-json.ts";
