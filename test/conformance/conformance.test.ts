import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { after, suite, test } from "node:test";

import { readConfig, startServer } from "@ostinato/server";

import { findUnsupported } from "./applicable.ts";
import { newNamespace, playRecording } from "./play.ts";
import { loadRecordings, type Recording } from "./recording.ts";

/** Most of a play is waiting, so that many at a time keep even one core from idling. */
const PLAYS_AT_A_TIME = 4 * availableParallelism();
/** Plays of what is set aside are expected to differ soon. */
const ASIDE_WAIT_MS_MAX = 300;

const config = readConfig(["--port=0", "--database=sqlite::memory:"], {});
const server = await startServer(config);
after(() => server.close());

const all = loadRecordings(process.env["CONFORMANCE_ONLY"]);
const [applicable, aside] = [
  all.filter((recording) => findUnsupported(recording) === undefined),
  all.filter((recording) => findUnsupported(recording) !== undefined),
];

/** Executions of one play that nothing will ever move: there must be none, whatever the play did. */
async function findStuck(namespace: string): Promise<string[]> {
  const reasons = (await server.findStuck()).map(async ({ workflowId, reason }) => {
    const response = await fetch(`${server.url}/api/workflow/${workflowId}?includeTasks=false`);
    const { workflowName } = (await response.json()) as { workflowName?: string };
    return `stuck: ${workflowName} ${workflowId}: ${reason}`;
  });
  return (await Promise.all(reasons)).filter((text) => text.includes(namespace));
}

suite("the server answers as recorded", { concurrency: PLAYS_AT_A_TIME }, () => {
  for (const recording of applicable) {
    test(`${recording.id}: ${recording.title}`, async () => {
      const namespace = newNamespace();
      const problems = await playRecording(recording, { serverUrl: server.url, namespace });
      assert.deepEqual([...problems, ...(await findStuck(namespace))], []);
    });
  }
});

test("recordings that are set aside do not pass: else the lists of what is supported lag", async () => {
  const passed: string[] = [];
  const queue = [...aside];
  async function playNext(): Promise<void> {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (await passesQuickly(next)) passed.push(`${next.id} (${findUnsupported(next)})`);
    }
  }
  await Promise.all(Array.from({ length: PLAYS_AT_A_TIME }, playNext));
  assert.deepEqual(passed, []);
});

test("nothing is stuck after all of them", async () => {
  assert.deepEqual(await server.findStuck(), []);
});

async function passesQuickly(recording: Recording): Promise<boolean> {
  const problems = await playRecording(recording, {
    serverUrl: server.url,
    namespace: newNamespace(),
    waitMsMax: ASIDE_WAIT_MS_MAX,
    stopAtFirstDifference: true,
  });
  return problems.length === 0;
}
