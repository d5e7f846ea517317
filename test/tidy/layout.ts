/** Who may import what. A folder may always import itself; tests may import anything. */
export interface LayoutRule {
  /** A folder, or one file; the longest one that a file lies in counts. */
  readonly folder: string;
  /** Folders and files of this repository, package names, or `node:` for the platform. */
  readonly mayImport: readonly string[];
}

/** Small files that know nothing of the rest. */
const ASSERT = "core/src/assert.ts";
const CACHE = "core/src/bounded-cache.ts";
const CORE = "@ostinato/core";
const ERRORS = "server/src/errors.ts";
const ENGINE_PORT = "server/src/engine/engine.ts";
const STORE_PORT = "server/src/store/store.ts";

export const LAYOUT: readonly LayoutRule[] = [
  { folder: "core/src/model", mayImport: [ASSERT] },
  { folder: "core/src/expression", mayImport: [ASSERT, CACHE, "core/src/model"] },
  { folder: "core/src/evaluation", mayImport: ["core/src/model", "core/src/expression"] },
  { folder: "core/src/change", mayImport: [ASSERT, "core/src/model"] },
  { folder: "core/src/definition", mayImport: [ASSERT, "core/src/model", "core/src/expression"] },
  { folder: "core/src/wire", mayImport: [ASSERT, CACHE, "core/src/model", "core/src/definition"] },
  { folder: "core/src/decider", mayImport: ["core/src"] },
  { folder: ASSERT, mayImport: [] },
  { folder: CACHE, mayImport: [] },
  { folder: "core/src/index.ts", mayImport: ["core/src"] },
  {
    folder: "server/src/http",
    mayImport: ["server/src/service", ERRORS, CORE, "fastify", "node:"],
  },
  { folder: "server/src/service", mayImport: [ENGINE_PORT, STORE_PORT, ERRORS, CORE, "node:"] },
  { folder: "server/src/engine", mayImport: [STORE_PORT, ERRORS, CORE, "node:"] },
  { folder: "server/src/store", mayImport: [ERRORS, CORE] },
  {
    folder: "server/src/store/sqlite",
    mayImport: [STORE_PORT, "server/src/store/clock.ts", ERRORS, CORE, "node:"],
  },
  {
    folder: "server/src/metrics",
    mayImport: [ENGINE_PORT, STORE_PORT, ERRORS, CORE, "prom-client", "node:"],
  },
  {
    folder: "server/src/evaluation",
    mayImport: [
      ERRORS,
      CORE,
      "quickjs-emscripten-core",
      "@jitl/quickjs-wasmfile-release-sync",
      "jq-web",
      "node:",
    ],
  },
  {
    folder: "server/src/system-task",
    mayImport: [ENGINE_PORT, STORE_PORT, ERRORS, CORE, "undici", "node:"],
  },
  { folder: "server/src/settings", mayImport: ["node:"] },
  {
    folder: "server/src/cli",
    mayImport: [
      "server/src/config.ts",
      "server/src/main.ts",
      "server/src/settings",
      "server/src/version.ts",
      "node:",
    ],
  },
  { folder: "server/src/log.ts", mayImport: ["pino"] },
  { folder: "server/src", mayImport: ["server/src", CORE, "node:"] },
];

/** The one file of the sources that reads the environment, and the one folder that prints. */
export const READS_ENVIRONMENT = "server/src/config.ts";
export const PRINTS = "server/src/cli/";

export const LINES_MAX = 400;
export const TEST_LINES_MAX = 800;
export const README_LINES_MAX = 45;
