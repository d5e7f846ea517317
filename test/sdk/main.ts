/**
 * Runs what is beside this file with the official SDKs of other languages, each against a server of its own:
 *   npm run test:sdk [-- python java go]
 * A language whose tools or packages are not to be had is skipped, and says so. Exit status 0 when nothing failed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join, sep } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

import { startServerProcess } from "../../scripts/server-process.ts";

/** One step of a language's run: a program, in the folder of that language. */
interface Step {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

interface Language {
  /** @returns why it cannot run here; `undefined` when it can */
  readonly missing: () => Promise<string | undefined>;
  /** Fetches packages: where that fails, the language is skipped. */
  readonly fetch: () => readonly Step[];
  readonly build: () => readonly Step[];
  readonly run: () => Step;
}

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

const STEP_MS_MAX = 240_000;
const JAVA_MIN = 21;
const JDK_FOLDER = "/usr/lib/jvm";

function javaHome(): Readonly<Record<string, string>> {
  const home = findJavaHome();
  return home === undefined ? {} : { JAVA_HOME: home };
}

/** The JDK that the SDK needs: `JAVA_HOME`, or one beside the system's own. */
function findJavaHome(): string | undefined {
  const beside = existsSync(JDK_FOLDER)
    ? readdirSync(JDK_FOLDER)
        .filter(
          (name) => Number(/(?:jdk-|java-(?:1\.)?|temurin-)(\d+)/.exec(name)?.[1]) >= JAVA_MIN,
        )
        .map((name) => join(JDK_FOLDER, name))
    : [];
  return [process.env["JAVA_HOME"], ...beside].find(
    (home) => home !== undefined && existsSync(join(home, "bin", "javac")),
  );
}

async function findMissing(...programs: readonly string[]): Promise<string | undefined> {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const missing = programs.filter(
    (program) => !folders.some((folder) => existsSync(join(folder, program))),
  );
  return missing.length === 0 ? undefined : `there is no ${missing.join(" and no ")} here`;
}

async function findMissingJava(): Promise<string | undefined> {
  const missing = await findMissing("mvn");
  if (missing !== undefined) return missing;
  const program = findJavaHome() === undefined ? "java" : join(findJavaHome() ?? "", "bin", "java");
  const { output } = await runStep("java", { program, args: ["-version"] });
  const version = Number(/version "(\d+)/.exec(output)?.[1] ?? 0);
  return version >= JAVA_MIN ? undefined : `the SDK needs Java ${JAVA_MIN}, here is ${version}`;
}

const PYTHON = join(".venv", "bin", "python");

function maven(...goals: readonly string[]): Step {
  const environment = {
    MAVEN_OPTS: "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
    ...javaHome(),
  };
  return { program: "mvn", args: ["-q", "-B", ...goals], environment };
}

const LANGUAGES: Readonly<Record<string, Language>> = {
  python: {
    missing: () => findMissing("python3"),
    fetch: () => [
      { program: "python3", args: ["-m", "venv", ".venv"] },
      { program: PYTHON, args: ["-m", "pip", "install", "-q", "-r", "requirements.txt"] },
    ],
    build: () => [],
    run: () => ({ program: PYTHON, args: ["main.py"] }),
  },
  java: {
    missing: findMissingJava,
    fetch: () => [maven("dependency:resolve")],
    build: () => [maven("compile")],
    run: () => maven("exec:java"),
  },
  go: {
    missing: () => findMissing("go"),
    fetch: () => [{ program: "go", args: ["mod", "download"] }],
    build: () => [{ program: "go", args: ["build", "-o", "sdk-test", "."] }],
    run: () => ({ program: `.${sep}sdk-test`, args: [] }),
  },
};

async function runStep(folder: string, { program, args, environment }: Step): Promise<Ended> {
  const cwd = fileURLToPath(new URL(folder, import.meta.url));
  let child: ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream };
  try {
    child = spawn(program, args, {
      ...(existsSync(cwd) ? { cwd } : {}),
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: STEP_MS_MAX,
    });
    const [stdout, stderr, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "exit") as Promise<[number | null]>,
    ]);
    return { status, output: `${stdout}${stderr}` };
  } catch (error) {
    return { status: null, output: String(error) };
  }
}

/** @returns whether nothing failed */
async function runLanguage(name: string, language: Language): Promise<boolean> {
  const missing = await language.missing();
  if (missing !== undefined) return skip(name, missing);
  for (const step of language.fetch()) {
    const { status, output } = await runStep(name, step);
    if (status !== 0) return skip(name, `its packages are not to be had: ${output.slice(-500)}`);
  }
  for (const step of language.build()) {
    const { status, output } = await runStep(name, step);
    if (status !== 0) return tell(name, output, false);
  }
  const server = await startServerProcess({ args: ["--database=sqlite::memory:"] });
  const environment = { CONDUCTOR_SERVER_URL: `${server.url}/api` };
  const step = language.run();
  const { status, output } = await runStep(name, {
    ...step,
    environment: { ...step.environment, ...environment },
  });
  await server.stop();
  return tell(name, output, status === 0);
}

function tell(name: string, output: string, passed: boolean): boolean {
  const lines = stripVTControlCharacters(output).trimEnd().split("\n");
  for (const line of lines) {
    if (!NOISE.test(line)) console.log(`${name}: ${line}`);
  }
  return passed;
}

/** What the Java tools say about themselves. */
const NOISE = /^(?:WARNING|SLF4J):|^$/;

function skip(name: string, reason: string): boolean {
  console.log(`${name}: skipped: ${reason}`);
  return true;
}

const wanted = process.argv.slice(2);
const names = wanted.length === 0 ? Object.keys(LANGUAGES) : wanted;
for (const name of names) {
  const language = LANGUAGES[name];
  if (language === undefined) throw new Error(`no such language: ${name}`);
  const startedAt = performance.now();
  if (!(await runLanguage(name, language))) process.exitCode = 1;
  console.log(`${name}: ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
}
