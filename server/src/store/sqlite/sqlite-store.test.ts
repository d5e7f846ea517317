import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

import type { Store } from "../store.ts";
import { storeSuite, type SuiteAdapter } from "../store-suite.ts";
import { openSqliteStore } from "./open-sqlite-store.ts";

storeSuite("in memory", { open: (clock) => openSqliteStore({ file: ":memory:", clock }) });
storeSuite("file, in process", onFile({ inProcess: true }));
storeSuite("file, writer thread", onFile({ inProcess: false }));

function onFile(options: { readonly inProcess: boolean }): SuiteAdapter {
  const files = new WeakMap<Store, string>();
  const open = async (file: string, clock: Parameters<SuiteAdapter["open"]>[0]): Promise<Store> => {
    const store = await openSqliteStore({ file, clock, ...options });
    files.set(store, file);
    return store;
  };
  return {
    open: (clock, t) => open(join(folderFor(t), "store.db"), clock),
    reopen: async (store, clock, t) => {
      const again = await open(files.get(store) ?? "", clock);
      t.after(() => again.close());
      return again;
    },
  };
}

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "ostinato-store-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
