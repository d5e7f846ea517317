import type { IdempotencyStrategy, StartWorkflow } from "@ostinato/core";
import type { Engine } from "../engine/engine.ts";
import { AppError } from "../errors.ts";
import { accepted } from "./decided.ts";
import type { DefinitionRegistry } from "./definition-registry.ts";

/** A start as a caller asks for it; already validated. */
export interface StartRequest extends Omit<StartWorkflow, "type" | "idempotency"> {
  readonly idempotencyKey?: string;
  /** `FAIL` when only a key is given. */
  readonly idempotencyStrategy?: IdempotencyStrategy;
}

export interface StartService {
  /** Starts an execution, or finds the one that holds its idempotency key. @returns its id */
  start(request: StartRequest): Promise<string>;
  /** The same of a registered definition, with the text that a start by path has for an unknown one. */
  startByPath(request: StartRequest): Promise<string>;
}

export function createStartService(deps: {
  readonly engine: Engine;
  readonly definitions: Pick<DefinitionRegistry, "findWorkflowDef">;
}): StartService {
  const { engine, definitions } = deps;

  async function start(request: StartRequest): Promise<string> {
    const { idempotencyKey: key, idempotencyStrategy: strategy = "FAIL", ...rest } = request;
    const command: StartWorkflow = { type: "start-workflow", ...rest };
    const { workflowId, decision } = await engine.start(
      key === undefined || key === "" ? command : { ...command, idempotency: { key, strategy } },
    );
    accepted(decision);
    return workflowId;
  }

  return {
    start,
    async startByPath(request) {
      const { name, version } = request;
      if (definitions.findWorkflowDef(name, version) === undefined) {
        throw noSuchDefinition(name, version);
      }
      return start(request);
    },
  };
}

/** Every read of a definition says it like this; only a start by body has another text. */
export function noSuchDefinition(name: string, version: number | undefined): AppError {
  return new AppError(
    "WORKFLOW_DEF_NOT_FOUND",
    `No such workflow found by name: ${name}, version: ${version ?? "null"}`,
  );
}
