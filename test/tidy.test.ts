import assert from "node:assert/strict";
import { test } from "node:test";

import {
  LAYOUT,
  LINES_MAX,
  PRINTS,
  README_LINES_MAX,
  READS_ENVIRONMENT,
  TEST_LINES_MAX,
} from "./tidy/layout.ts";
import {
  filesMatching,
  importsOf,
  isTest,
  type SourceFile,
  withoutTestSupport,
  withoutTypeImports,
} from "./tidy/source-files.ts";

const sources = filesMatching(["core/src/**/*.ts", "server/src/**/*.ts"]);
const production = withoutTestSupport(sources);
const ours = [...sources, ...filesMatching(["test/**/*.ts", "scripts/**/*.ts", "bench/**/*.ts"])];
const prose = filesMatching(["**/*.md"]);

/** The line numbers at which a test holds, as `path:line`. */
function linesWhere(file: SourceFile, holds: (line: string) => boolean): string[] {
  return file.text
    .split("\n")
    .flatMap((line, index) => (holds(line) ? [`${file.path}:${index + 1}`] : []));
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(":") ? folder : `${folder}/`);
}

test("every import is one that the layout allows", () => {
  const forbidden = production.flatMap((file) => {
    const rule = LAYOUT.filter(({ folder }) => isWithin(file.path, folder)).sort(
      (a, b) => b.folder.length - a.folder.length,
    )[0];
    if (rule === undefined) return [`${file.path} lies in no folder of the layout`];
    const allowed = [rule.folder, ...rule.mayImport];
    return importsOf(file)
      .filter((target) => !allowed.some((folder) => isWithin(target, folder)))
      .map((target) => `${file.path} imports ${target}`);
  });
  assert.deepEqual(forbidden, []);
});

test("no files need each other in a circle", () => {
  const edges = new Map(production.map((file) => [file.path, importsOf(withoutTypeImports(file))]));
  const finished = new Set<string>();
  const circles: string[] = [];
  function walk(path: string, trail: readonly string[]): void {
    if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
    if (trail.includes(path) || finished.has(path)) return;
    for (const target of edges.get(path) ?? []) walk(target, [...trail, path]);
    finished.add(path);
  }
  for (const path of edges.keys()) walk(path, []);
  assert.deepEqual(circles, []);
});

test("only a package's index.ts passes names on, one by one", () => {
  const barrels = production.flatMap((file) => {
    const isIndex = /^\w+\/src\/index\.ts$/.test(file.path);
    const passesOn = isIndex ? /^export \*/m : /^export\b[^"';=]*\bfrom\s+"/m;
    return passesOn.test(file.text) ? [file.path] : [];
  });
  assert.deepEqual(barrels, []);
});

test("files stay short", () => {
  const long = ours.filter(({ path, text }) => {
    return text.split("\n").length > (isTest(path) ? TEST_LINES_MAX : LINES_MAX);
  });
  assert.deepEqual(
    long.map((file) => file.path),
    [],
  );
});

test("only config.ts reads the environment", () => {
  const readers = production
    .filter((file) => file.path !== READS_ENVIRONMENT)
    .flatMap((file) => linesWhere(file, (line) => line.includes("process.env")));
  assert.deepEqual(readers, []);
});

test("only the command line prints", () => {
  const printers = production
    .filter((file) => !file.path.startsWith(PRINTS))
    .flatMap((file) => linesWhere(file, (line) => /\bconsole\./.test(line)));
  assert.deepEqual(printers, []);
});

test("no work is left for later in a comment", () => {
  const word = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "X" + "XX"].join("|")})\\b`);
  assert.deepEqual(
    ours.flatMap((file) => linesWhere(file, (line) => word.test(line))),
    [],
  );
});

test("documents name no path of somebody's machine", () => {
  const path = /(^|[\s("'`=])(\/(work|root|home|tmp|Users)\/|\.\.\/shared\b)/;
  assert.deepEqual(
    prose.flatMap((file) => linesWhere(file, (line) => path.test(line))),
    [],
  );
});

test("every package says in a short README what it is", () => {
  for (const folder of ["core", "server"]) {
    const readme = prose.find((file) => file.path === `${folder}/README.md`);
    assert.ok(readme, `${folder} has no README.md`);
    assert.ok(readme.text.split("\n").length <= README_LINES_MAX, `${folder}/README.md is long`);
  }
});

test("the lockfile pins versions and names no registry", () => {
  const [lock] = filesMatching(["package-lock.json"]);
  assert.ok(lock);
  assert.deepEqual(
    linesWhere(lock, (line) => /"resolved": "https?:/.test(line)),
    [],
  );
});
