import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";

import type { JsonObject } from "@ostinato/core";

import type { SystemTaskExecutor, SystemTaskResult } from "../system-task.ts";
import { createJdbcExecutor } from "./jdbc-task.ts";

type Run = (input: JsonObject, signal?: AbortSignal) => Promise<SystemTaskResult>;

function aDatabase(t: TestContext, answerBytesMax = 100_000): Run {
  const folder = mkdtempSync(join(tmpdir(), "jdbc-"));
  const file = join(folder, "orders.db");
  const database = new DatabaseSync(file);
  database.exec(`CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT, price REAL, data BLOB);
    INSERT INTO orders VALUES (1, 'one', 2, x'00ff'), (9007199254740993, 'big', 2.5, NULL)`);
  database.close();
  const instances = [{ name: "shop", database: { type: "sqlite" as const, file } }];
  const executor: SystemTaskExecutor = createJdbcExecutor({ instances, answerBytesMax });
  t.after(async () => {
    await executor.close?.();
    rmSync(folder, { recursive: true });
  });
  return (input, signal = new AbortController().signal) =>
    executor.execute(
      {
        taskId: "t",
        workflowId: "w",
        input: { connectionId: "shop", type: "SELECT", ...input },
        asyncComplete: false,
      },
      signal,
    );
}

test("a SELECT answers its rows, numbers as they are stored", async (t) => {
  const run = aDatabase(t);
  const result = await run({ statement: "SELECT * FROM orders ORDER BY id" });
  assert.deepEqual(result, {
    status: "COMPLETED",
    outputData:
      '{"result":[{"id":1,"name":"one","price":2.0,"data":"AP8="},' +
      '{"id":9007199254740993,"name":"big","price":2.5,"data":null}]}',
  });
});

test("parameters are bound as texts, and null as NULL", async (t) => {
  const run = aDatabase(t);
  const statement = "SELECT typeof(?) AS a, typeof(?) AS b, id FROM orders WHERE id = ?";
  const result = await run({ statement, parameters: [5, null, 1] });
  assert.equal(result.outputData, '{"result":[{"a":"text","b":"null","id":1}]}');
});

test("an UPDATE answers how many rows it changed, and is undone when that is not as expected", async (t) => {
  const run = aDatabase(t);
  const statement = "UPDATE orders SET name = ?";
  const update = { type: "UPDATE", statement, parameters: ["x"] };
  const wrong = await run({ ...update, expectedUpdateCount: 1 });
  assert.deepEqual(wrong, {
    status: "FAILED",
    outputData: '{"update_count":2}',
    reasonForIncompletion: "Update count 2 does not match with expected update count 1",
  });
  const names = { statement: "SELECT name FROM orders ORDER BY id" };
  assert.equal((await run(names)).outputData, '{"result":[{"name":"one"},{"name":"big"}]}');
  const right = await run({ ...update, expectedUpdateCount: 2 });
  assert.deepEqual(right, { status: "COMPLETED", outputData: '{"update_count":2}' });
  assert.equal((await run(names)).outputData, '{"result":[{"name":"x"},{"name":"x"}]}');
});

const FAULTS: readonly (readonly [JsonObject, SystemTaskResult["status"], RegExp])[] = [
  [{}, "FAILED_WITH_TERMINAL_ERROR", /^Missing JDBC statement$/],
  [
    { connectionId: "nope", statement: "select 1" },
    "FAILED_WITH_TERMINAL_ERROR",
    /^No such datasource configured\./,
  ],
  [{ statement: "select 1", type: "PROCEDURE" }, "FAILED", /^Unsupported Operation PROCEDURE$/],
  [{ statement: "select nowhere" }, "FAILED", /no such column: nowhere/],
  [{ statement: "delete from orders" }, "FAILED", /query does not return ResultSet/],
  [{ statement: "ATTACH 'other.db' AS o", type: "UPDATE" }, "FAILED", /not authorized/],
  [{ statement: "COMMIT", type: "UPDATE" }, "FAILED", /cannot commit/],
  [
    {
      statement: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
    },
    "FAILED_WITH_TERMINAL_ERROR",
    /^The result is larger than 100000 bytes$/,
  ],
];
for (const [input, status, reason] of FAULTS) {
  test(`${JSON.stringify(input)} is ${status}: ${reason.source}`, async (t) => {
    const result = await aDatabase(t)(input);
    assert.equal(result.status, status);
    assert.match(result.reasonForIncompletion ?? "", reason);
  });
}

test("a statement that never ends is given up with its process, and the next one has a new one", async (t) => {
  const run = aDatabase(t);
  const statement =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
  const result = await run({ statement }, AbortSignal.timeout(200));
  assert.equal(result.status, "FAILED");
  assert.equal((await run({ statement: "SELECT 1 AS one" })).outputData, '{"result":[{"one":1}]}');
});
