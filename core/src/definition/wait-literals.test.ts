import assert from "node:assert/strict";
import { test } from "node:test";
import { parseWaitDuration, parseWaitUntil } from "./wait-literals.ts";

const durations: readonly [string, number | undefined][] = [
  ["5s", 5_000],
  ["5 secs", 5_000],
  ["10m20s", 620_000],
  ["5m 5s", 305_000],
  ["1d2h", 93_600_000],
  ["2 hours 30 minutes", 9_000_000],
  ["1 Day", 86_400_000],
  ["1 day 2 hours 3 minutes 4 seconds", 93_784_000],
  ["3HRS", 10_800_000],
  ["0s", 0],
  ["", undefined],
  [" ", undefined],
  ["5", undefined],
  ["s", undefined],
  ["5.0s", undefined],
  ["-5s", undefined],
  ["500ms", undefined],
  ["1w", undefined],
  ["20s10m", undefined],
  ["PT5S", undefined],
  ["99999999999d", undefined],
];

for (const [text, ms] of durations) {
  test(`the duration "${text}" is ${ms}`, () => assert.equal(parseWaitDuration(text), ms));
}

const SERVER_OFFSET_MS = 2 * 3_600_000;

const instants: readonly [string, string | undefined][] = [
  ["2031-04-30 15:20", "2031-04-30T13:20Z"],
  ["2031-04-30", "2031-04-29T22:00Z"],
  ["2031-04-30 15:20 GMT+04:00", "2031-04-30T11:20Z"],
  ["2031-04-30 15:20 GMT-7:00", "2031-04-30T22:20Z"],
  ["2031-04-30 15:20 +0400", "2031-04-30T11:20Z"],
  ["2031-04-30 15:20 UTC", "2031-04-30T15:20Z"],
  ["2031-04-30 15:20 GMT", "2031-04-30T15:20Z"],
  ["2031-04-30 15:20 PST", "2031-04-30T23:20Z"],
  ["2031-04-30 15:20 EST", "2031-04-30T20:20Z"],
  ["2031-04-30 15:20 CET", "2031-04-30T14:20Z"],
  ["2031-04-30 15:20 IST", "2031-04-30T09:50Z"],
  ["2031-04-30 15:20 JST", "2031-04-30T06:20Z"],
  ["2031-04-30 15:20 Pacific Standard Time", "2031-04-30T23:20Z"],
  ["2031-4-3 UTC", undefined],
  ["2031-4-3 5:7 UTC", "2031-04-03T05:07Z"],
  [" 2031-4-3 5:7 UTC", "2031-04-03T05:07Z"],
  ["2031-13-01 0:0 UTC", "2032-01-01T00:00Z"],
  ["2031-02-30 0:0 UTC", "2031-03-02T00:00Z"],
  ["2032-02-30 0:0 UTC", "2032-03-01T00:00Z"],
  ["2031-01-01 25:00 UTC", "2031-01-02T01:00Z"],
  ["2031-0-0 0:0 UTC", "2030-11-30T00:00Z"],
  ["2000-02-29 0:0 UTC", "2000-02-29T00:00Z"],
  ["1900-03-01 0:0 UTC", "1900-03-01T00:00Z"],
  ["0001-01-01 0:0 UTC", "0001-01-01T00:00Z"],
  ["2031-04-30 15:20 +04:00", undefined],
  ["2031-04-30 15:20 Z", undefined],
  ["2031-04-30 15:20 UTC+4", undefined],
  ["2031-04-30 15:20 GMT+4", undefined],
  ["2031-04-30 15:20 GMT+04", undefined],
  ["2031-04-30 15:20 GMT+0400", undefined],
  ["2031-04-30 15:20 America/New_York", undefined],
  ["2031-04-30 15:20:30", undefined],
  ["2031-04-30T15:20", undefined],
  ["2031-04-30 ", undefined],
  ["2031-04-30 15:20 ", undefined],
  ["2031-04-30  15:20", undefined],
  ["2031-04-30 15:20  UTC", undefined],
  ["2031/04/30", undefined],
  ["1714490400000", undefined],
  ["soon", undefined],
  ["", undefined],
];

for (const [text, iso] of instants) {
  test(`until "${text}" is ${iso}`, () => {
    const expected = iso === undefined ? undefined : Date.parse(iso);
    assert.equal(
      parseWaitUntil(text, () => SERVER_OFFSET_MS),
      expected,
    );
  });
}

test("every day from 1582 to 2500 has the number that Date gives it", () => {
  const dayMs = 86_400_000;
  for (let ms = Date.UTC(1582, 10, 1); ms < Date.UTC(2500, 0, 1); ms += 31 * dayMs) {
    const text = new Date(ms).toISOString().slice(0, 10);
    assert.equal(
      parseWaitUntil(text, () => 0),
      ms,
      text,
    );
  }
});

test("the server's zone is asked for the local time", () => {
  const asked: number[] = [];
  parseWaitUntil("2031-04-30 15:20", (localMs) => asked.push(localMs));
  assert.deepEqual(asked, [Date.UTC(2031, 3, 30, 15, 20)]);
});

test("a year that no Date can hold is the last instant there is", () => {
  assert.equal(
    parseWaitUntil("999999999-01-01", () => 0),
    8.64e15,
  );
});
