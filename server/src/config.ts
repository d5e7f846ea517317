import { readFileSync } from "node:fs";

import { readArguments } from "./settings/arguments.ts";
import { databaseUrl } from "./settings/database-url.ts";
import { type JdbcInstance, readJdbcInstances } from "./settings/jdbc-instances.ts";
import { SETTINGS, type Setting, type SettingValues } from "./settings/settings.ts";
import { canonicalKey, type Environment, gatherSettings, type Given } from "./settings/sources.ts";
import { SettingError } from "./settings/values.ts";

/** All that the server is told from outside, read once at its start. */
export interface Config extends SettingValues {
  /** The variables of the environment that `${NAME}` may read. */
  readonly environment: ReadonlyMap<string, string>;
  /** What `${workflow.env.NAME}` reads: `CONDUCTOR_ENV_NAME`. */
  readonly workflowEnv: ReadonlyMap<string, string>;
  /** What `${workflow.secrets.NAME}` reads when an input is handed out: `CONDUCTOR_SECRET_NAME`. Never shown. */
  readonly secrets: ReadonlyMap<string, string>;
  /** The databases that JDBC tasks may name. */
  readonly jdbcInstances: readonly JdbcInstance[];
  /** Settings that have no effect, a line each: unknown keys, and those of parts that are not here. */
  readonly notices: readonly string[];
  /** Every setting in force, and where it comes from. */
  readonly inForce: readonly SettingInForce[];
}

export interface SettingInForce {
  readonly key: string;
  readonly value: string;
  readonly source: Given["source"] | "default";
}

const ALWAYS_READABLE = ["NETFLIX_ENV", "NETFLIX_STACK"];
const WORKFLOW_ENV_PREFIX = "CONDUCTOR_ENV_";
const SECRET_PREFIX = "CONDUCTOR_SECRET_";
const SOURCES: readonly Given["source"][] = ["argument", "file", "environment"];
const FILE_KEY = "CONDUCTOR_CONFIG_FILE";

/**
 * Reads the configuration. Arguments (`--key=value`) win over the file that `CONDUCTOR_CONFIG_FILE` names, the file over
 * the environment, the environment over the defaults. Keys are found however they are spelled: case, dashes and
 * underscores do not count, and environment variables may have dots.
 * @throws SettingError when a value cannot be used, or the file cannot be read.
 * Source: integration of Conductor's configuration, `conductor.*` keys.
 */
export function readConfig(
  args: readonly string[],
  environment: Environment = process.env,
): Config {
  const { settings: given } = readArguments(args);
  const file = readConfigFile(given, environment);
  const gathered = gatherSettings(given, file, environment);
  const reader = new SettingReader(gathered);
  const values = reader.readAll();
  const jdbcInstances = reader.readJdbcInstances();
  return Object.freeze({
    ...values,
    environment: readableEnvironment(values.environmentNames, environment),
    workflowEnv: prefixed(environment, WORKFLOW_ENV_PREFIX),
    secrets: prefixed(environment, SECRET_PREFIX),
    jdbcInstances,
    notices: reader.notices(),
    inForce: reader.inForce,
  });
}

function readConfigFile(
  args: ReadonlyMap<string, string>,
  environment: Environment,
): { readonly text: string } | undefined {
  const path = args.get(FILE_KEY) ?? environment[FILE_KEY];
  if (path === undefined || path === "") return undefined;
  try {
    return { text: readFileSync(path, "utf8") };
  } catch (cause) {
    throw new SettingError(`${FILE_KEY} names ${path}, which cannot be read`, { cause });
  }
}

function readableEnvironment(
  names: readonly string[],
  environment: Environment,
): ReadonlyMap<string, string> {
  return new Map(
    [...ALWAYS_READABLE, ...names].flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** The variables whose names start so, under what follows. */
function prefixed(environment: Environment, prefix: string): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(environment).flatMap(([name, value]) =>
      value !== undefined && name.startsWith(prefix)
        ? [[name.slice(prefix.length), value] as const]
        : [],
    ),
  );
}

/** Turns what was gathered into values, and remembers which keys had a meaning. */
class SettingReader {
  readonly inForce: SettingInForce[] = [];
  readonly #gathered: ReadonlyMap<string, Given>;
  readonly #understood = new Set([canonicalKey(FILE_KEY)]);

  constructor(gathered: ReadonlyMap<string, Given>) {
    this.#gathered = gathered;
  }

  readAll(): SettingValues {
    const entries = Object.entries(SETTINGS).map(([name, setting]) => [
      name,
      this.#read(setting as Setting<unknown>),
    ]);
    return Object.fromEntries(entries) as SettingValues;
  }

  readJdbcInstances(): readonly JdbcInstance[] {
    const { instances, understood } = readJdbcInstances(this.#gathered);
    for (const key of understood) this.#understood.add(key);
    instances.forEach(({ name, database, source }, i) => {
      const value = `${name} ${databaseUrl(database)}`;
      this.inForce.push({ key: `conductor.jdbc.instances[${i}]`, value, source });
    });
    return instances;
  }

  /** What is set to no effect. Names only: a value may be a secret. */
  notices(): string[] {
    return [...this.#gathered.entries()].flatMap(([canonical, given]) => {
      if (this.#understood.has(canonical) || !isOurs(given)) return [];
      if (given.source === "argument" && !given.key.includes(".")) {
        throw new SettingError(`unknown argument --${given.key}; --help lists them`);
      }
      return [`${given.key} (${given.source}) is not understood here and has no effect`];
    });
  }

  #read<T>(setting: Setting<T>): T {
    const keys = [setting.key, ...setting.aliases].map(canonicalKey);
    for (const key of keys) this.#understood.add(key);
    const given = strongest(keys.map((key) => this.#gathered.get(key)));
    const source = given?.source ?? "default";
    try {
      const value = setting.parse(given?.value ?? setting.fallback);
      this.inForce.push({ key: setting.key, value: setting.show(value), source });
      return value;
    } catch (error) {
      if (!(error instanceof SettingError)) throw error;
      const where = `${given?.key ?? setting.key} (${source})`;
      throw new SettingError(`${where}: ${error.message}`, { cause: error });
    }
  }
}

/** Of the keys of one setting: the one from the strongest source, and of those the first. */
function strongest(candidates: readonly (Given | undefined)[]): Given | undefined {
  const found = candidates.filter((given) => given !== undefined);
  return SOURCES.map((source) => found.find((given) => given.source === source)).find(
    (given) => given !== undefined,
  );
}

/** The environment is full of other programs' variables; a file or an argument is meant for us. */
function isOurs(given: Given): boolean {
  if (given.source !== "environment") return true;
  if (given.key.startsWith(WORKFLOW_ENV_PREFIX)) return false;
  return given.key === "JAVA_OPTS" || /^(conductor|ostinato)[._]/i.test(given.key);
}
