/**
 * Builds the package that users install: plain JavaScript made by stripping the types, nothing bundled together, so that
 * a stack trace names the line that was written. `npm run pack -- --out FOLDER`; prints the file.
 */
import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);

type PackageJson = Record<string, unknown>;

/** @returns the path of the tarball */
export async function pack(out: string): Promise<string> {
  const staging = await mkdtemp(join(tmpdir(), "ostinato-pack-"));
  try {
    await stagePackage("server", staging, await serverManifest());
    await stagePackage("core", join(staging, "node_modules/@ostinato/core"), await coreManifest());
    await mkdir(out, { recursive: true });
    const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", out], {
      cwd: staging,
    });
    return join(out, tarballName(stdout));
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

function tarballName(json: string): string {
  const [packed] = Object.values(JSON.parse(json) as Record<string, { filename: string }>);
  if (packed === undefined) throw new Error(`npm pack names no file: ${json}`);
  return packed.filename;
}

async function readManifest(folder: string): Promise<PackageJson> {
  return JSON.parse(await readFile(join(ROOT, folder, "package.json"), "utf8")) as PackageJson;
}

async function serverManifest(): Promise<PackageJson> {
  const root = await readManifest(".");
  const { node } = root["devDependencies"] as Record<string, string>;
  return {
    ...(await readManifest("server")),
    exports: { ".": "./src/index.js" },
    files: ["bin", "src"],
    // The rules travel inside: they have no use of their own yet.
    bundleDependencies: ["@ostinato/core"],
    // For machines whose Node is older than 24; an install that cannot have it still runs with a newer one.
    optionalDependencies: { node },
  };
}

async function coreManifest(): Promise<PackageJson> {
  return { ...(await readManifest("core")), exports: { ".": "./src/index.js" } };
}

async function stagePackage(folder: string, target: string, manifest: PackageJson): Promise<void> {
  const source = join(ROOT, folder);
  await mkdir(target, { recursive: true });
  await writeFile(join(target, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  await cp(join(source, "README.md"), join(target, "README.md"));
  await cp(join(ROOT, "LICENSE"), join(target, "LICENSE"));
  for (const path of globSync(["bin/*", "src/**/*.*"], { cwd: source })) {
    if (!isTest(path)) await stageFile(join(source, path), join(target, path));
  }
}

function isTest(path: string): boolean {
  return path.endsWith(".test.ts") || path.endsWith("-suite.ts") || path.includes("/testing/");
}

async function stageFile(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  if (!/\.[jt]s$/.test(source)) {
    await cp(source, target);
    return;
  }
  const text = await readFile(source, "utf8");
  const code = source.endsWith(".ts") ? stripTypeScriptTypes(text) : text;
  await writeFile(target.replace(/\.ts$/, ".js"), withJsSpecifiers(code));
}

/** Relative file names end in `.ts` wherever the sources name one: in imports, and where a worker thread is started. */
function withJsSpecifiers(code: string): string {
  return code.replaceAll(/(["'])(\.{1,2}\/[^"'\n]*)\.ts\1/g, "$1$2.js$1");
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: "string", default: "." } } });
  console.log(await pack(resolve(values.out)));
}
