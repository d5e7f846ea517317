import assert from "node:assert/strict";
import { copyFileSync, existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

import { decodeId } from "../../server/src/store/sqlite/ids.ts";
import { openSqliteStore } from "../../server/src/store/sqlite/open-sqlite-store.ts";

/** What a file says that a killed server has left. */
export interface Autopsy {
  /** Claimed attempts of which it does not say that the answer has left. */
  readonly undelivered: ReadonlySet<string>;
  /** Open executions that nothing will ever move: there must be none. */
  readonly stuck: readonly string[];
}

/** Opens a copy: the file itself is left as the server left it. */
export async function examine(file: string, copy: string): Promise<Autopsy> {
  copyDatabase(file, copy);
  const undelivered = readUndelivered(copy);
  const store = await openSqliteStore({ file: copy, inProcess: true });
  const stuck = await store.findStuck();
  await store.close();
  return { undelivered, stuck: stuck.map(({ workflowId, reason }) => `${workflowId}: ${reason}`) };
}

function readUndelivered(file: string): Set<string> {
  const database = new DatabaseSync(file);
  try {
    assert.equal(database.prepare("PRAGMA integrity_check").get()?.["integrity_check"], "ok");
    const hasTables = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'queue'").get();
    const rows = hasTables === undefined ? [] : database.prepare(UNDELIVERED).all();
    return new Set(rows.map(({ id }) => decodeId(id as Uint8Array)));
  } finally {
    database.close();
  }
}

const UNDELIVERED = `SELECT t.id FROM queue q JOIN task t ON t.key = q.task_key
  WHERE q.claimed = 1 AND q.delivered_at IS NULL`;

/** The database and its log, without the index of the log, which a power cut would not leave either. */
export function copyDatabase(file: string, copy: string): void {
  copyFileSync(file, copy);
  const log = `${file}-wal`;
  if (existsSync(log)) copyFileSync(log, `${copy}-wal`);
}
