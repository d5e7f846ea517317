import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const DEMO = fileURLToPath(new URL("../../scripts/demo.ts", import.meta.url));
const DEMO_MS_MAX = 60_000;

test("the demo survives a failing worker and ends with a COMPLETED workflow", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [DEMO], { timeout: DEMO_MS_MAX });
  assert.match(stdout, /weigh: attempt 1 FAILED/);
  assert.match(stdout, /weigh: attempt 2 COMPLETED/);
  assert.match(stdout, /the workflow is COMPLETED with \{"van":"van 7","size":"heavy"\}/);
});
