import type { Json, JsonObject } from "./json.ts";
import type { SchemaDef, TaskDef } from "./task-def.ts";

export type IdempotencyStrategy = "FAIL" | "RETURN_EXISTING" | "FAIL_ON_RUNNING";

export interface SubWorkflowParams {
  readonly name?: string;
  /** Absent: the latest version, pinned when the parent starts. 0: the latest, not pinned. */
  readonly version?: number;
  readonly taskToDomain?: Readonly<Record<string, string>>;
  /** An inline definition, or an expression that gives one. */
  readonly workflowDefinition?: WorkflowDef | string;
  readonly idempotencyKey?: string;
  readonly idempotencyStrategy?: IdempotencyStrategy;
  readonly priority?: Json;
}

export interface CacheConfig {
  readonly key?: string;
  readonly ttlInSecond: number;
}

export interface RateLimitConfig {
  readonly rateLimitKey?: string;
  readonly concurrentExecLimit: number;
  readonly policy: "QUEUE" | "REJECT";
}

export interface StateChangeEvent {
  readonly type?: string;
  readonly payload?: JsonObject;
}

/**
 * One entry in a definition's task list, decoded, with the members that go on the wire: those without a `?` always, the
 * others only when set. `null` in `type`, `asyncComplete` or a collection of the request leaves the member out.
 */
export interface WorkflowTask {
  readonly name?: string;
  readonly taskReferenceName?: string;
  readonly description?: string;
  readonly inputParameters: JsonObject;
  /** Any text; one that nobody knows is a worker task. */
  readonly type?: string;
  readonly dynamicTaskNameParam?: string;
  readonly caseValueParam?: string;
  readonly caseExpression?: string;
  readonly scriptExpression?: string;
  readonly decisionCases: Readonly<Record<string, readonly WorkflowTask[]>>;
  readonly dynamicForkJoinTasksParam?: string;
  readonly dynamicForkTasksParam?: string;
  readonly dynamicForkTasksInputParamName?: string;
  readonly defaultCase: readonly WorkflowTask[];
  readonly forkTasks: readonly (readonly WorkflowTask[])[];
  readonly startDelay: number;
  readonly subWorkflowParam?: SubWorkflowParams;
  readonly joinOn: readonly string[];
  readonly joinMode?: "SYNC" | "ASYNC";
  readonly joinStatus?: string;
  readonly sink?: string;
  readonly optional: boolean;
  readonly taskDefinition?: TaskDef;
  readonly rateLimited?: boolean;
  readonly defaultExclusiveJoinTask: readonly string[];
  readonly asyncComplete?: boolean;
  readonly loopCondition?: string;
  readonly loopOver: readonly WorkflowTask[];
  readonly items?: string;
  readonly retryCount?: number;
  readonly evaluatorType?: string;
  readonly expression?: string;
  readonly onStateChange: Readonly<Record<string, readonly StateChangeEvent[]>>;
  readonly cacheConfig?: CacheConfig;
  readonly permissive: boolean;
  readonly metadata: JsonObject;
}

/** A registered workflow definition, decoded, with the members that go on the wire (see `WorkflowTask`). */
export interface WorkflowDef {
  readonly ownerApp?: string;
  readonly createTime: number;
  readonly updateTime: number;
  readonly createdBy?: string;
  readonly updatedBy?: string;
  readonly name?: string;
  readonly description?: string;
  readonly version: number;
  readonly tasks: readonly WorkflowTask[];
  readonly inputParameters: readonly string[];
  readonly outputParameters: JsonObject;
  readonly failureWorkflow?: string;
  readonly failureWorkflowVersion?: number;
  readonly schemaVersion: number;
  readonly restartable: boolean;
  readonly workflowStatusListenerEnabled: boolean;
  readonly workflowStatusListenerSink?: string;
  readonly ownerEmail?: string;
  readonly timeoutPolicy: "TIME_OUT_WF" | "ALERT_ONLY";
  readonly timeoutSeconds: number;
  readonly variables: JsonObject;
  readonly inputTemplate: JsonObject;
  readonly rateLimitConfig?: RateLimitConfig;
  readonly inputSchema?: SchemaDef;
  readonly outputSchema?: SchemaDef;
  readonly enforceSchema: boolean;
  readonly metadata: JsonObject;
  readonly cacheConfig?: CacheConfig;
  readonly maskedFields: readonly string[];
}
