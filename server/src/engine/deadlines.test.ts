import assert from "node:assert/strict";
import { test } from "node:test";

import { Deadlines } from "./deadlines.ts";

test("a deadline that is repeated while its command waits is not submitted again", () => {
  const submitted: { readonly command: object; readonly done: () => void }[] = [];
  const deadlines = new Deadlines((_workflowId, command, done) => {
    submitted.push({ command, done });
  });
  const due = [{ workflowId: "w", taskId: "t" }, { workflowId: "w" }];
  deadlines.fire(due);
  deadlines.fire(due);
  assert.deepEqual(
    submitted.map(({ command }) => command),
    [{ type: "task-deadline", taskId: "t" }, { type: "workflow-deadline" }],
  );
  submitted[0]?.done();
  deadlines.fire(due);
  assert.equal(submitted.length, 3);
});
