import { type Database, databaseUrl, parseDatabaseUrl } from "./database-url.ts";
import { type EgressRule, egressRuleText, parseEgressRules } from "./egress-rules.ts";
import {
  parseBoolean,
  parseDuration,
  parseInteger,
  parseList,
  parseSize,
  SettingError,
} from "./values.ts";

/** The settings by their names in the program; `Config` is these and what follows from them. */
export interface SettingValues {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly database: Database;
  readonly databaseType: "sqlite";
  readonly logLevel: string;
  readonly ownerEmailMandatory: boolean;
  readonly nameValidation: boolean;
  /** A worker counts as active for so long after its last poll. */
  readonly activeWorkerLastPollMs: number;
  /** A task whose handing out was not recorded before the server died stays with its worker for so long. */
  readonly undeliveredMs: number;
  /** Log lines taken from one task result. */
  readonly taskLogsMax: number;
  readonly workflowInputBytesMax: number;
  readonly workflowOutputBytesMax: number;
  readonly taskInputBytesMax: number;
  readonly taskOutputBytesMax: number;
  readonly variablesBytesMax: number;
  /** Of one request. */
  readonly bodyBytesMax: number;
  /** Variables of the server's environment that expressions may read. */
  readonly environmentNames: readonly string[];
  /** What one script or jq program of a definition may take. */
  readonly scriptTimeMs: number;
  readonly scriptMemoryBytes: number;
  /** Whether this server runs system tasks that have effects outside. */
  readonly systemTaskWorkers: boolean;
  /** How many system tasks of a type run at once, and how many of an isolation group. */
  readonly systemTaskThreads: number;
  readonly isolatedTaskThreads: number;
  /** The same for these types; 0: as for all. */
  readonly httpThreads: number;
  readonly jdbcThreads: number;
  readonly kafkaPublishThreads: number;
  /** For HTTP tasks that set a timeout to null. */
  readonly httpConnectTimeoutMs: number;
  readonly httpReadTimeoutMs: number;
  /** Where HTTP tasks may go; empty: anywhere. */
  readonly egressAllow: readonly EgressRule[];
  /** Where they may not. */
  readonly egressDeny: readonly EgressRule[];
}

export interface Setting<T> {
  /** As documented; spelled otherwise it is found too, see `canonicalKey`. */
  readonly key: string;
  /** Other keys with the same meaning; of two from the same source the first counts, `key` before them. */
  readonly aliases: readonly string[];
  /** As it would be written. */
  readonly fallback: string;
  readonly about: string;
  parse(text: string): T;
  show(value: T): string;
}

export const SETTINGS: { readonly [Name in keyof SettingValues]: Setting<SettingValues[Name]> } = {
  port: {
    key: "server.port",
    aliases: ["port"],
    fallback: "8080",
    about: "the port; 0 takes any free one",
    parse: (text) => parseInteger(text, { min: 0, max: 65_535 }),
    show: String,
  },
  host: {
    key: "server.address",
    aliases: ["host"],
    fallback: "127.0.0.1",
    about: "the address to listen on; 0.0.0.0 for all",
    parse: parseHost,
    show: String,
  },
  database: {
    key: "ostinato.database",
    aliases: ["database", "spring.datasource.url"],
    fallback: "sqlite:ostinato.db",
    about: "sqlite:FILE, or sqlite::memory: for one that is gone at the end",
    parse: parseDatabaseUrl,
    show: databaseUrl,
  },
  databaseType: {
    key: "conductor.db.type",
    aliases: [],
    fallback: "sqlite",
    about: "sqlite is the only one so far",
    parse: parseDatabaseType,
    show: String,
  },
  logLevel: {
    key: "ostinato.log-level",
    aliases: [],
    fallback: "warn",
    about: "trace, debug, info, warn, error, fatal or silent",
    parse: parseLogLevel,
    show: String,
  },
  ownerEmailMandatory: {
    key: "conductor.app.ownerEmailMandatory",
    aliases: [],
    fallback: "false",
    about: "definitions must name an owner",
    parse: parseBoolean,
    show: String,
  },
  nameValidation: {
    key: "conductor.app.workflow.name-validation.enabled",
    aliases: [],
    fallback: "false",
    about: "limits the characters of workflow names",
    parse: parseBoolean,
    show: String,
  },
  activeWorkerLastPollMs: {
    key: "conductor.app.activeWorkerLastPollTimeout",
    aliases: [],
    fallback: "10s",
    about: "how long a worker counts as active after a poll (domains)",
    parse: (text) => parseDuration(text, "s"),
    show: (value) => `${value}ms`,
  },
  undeliveredMs: {
    key: "ostinato.undelivered-timeout",
    aliases: [],
    fallback: "30s",
    about: "after a crash, how long a task that may not have reached its worker is kept for it",
    parse: (text) => parseDuration(text, "s"),
    show: (value) => `${value}ms`,
  },
  taskLogsMax: {
    key: "conductor.app.taskExecLogSizeLimit",
    aliases: [],
    fallback: "10",
    about: "log lines taken from one task result",
    parse: (text) => parseInteger(text, { min: 0, max: 10_000 }),
    show: String,
  },
  workflowInputBytesMax: sizeLimit(
    "maxWorkflowInputPayloadSizeThreshold",
    10_240,
    "workflow input",
  ),
  workflowOutputBytesMax: sizeLimit(
    "maxWorkflowOutputPayloadSizeThreshold",
    10_240,
    "workflow output",
  ),
  taskInputBytesMax: sizeLimit("maxTaskInputPayloadSizeThreshold", 10_240, "task input"),
  taskOutputBytesMax: sizeLimit("maxTaskOutputPayloadSizeThreshold", 10_240, "task output"),
  variablesBytesMax: sizeLimit(
    "maxWorkflowVariablesPayloadSizeThreshold",
    256,
    "all variables of a workflow",
  ),
  bodyBytesMax: {
    key: "ostinato.body-bytes-max",
    aliases: [],
    fallback: "32MB",
    about: "the largest request body; a larger one is answered 413",
    parse: (text) => parseSize(text, "B"),
    show: (value) => `${value}B`,
  },
  environmentNames: {
    key: "ostinato.environment.names",
    aliases: [],
    fallback: "",
    about: "environment variables that ${NAME} in definitions may read, comma-separated",
    parse: parseList,
    show: (value) => value.join(","),
  },
  scriptTimeMs: {
    key: "conductor.script.maxExecutionSeconds",
    aliases: [],
    fallback: "4s",
    about: "how long a script or jq program of a definition may run",
    parse: (text) => parseDuration(text, "s"),
    show: (value) => `${value}ms`,
  },
  scriptMemoryBytes: {
    key: "ostinato.script-memory",
    aliases: [],
    fallback: "64MB",
    about: "what a script or jq program of a definition may hold in memory",
    parse: (text) => parseSize(text, "B"),
    show: (value) => `${value}B`,
  },
  systemTaskWorkers: {
    key: "conductor.system-task-workers.enabled",
    aliases: [],
    fallback: "true",
    about: "whether this server runs HTTP, JDBC and KAFKA_PUBLISH tasks",
    parse: parseBoolean,
    show: String,
  },
  systemTaskThreads: threadCount(
    "systemTaskWorkerThreadCount",
    { fallback: 100, min: 1 },
    "how many tasks of each of these types run at once",
  ),
  isolatedTaskThreads: threadCount(
    "isolatedSystemTaskWorkerThreadCount",
    { fallback: 1, min: 1 },
    "the same for those with an isolationGroupId or executionNameSpace, for each of these",
  ),
  httpThreads: typeThreads("HTTP"),
  jdbcThreads: typeThreads("JDBC"),
  kafkaPublishThreads: typeThreads("KAFKA_PUBLISH"),
  httpConnectTimeoutMs: nullTimeout("connectTimeout", "100ms", "connectionTimeOut"),
  httpReadTimeoutMs: nullTimeout("readTimeout", "150ms", "readTimeOut"),
  egressAllow: {
    key: "ostinato.egress.allow",
    aliases: [],
    fallback: "",
    about:
      "where HTTP tasks may go, and nowhere else: hosts, *.domain, CIDR ranges, private; empty for anywhere",
    parse: parseEgressRules,
    show: egressText,
  },
  egressDeny: {
    key: "ostinato.egress.deny",
    aliases: [],
    fallback: "",
    about: "where HTTP tasks may not go, also if it is allowed",
    parse: parseEgressRules,
    show: egressText,
  },
};

function threadCount(
  name: string,
  { fallback, min }: { readonly fallback: number; readonly min: number },
  about: string,
): Setting<number> {
  return {
    key: `conductor.app.${name}`,
    aliases: [],
    fallback: String(fallback),
    about,
    parse: (text) => parseInteger(text, { min, max: 10_000 }),
    show: String,
  };
}

function typeThreads(taskType: string): Setting<number> {
  return threadCount(
    `taskWorkerConfigs.${taskType}.threadCount`,
    { fallback: 0, min: 0 },
    `how many ${taskType} tasks run at once; 0 for as many as of any type`,
  );
}

function nullTimeout(name: string, fallback: string, field: string): Setting<number> {
  return {
    key: `conductor.tasks.http.${name}`,
    aliases: [],
    fallback,
    about: `for HTTP tasks whose ${field} is null (without it, 3 s)`,
    parse: (text) => parseDuration(text, "ms"),
    show: (value) => `${value}ms`,
  };
}

function egressText(rules: readonly EgressRule[]): string {
  return rules.map(egressRuleText).join(",");
}

function sizeLimit(name: string, kilobytes: number, what: string): Setting<number> {
  return {
    key: `conductor.app.${name}`,
    aliases: [],
    fallback: `${kilobytes}KB`,
    about: `the largest ${what}`,
    parse: (text) => parseSize(text, "KB"),
    show: (value) => `${value}B`,
  };
}

function parseHost(text: string): string {
  if (/^[\w.:%-]+$/.test(text.trim())) return text.trim();
  throw new SettingError(`${JSON.stringify(text)} is no address`);
}

function parseDatabaseType(text: string): "sqlite" {
  if (text.trim().toLowerCase() === "sqlite") return "sqlite";
  throw new SettingError(`${JSON.stringify(text)} is not supported yet; the only type is sqlite`);
}

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

function parseLogLevel(text: string): string {
  const level = text.trim().toLowerCase();
  if (LOG_LEVELS.includes(level)) return level;
  throw new SettingError(`${JSON.stringify(text)} is none of ${LOG_LEVELS.join(", ")}`);
}
