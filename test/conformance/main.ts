/**
 * Plays the recordings against any server that speaks Conductor's REST API:
 *   npm run conformance -- --url http://127.0.0.1:8080 [--only TEXT] [--all] [--parallel N]
 * Without `--all`, only those that use nothing but what Ostinato supports so far. Exit status 0 when all agree.
 */
import { parseArgs } from "node:util";

import { findUnsupported } from "./applicable.ts";
import { newNamespace, playRecording } from "./play.ts";
import { loadRecordings, type Recording } from "./recording.ts";

const DIFFERENCES_SHOWN_MAX = 6;

const { values } = parseArgs({
  options: {
    url: { type: "string", default: "http://127.0.0.1:8080" },
    only: { type: "string", default: "" },
    all: { type: "boolean", default: false },
    parallel: { type: "string", default: "6" },
  },
});

const serverUrl = values.url.replace(/\/(api\/?)?$/, "");
const queue: Recording[] = loadRecordings(values.only).filter(
  (recording) => values.all || findUnsupported(recording) === undefined,
);
let passed = 0;
let failed = 0;

async function playAll(): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const problems = await playRecording(next, { serverUrl, namespace: newNamespace() });
    if (problems.length === 0) {
      passed += 1;
      continue;
    }
    failed += 1;
    console.log(`not ok ${next.id}`);
    for (const problem of problems.slice(0, DIFFERENCES_SHOWN_MAX)) console.log(`   ${problem}`);
  }
}

await Promise.all(Array.from({ length: Number(values.parallel) }, playAll));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
