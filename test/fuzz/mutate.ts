import type { Json, JsonObject, Schema } from "@ostinato/core";
import { isJsonArray, isJsonObject } from "@ostinato/core";

import type { Random } from "../simulation/random.ts";
import { absurdJson, absurdText } from "./absurd.ts";

/** None that a workflow has: a definition that starts itself again and again would never let go. */
const NAMES = ["task_a", "task_b", "task_c", "t1", "t2", "${workflow.input.x}"];

/** A value that the schema allows. */
export function plausible(schema: Schema, random: Random, depth = 0): Json {
  if ("anyOf" in schema) return plausible(random.pick(schema.anyOf), random, depth);
  switch (schema.type) {
    case "integer":
      return random.pick([0, 1, 2, 3, 10, 60, -1, 2_147_483_647]);
    case "boolean":
      return random.chance(0.5);
    case "string":
      return random.pick(schema.enum ?? NAMES);
    case "array":
      if (depth > 3) return [];
      return Array.from({ length: random.int(0, 2) }, () =>
        plausible(schema.items, random, depth + 1),
      );
    default:
      if (schema.type === "object") return plausibleObject(schema, random, depth);
      return random.pick<Json>([0, "text", true, { x: [1, "${workflow.input.x}"] }]);
  }
}

function plausibleObject(schema: Schema, random: Random, depth: number): Json {
  if ("properties" in schema) {
    const share = depth === 0 ? 0.4 : 0.15;
    const entries = Object.entries(schema.properties).filter(() => random.chance(share));
    return Object.fromEntries(
      entries.map(([name, member]) => [name, plausible(member, random, depth + 1)]),
    );
  }
  if ("additionalProperties" in schema) {
    return { [random.pick(NAMES)]: plausible(schema.additionalProperties, random, depth + 1) };
  }
  return { x: random.pick<Json>([1, "a", "${workflow.input.x}", "${t1.output.list[*].a}"]) };
}

/** The value with one thing in it changed, at any depth. */
export function mutate(value: Json, schema: Schema, random: Random): Json {
  const goDeeper = random.chance(0.75);
  if (goDeeper && isJsonArray(value) && value.length > 0) {
    const items = "type" in schema && schema.type === "array" ? schema.items : {};
    const at = random.int(0, value.length - 1);
    const change = random.weighted({ mutate: 8, remove: 1, repeat: 1 });
    if (change === "remove") return value.toSpliced(at, 1);
    if (change === "repeat") return [...value, value[at] ?? null];
    return value.with(at, mutate(value[at] ?? null, items, random));
  }
  if (goDeeper && isJsonObject(value)) return mutateMember(value, schema, random);
  return otherThan(schema, random);
}

function mutateMember(value: JsonObject, schema: Schema, random: Random): Json {
  const known = "properties" in schema ? Object.keys(schema.properties) : [];
  const present = Object.keys(value);
  const names = random.chance(0.6) && present.length > 0 ? present : known;
  const name = names.length > 0 && random.chance(0.97) ? random.pick(names) : absurdText(random);
  const member = memberSchema(schema, name);
  if (random.chance(0.1)) return { ...value, [name]: null };
  if (random.chance(0.1)) {
    return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));
  }
  const old = value[name];
  const next = old === undefined ? otherThan(member, random) : mutate(old, member, random);
  return { ...value, [name]: next };
}

function memberSchema(schema: Schema, name: string): Schema {
  if ("properties" in schema) return schema.properties[name] ?? {};
  return "additionalProperties" in schema ? schema.additionalProperties : {};
}

function otherThan(schema: Schema, random: Random): Json {
  return random.chance(0.5) ? plausible(schema, random) : absurdJson(random);
}
