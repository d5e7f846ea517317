import assert from "node:assert/strict";
import { test } from "node:test";

import { aGroup, aWorkflow } from "../suite-records.ts";
import { Executor } from "./executor.ts";
import { groupStep } from "./group-step.ts";
import { migrate } from "./migrations.ts";
import { type Database, openDatabase, query } from "./database.ts";
import { Reads } from "./reads.ts";
import { prepareStatements } from "./statements.ts";

/** The database, noting every statement that is prepared on it. */
function recording(database: Database, statements: Set<string>): Database {
  return new Proxy(database, {
    get: (target, name) => {
      if (name !== "prepare") return Reflect.get(target, name);
      return (sql: string) => {
        statements.add(sql);
        return target.prepare(sql);
      };
    },
  });
}

function planOf(database: Database, sql: string): string {
  const details = query(database, `EXPLAIN QUERY PLAN ${sql}`)
    .all()
    .map((row) => String(row[3]));
  return details.join("; ");
}

test("no read and no write walks a whole table", (t) => {
  const database = openDatabase(":memory:", "write");
  t.after(() => database.close());
  migrate(database, ":memory:");
  const statements = new Set<string>();
  const reads = new Reads(recording(database, statements));
  const group = aGroup(aWorkflow({ workflowId: "w" }));
  new Executor(database).execute([groupStep(group, () => 1)]);
  reads.loadExecution("w");
  reads.loadTasks("w", { type: "refs", refs: ["r"] });
  reads.loadTasks("w", { type: "tasks", taskIds: ["t"] });
  for (const type of ["all-tasks", "open-tasks", "agenda"] as const) reads.loadTasks("w", { type });
  reads.loadTasks("w", { type: "branches", joinId: "t" });
  reads.loadClaim("t");
  reads.snapshotText("h");
  reads.findTask("t");
  reads.findClaimed(1, 1);
  reads.pageOfTasks("w", { offset: 0, count: 1, statuses: ["FAILED"] });
  reads.listOpenTasks("pack", 0, 1);
  reads.listWorkflowIds({ type: "open", workflowName: "n" });
  const between = {
    type: "created-between",
    workflowName: "n",
    version: 1,
    from: 0,
    to: 1,
  } as const;
  reads.listWorkflowIds(between);
  const correlated = { type: "correlated", workflowName: "n", correlationId: "c" } as const;
  reads.listWorkflowIds({ ...correlated, includeClosed: true });
  prepareStatements(recording(database, statements));

  assert.ok(statements.size > 50);
  for (const sql of statements) {
    const plan = planOf(database, sql);
    assert.doesNotMatch(plan, /\bSCAN (?!CONSTANT)/, sql);
    if (/join_id = \?.*workflow_key = \?/s.test(sql)) assert.match(plan, /task_by_join/);
    if (/name = \? AND status < 2 ORDER/.test(sql)) assert.match(plan, /workflow_open/);
    if (/correlation_id = \?/.test(sql) && sql.startsWith("SELECT"))
      assert.match(plan, /workflow_correlated/);
  }
});
