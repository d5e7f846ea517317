import assert from "node:assert/strict";
import { after, suite, test } from "node:test";

import type { Json, Schema } from "@ostinato/core";
import { decode, DecodeError } from "@ostinato/core";
import { readConfig, startServer } from "@ostinato/server";

import { BODIES, type Body } from "./bodies.ts";

const server = await startServer(readConfig(["--port=0", "--database=sqlite::memory:"], {}));
after(() => server.close());

/** A member somewhere in a body, with a value there that is wrong. */
interface Wrong {
  /** Names and indexes from the body to the member. */
  readonly path: readonly (string | number)[];
  readonly value: Json;
}

const DEPTH_MAX = 7;

/** Every member of the schema with wrong values; of objects within each other of one kind only the first. */
function* wrongMembers(
  schema: Schema,
  path: Wrong["path"] = [],
  above: readonly string[] = [],
): Generator<Wrong> {
  for (const value of wrongValues(schema)) yield { path, value };
  if (path.length > DEPTH_MAX) return;
  if ("anyOf" in schema) {
    for (const option of schema.anyOf) yield* membersWithin(option, path, above);
  } else {
    yield* membersWithin(schema, path, above);
  }
}

function* membersWithin(
  schema: Schema,
  path: Wrong["path"],
  above: readonly string[],
): Generator<Wrong> {
  if ("items" in schema) yield* wrongMembers(schema.items, [...path, 0], above);
  if ("additionalProperties" in schema) {
    yield* wrongMembers(schema.additionalProperties, [...path, "any"], above);
  }
  if (!("properties" in schema) || above.includes(schema.title)) return;
  for (const [name, member] of Object.entries(schema.properties)) {
    yield* wrongMembers(member, [...path, name], [...above, schema.title]);
  }
}

function wrongValues(schema: Schema): readonly Json[] {
  if ("anyOf" in schema) return [[], "no expression"];
  switch (schema.type) {
    case "integer":
      return [{}, "abc", 1e30];
    case "boolean":
      return [[], "maybe"];
    case "string":
      return schema.enum === undefined ? [{}, []] : ["NOPE", {}, 7];
    case "array":
      return ["x", {}, [null]];
    default:
      return schema.type === "object" ? ["x", [1]] : [];
  }
}

/** The smallest body that has this value there. */
function bodyWith({ path, value }: Wrong): Json {
  return path.reduceRight<Json>(
    (inner, step) => (typeof step === "number" ? [inner] : { [step]: inner }),
    value,
  );
}

function isRefused({ decoder }: Body, json: Json): boolean {
  try {
    decode(decoder, json);
    return false;
  } catch (error) {
    if (error instanceof DecodeError) return true;
    throw error;
  }
}

/** As complaints name it: `tasks[0].retryCount`. */
function nameOf(path: Wrong["path"]): string {
  return path.reduce<string>((name, step) => {
    if (typeof step === "number") return `${name}[${step}]`;
    return name === "" ? step : `${name}.${step}`;
  }, "");
}

const PARTS: Readonly<Record<string, string>> = {
  name: "a_name",
  version: "1",
  workflowId: "none",
  taskRefName: "none",
  status: "COMPLETED",
};

async function complaintOf(key: string, json: Json): Promise<{ status: number; text: string }> {
  const [method = "", url = ""] = key.split(" ");
  const path = url.replace(/:(\w+)/g, (_whole, name: string) => PARTS[name] ?? "");
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(json),
  });
  return { status: response.status, text: await response.text() };
}

suite("a wrong value is a 400 that names its member, at any depth", () => {
  for (const [key, body] of Object.entries(BODIES)) {
    test(key, async (t) => {
      const unnamed: string[] = [];
      const isBatch = key.endsWith("/batch");
      let count = 0;
      for (const wrong of wrongMembers(body.schema)) {
        const json = bodyWith(wrong);
        // Some members are read leniently: what is not refused has nothing to name.
        if (wrong.path.length === 0 || !isRefused(body, json)) continue;
        count += 1;
        const { status, text } = await complaintOf(key, json);
        // A batch answers each result for itself, without its place in the list.
        const inBatch = isBatch && wrong.path.length > 1;
        const expected = isBatch && wrong.path.length > 0 ? 200 : 400;
        const name = nameOf(inBatch ? wrong.path.slice(1) : isBatch ? [] : wrong.path);
        const isNamed = text.includes(name) && text.includes('"status":400');
        if (status !== expected || !isNamed)
          unnamed.push(`${JSON.stringify(json)}: ${status} ${text}`);
      }
      t.diagnostic(`${count} wrong bodies`);
      assert.deepEqual(unnamed, []);
    });
  }
});
