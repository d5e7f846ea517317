import type { JsonObject } from "./json.ts";

export type RetryLogic = "FIXED" | "EXPONENTIAL_BACKOFF" | "LINEAR_BACKOFF";
export type TimeoutPolicy = "RETRY" | "TIME_OUT_WF" | "ALERT_ONLY";

export interface SchemaDef {
  readonly createTime: number;
  readonly updateTime: number;
  readonly ownerApp?: string;
  readonly createdBy?: string;
  readonly updatedBy?: string;
  readonly name?: string;
  readonly version: number;
  readonly type?: "JSON" | "AVRO" | "PROTOBUF";
  readonly data?: JsonObject;
  readonly externalRef?: string;
}

/**
 * How a task type meets failure, as decoded and with its defaults filled in. The object has exactly the members that go
 * on the wire: those without a `?` always, the others only when set. Durations in seconds, instants in epoch ms.
 */
export interface TaskDef {
  readonly createTime: number;
  readonly updateTime: number;
  readonly ownerApp?: string;
  readonly createdBy?: string;
  readonly updatedBy?: string;
  readonly name?: string;
  readonly description?: string;
  readonly retryCount: number;
  readonly timeoutSeconds: number;
  readonly inputKeys: readonly string[];
  readonly outputKeys: readonly string[];
  readonly runtimeMetadata: readonly string[];
  readonly timeoutPolicy: TimeoutPolicy;
  readonly retryLogic: RetryLogic;
  readonly retryDelaySeconds: number;
  readonly responseTimeoutSeconds: number;
  readonly concurrentExecLimit?: number;
  readonly inputTemplate: JsonObject;
  readonly rateLimitPerFrequency: number;
  readonly rateLimitFrequencyInSeconds: number;
  readonly isolationGroupId?: string;
  readonly executionNameSpace?: string;
  readonly ownerEmail?: string;
  readonly pollTimeoutSeconds?: number;
  readonly backoffScaleFactor: number;
  readonly maxRetryDelaySeconds: number;
  readonly backoffJitterMs: number;
  readonly baseType?: string;
  readonly totalTimeoutSeconds: number;
  readonly taskStatusListenerEnabled: boolean;
  readonly inputSchema?: SchemaDef;
  readonly outputSchema?: SchemaDef;
  readonly enforceSchema: boolean;
}
