import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";

import { decodeId, encodeId } from "./ids.ts";

test("a lower-case UUID is 16 bytes, and comes back as it was", () => {
  for (let i = 0; i < 100; i++) {
    const id = randomUUID();
    const encoded = encodeId(id);
    assert.ok(encoded instanceof Uint8Array && encoded.length === 16);
    assert.equal(decodeId(encoded), id);
  }
});

test("any other id is its own text", () => {
  const uuid = randomUUID();
  const others = [
    "",
    "x",
    uuid.toUpperCase(),
    uuid.replaceAll("-", ""),
    uuid.replace("-", "0"),
    `${uuid.slice(1)}g`,
    " ".repeat(36),
  ];
  for (const id of others) {
    assert.equal(encodeId(id), id);
    assert.equal(decodeId(id), id);
  }
});
