import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { readConfig } from "./config.ts";
import { parseProperties } from "./settings/properties.ts";
import { expandPlaceholders, parseDuration, parseSize } from "./settings/values.ts";

function aFile(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "ostinato-")), "config.properties");
  writeFileSync(path, text);
  return path;
}

test("without settings the defaults are in force and nothing is to be said", () => {
  const config = readConfig([], { PATH: "x" });
  assert.equal(config.port, 8080);
  assert.equal(config.host, "127.0.0.1");
  assert.deepEqual(config.database, { type: "sqlite", file: "ostinato.db" });
  assert.equal(config.taskOutputBytesMax, 10 * 1024 * 1024);
  assert.deepEqual(config.notices, []);
});

test("arguments win over the file, the file over the environment", () => {
  const file = aFile("server.port=7002\nconductor.app.ownerEmailMandatory=true\n");
  const environment = {
    CONDUCTOR_CONFIG_FILE: file,
    SERVER_PORT: "7003",
    CONDUCTOR_APP_OWNEREMAILMANDATORY: "false",
    CONDUCTOR_APP_TASKEXECLOGSIZELIMIT: "3",
  };
  const config = readConfig(["--port", "7001"], environment);
  assert.equal(config.port, 7001);
  assert.equal(config.ownerEmailMandatory, true);
  assert.equal(config.taskLogsMax, 3);
});

test("--port and --server.port are the same setting, and the documented key wins", () => {
  assert.equal(readConfig(["--server.port=7001"], {}).port, 7001);
  assert.equal(readConfig(["--port=7002", "--server.port=7001"], {}).port, 7001);
});

test("--port wins over a server.port of the environment", () => {
  assert.equal(readConfig(["--port=7002"], { SERVER_PORT: "7001" }).port, 7002);
});

for (const key of [
  "conductor.app.ownerEmailMandatory",
  "conductor.app.owner-email-mandatory",
  "conductor.app.owner_email_mandatory",
  "CONDUCTOR_APP_OWNEREMAILMANDATORY",
]) {
  test(`${key} is found however it is spelled`, () => {
    assert.equal(readConfig([], { [key]: "true" }).ownerEmailMandatory, true);
    assert.equal(readConfig([`--${key}=true`], {}).ownerEmailMandatory, true);
  });
}

test("a file that is not there is a failure that names it", () => {
  assert.throws(() => readConfig([], { CONDUCTOR_CONFIG_FILE: "/nowhere.properties" }), {
    name: "SettingError",
    message: "CONDUCTOR_CONFIG_FILE names /nowhere.properties, which cannot be read",
  });
});

test("keys without effect are told once, without their values", () => {
  const config = readConfig(["--conductor.workflow.nonsense=1"], {
    "conductor.redis.hosts": "host:1:rack:password",
    CONDUCTOR_ENV_CITY: "Ulm",
    JAVA_OPTS: "-Xmx1g",
    HOME: "x",
  });
  assert.deepEqual(config.notices, [
    "conductor.redis.hosts (environment) is not understood here and has no effect",
    "JAVA_OPTS (environment) is not understood here and has no effect",
    "conductor.workflow.nonsense (argument) is not understood here and has no effect",
  ]);
});

for (const [args, message] of [
  [["--prot=80"], "unknown argument --prot; --help lists them"],
  [["serve"], "unexpected argument serve: settings are written --key=value"],
  [["--port"], "argument --port has no value: write --port=VALUE"],
  [["--port=80a"], 'port (argument): "80a" is not a whole number from 0 to 65535'],
  [
    ["--database=postgres://u:p@h/d"],
    "database (argument): PostgreSQL is not supported yet; use sqlite:FILE",
  ],
  [
    ["--database=mysql://u:p@h/d"],
    "database (argument): mysql is not supported; use sqlite:FILE or sqlite::memory:",
  ],
  [
    ["--conductor.db.type=redis_standalone"],
    'conductor.db.type (argument): "redis_standalone" is not supported yet; the only type is sqlite',
  ],
] as const) {
  test(`${args.join(" ")} is refused in one clear line`, () => {
    assert.throws(() => readConfig(args, {}), { name: "SettingError", message });
  });
}

for (const [url, file] of [
  ["sqlite:x.db", "x.db"],
  ["sqlite::memory:", undefined],
  ["jdbc:sqlite:c123.db?busy_timeout=15000&journal_mode=WAL", "c123.db"],
] as const) {
  test(`${url} is understood`, () => {
    assert.equal(readConfig([`--spring.datasource.url=${url}`], {}).database.file, file);
  });
}

test("placeholders take the environment, else their default", () => {
  const environment = { DB_FILE: "a.db" };
  const config = readConfig(["--database=sqlite:${DB_FILE:b.db}"], environment);
  assert.equal(config.database.file, "a.db");
  assert.equal(
    expandPlaceholders("${A:${B:c}}-${D}", () => undefined),
    "c-${D}",
  );
});

test("expressions may read allowed names and CONDUCTOR_ENV_ ones, nothing else", () => {
  const config = readConfig(["--ostinato.environment.names=CITY, TOWN"], {
    CITY: "Ulm",
    SECRET: "x",
    CONDUCTOR_ENV_REGION: "south",
    CONDUCTOR_SECRET_KEY: "x",
    NETFLIX_ENV: "test",
  });
  assert.deepEqual([...config.environment.keys()], ["NETFLIX_ENV", "CITY"]);
  assert.deepEqual([...config.workflowEnv], [["REGION", "south"]]);
});

for (const [text, ms] of [
  ["500ms", 500],
  ["10s", 10_000],
  ["10", 10_000],
  ["5m", 300_000],
  ["1h", 3_600_000],
  ["1d", 86_400_000],
  ["PT10S", 10_000],
  ["PT1M0.5S", 60_500],
] as const) {
  test(`the duration ${text} is ${ms} ms`, () => {
    assert.equal(parseDuration(text, "s"), ms);
  });
}

test("sizes have units or the one of their key", () => {
  assert.equal(parseSize("5120KB", "KB"), 5_242_880);
  assert.equal(parseSize("10MB", "KB"), 10_485_760);
  assert.equal(parseSize("256", "KB"), 262_144);
  assert.throws(() => parseSize("big", "KB"), { name: "SettingError" });
});

test("a properties file may use every separator, comments, continued lines and escapes", () => {
  const text = "# c\n! c\na=1\nb: 2\nc 3\nd = x\\\n   y\ne\\ f=\\u00e4\\t\na=9\nempty=\n";
  assert.deepEqual(Object.fromEntries(parseProperties(text)), {
    a: "9",
    b: "2",
    c: "3",
    d: "xy",
    "e f": "ä\t",
    empty: "",
  });
});
