import assert from "node:assert/strict";
import { test } from "node:test";
import { createSerial } from "./serial.ts";

test("changes run one after the other, also after one that failed", async () => {
  const serially = createSerial();
  const seen: string[] = [];
  const change = (name: string) => async () => {
    seen.push(`${name} starts`);
    await Promise.resolve();
    if (name === "b") throw new Error("b failed");
    seen.push(`${name} ends`);
    return name;
  };
  const results = await Promise.allSettled(["a", "b", "c"].map((name) => serially(change(name))));
  assert.deepEqual(
    results.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled"],
  );
  assert.deepEqual(seen, ["a starts", "a ends", "b starts", "c starts", "c ends"]);
});
