import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ERRORS } from "./errors.ts";

test("docs/errors.md lists every error with its status", () => {
  const document = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
  const rows = [...document.matchAll(/^\| ([A-Z_]+) *\| (\d+) *\| (yes|no) *\|/gm)];
  const documented = rows.map(([, code, status, retryable]) => [
    code,
    { status: Number(status), retryable: retryable === "yes" },
  ]);
  assert.deepEqual(Object.fromEntries(documented), ERRORS);
});

test("a client's mistake is a 4xx, and only what may succeed later is retryable", () => {
  for (const { status, retryable } of Object.values(ERRORS)) {
    assert.equal(retryable, status === 503);
    assert.ok(status >= 400 && status < 600);
  }
});
