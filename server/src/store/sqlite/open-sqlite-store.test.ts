import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";

import { aGroup, aTask, aWorkflow, isNew } from "../suite-records.ts";
import { openDatabase } from "./database.ts";
import { Executor } from "./executor.ts";
import { groupStep } from "./group-step.ts";
import { migrate, MIGRATIONS } from "./migrations.ts";
import { openSqliteStore } from "./open-sqlite-store.ts";

function fileFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "ostinato-open-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "store.db");
}

test("a file has one store at a time, and a closed one lets it go", async (t) => {
  const file = fileFor(t);
  const store = await openSqliteStore({ file });
  const message = `${file} is in use by another process`;
  await assert.rejects(openSqliteStore({ file }), { code: "STORE_UNAVAILABLE", message });
  await store.close();
  const again = await openSqliteStore({ file });
  await again.close();
});

test("a killed process lets its file go, with all that it had acknowledged", async (t) => {
  const file = fileFor(t);
  const script = `
    import { openSqliteStore } from ${JSON.stringify(import.meta.resolve("./open-sqlite-store.ts"))};
    import { commit, aWorkflow } from ${JSON.stringify(import.meta.resolve("../suite-records.ts"))};
    const store = await openSqliteStore({ file: ${JSON.stringify(file)} });
    await commit(store, aWorkflow({ workflowId: "acknowledged" }));
    process.stdout.write("ready");
    setInterval(() => {}, 1_000);`;
  writeFileSync(`${file}.mjs`, script);
  const other = spawn(process.execPath, [`${file}.mjs`], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => other.kill("SIGKILL"));
  await once(other.stdout, "data");
  await assert.rejects(openSqliteStore({ file }), /in use by another process/);
  other.kill("SIGKILL");
  await once(other, "exit");
  assert.ok(existsSync(`${file}.lock`));
  const store = await openSqliteStore({ file });
  assert.equal((await store.loadExecutions(["acknowledged"]))[0]?.version, 1);
  await store.close();
});

test("what is no database of ours is refused in one line that names it", async (t) => {
  const [text, foreign] = [fileFor(t), fileFor(t)];
  writeFileSync(text, "no database at all ".repeat(100));
  const other = new DatabaseSync(foreign);
  other.exec("CREATE TABLE theirs (x)");
  other.close();
  await assert.rejects(openSqliteStore({ file: text }), {
    code: "STORE_UNAVAILABLE",
    message: `${text} is not an SQLite database`,
  });
  await assert.rejects(openSqliteStore({ file: foreign }), {
    code: "STORE_UNAVAILABLE",
    message: `${foreign} is not a database of this program`,
  });
  await assert.rejects(
    openSqliteStore({ file: "/no/such/folder/x.db" }),
    /\/no\/such\/folder\/x\.db\.lock cannot be opened/,
  );
  const after = new DatabaseSync(foreign);
  assert.equal(after.prepare("PRAGMA journal_mode").get()?.["journal_mode"], "delete");
  after.close();
});

test("a newer schema is refused, unless it says that this program can still use it", async (t) => {
  const file = fileFor(t);
  const store = await openSqliteStore({ file });
  await store.close();
  const database = new DatabaseSync(file);
  database.exec("PRAGMA user_version = 9; UPDATE meta SET value = 9 WHERE name = 'compatibleFrom'");
  await assert.rejects(openSqliteStore({ file }), {
    code: "STORE_UNAVAILABLE",
    message: `${file} was written by a newer version of this program (schema 9, this one knows 1)`,
  });
  database.exec("UPDATE meta SET value = 1 WHERE name = 'compatibleFrom'");
  database.close();
  const compatible = await openSqliteStore({ file });
  await compatible.close();
});

test("migrations run once each, in order, and a failing one changes nothing", (t) => {
  const file = fileFor(t);
  const database = openDatabase(file, "write");
  t.after(() => database.close());
  const second = { sql: "CREATE TABLE second (x)", compatibleFrom: 2 };
  migrate(database, file, MIGRATIONS);
  migrate(database, file, [...MIGRATIONS, second]);
  migrate(database, file, [...MIGRATIONS, second]);
  const broken = { sql: "CREATE TABLE third (x); CREATE TABLE second (x)", compatibleFrom: 3 };
  assert.throws(() => migrate(database, file, [...MIGRATIONS, second, broken]), /already exists/);
  assert.throws(() => migrate(database, file, MIGRATIONS), /written by a newer version/);
  migrate(database, file, [
    ...MIGRATIONS,
    second,
    { sql: "CREATE TABLE third (x)", compatibleFrom: 2 },
  ]);
});

test("a full disk fails the whole transaction, half of which is not there", (t) => {
  const file = fileFor(t);
  const database = openDatabase(file, "write");
  migrate(database, file, MIGRATIONS);
  const executor = new Executor(database);
  t.after(() => executor.close());
  const stepFor = (workflowId: string, inputData: string): ReturnType<typeof groupStep> =>
    groupStep(aGroup(aWorkflow({ workflowId }), { tasks: [isNew(aTask({ inputData }))] }), () => 1);
  const { page_count: pages } = database.prepare("PRAGMA page_count").get() ?? {};
  database.exec(`PRAGMA max_page_count = ${Number(pages) + 20}`);
  const outcome = executor.execute([
    stepFor("small", "{}"),
    stepFor("large", "x".repeat(1_000_000)),
  ]);
  assert.deepEqual(outcome, { code: "STORE_FULL", message: "the database's disk is full" });
  assert.equal(database.prepare("SELECT count(*) AS n FROM workflow").get()?.["n"], 0);
  database.exec("PRAGMA max_page_count = 1000000");
  const later = executor.execute([stepFor("small", "{}"), stepFor("large", "x".repeat(1_000_000))]);
  assert.ok("answers" in later && later.answers.every((answer) => answer.type === "committed"));
});
