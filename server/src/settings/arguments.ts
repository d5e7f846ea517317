import { parseArgs } from "node:util";

import { SettingError } from "./values.ts";

/** What a start of the program asks for. */
export interface Arguments {
  readonly action: "serve" | "help" | "version" | "print-config" | "check-config";
  /** `--key=value` by key. */
  readonly settings: ReadonlyMap<string, string>;
}

/** Arguments with a value of their own (`--port 8080`); all others are written `--key=value`. */
const WITH_VALUE = ["port", "host", "database"] as const;
const ACTIONS = ["help", "version", "print-config", "check-config"] as const;

/** @throws SettingError for what is no setting and no action. */
export function readArguments(args: readonly string[]): Arguments {
  const options = Object.fromEntries([
    ...WITH_VALUE.map((name) => [name, { type: "string" as const }]),
    ...ACTIONS.map((name) => [name, { type: "boolean" as const }]),
  ]);
  const { tokens } = parseArgs({
    args: args.map((arg) => (arg === "-h" ? "--help" : arg)),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  let action: Arguments["action"] = "serve";
  const settings = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      throw new SettingError(
        `unexpected argument ${token.value}: settings are written --key=value`,
      );
    }
    const asked = ACTIONS.find((name) => name === token.name);
    if (asked !== undefined) action = asked;
    else settings.set(token.name, valueOf(token));
  }
  return { action, settings };
}

function valueOf(token: { readonly rawName: string; readonly value?: string | undefined }): string {
  if (token.value !== undefined) return token.value;
  throw new SettingError(`argument ${token.rawName} has no value: write ${token.rawName}=VALUE`);
}
