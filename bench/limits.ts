import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const MEASURE_MS = 1_000;

/** How many durable commits of one small row this machine's disk does a second, one after the other. */
export function durableCommitsPerSecond(): number {
  const folder = mkdtempSync(join(tmpdir(), "bench-disk-"));
  const database = new DatabaseSync(join(folder, "disk.db"));
  try {
    database.exec("PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    database.exec("CREATE TABLE fact (key INTEGER PRIMARY KEY, text TEXT)");
    const insert = database.prepare("INSERT INTO fact (text) VALUES (?)");
    const text = "x".repeat(300);
    const beganAt = performance.now();
    let commits = 0;
    while (performance.now() < beganAt + MEASURE_MS) {
      insert.run(text);
      commits++;
    }
    return (commits * 1_000) / (performance.now() - beganAt);
  } finally {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
