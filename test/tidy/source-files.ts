import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface SourceFile {
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** The files of this repository that match; never those of dependencies. */
export function filesMatching(patterns: readonly string[]): SourceFile[] {
  const exclude = (name: string): boolean => name === "node_modules" || name === ".git";
  return globSync([...patterns], { cwd: ROOT, exclude })
    .filter((path) => !path.split("/").some(exclude))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
}

export function isTest(path: string): boolean {
  return path.endsWith(".test.ts") || path.endsWith("-suite.ts") || path.includes("/testing/");
}

const FROM = /^(?:import|export)\b[^"';]*?\bfrom\s+"([^"]+)"/gm;
const SIDE_EFFECT = /^import\s+"([^"]+)"/gm;
const DYNAMIC = /\bimport\(\s*"([^"]+)"\s*\)/g;

/** The files that the program consists of: no tests, and nothing that only tests import. */
export function withoutTestSupport(files: readonly SourceFile[]): SourceFile[] {
  const left = new Map(files.map((file) => [file.path, file]));
  const importers = new Map<string, string[]>();
  for (const file of files) {
    for (const target of importsOf(file)) {
      importers.set(target, [...(importers.get(target) ?? []), file.path]);
    }
  }
  const isSupport = (path: string): boolean => {
    const users = importers.get(path) ?? [];
    return isTest(path) || (users.length > 0 && users.every((user) => !left.has(user)));
  };
  for (let before = -1; before !== left.size;) {
    before = left.size;
    for (const path of [...left.keys()]) if (isSupport(path)) left.delete(path);
  }
  return [...left.values()];
}

/** A file without the imports that types alone need: they are gone when it runs. */
export function withoutTypeImports(file: SourceFile): SourceFile {
  return { ...file, text: file.text.replace(/^(?:import|export) type\b[^;]*;/gm, "") };
}

/** What a file imports: paths from the repository's root for its own files, else the names as written. */
export function importsOf(file: SourceFile): string[] {
  const names = [FROM, SIDE_EFFECT, DYNAMIC].flatMap((pattern) =>
    [...file.text.matchAll(pattern)].map((match) => match[1] ?? ""),
  );
  return names.map((name) =>
    name.startsWith(".") ? normalize(join(dirname(file.path), name)) : name,
  );
}
