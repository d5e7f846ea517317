import type { Idempotency, IdempotencyStrategy, StartWorkflow } from "@ostinato/core";
import { isTerminalWorkflow } from "@ostinato/core";
import type { Engine } from "../engine/engine.ts";
import { AppError } from "../errors.ts";
import type { Store } from "../store/store.ts";
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

/** How often a start looks for the holder of its key again because it lost a race. */
const KEY_ATTEMPTS_MAX = 5;

export function createStartService(deps: {
  readonly engine: Engine;
  readonly store: Store;
  readonly definitions: DefinitionRegistry;
}): StartService {
  const { engine, store, definitions } = deps;

  async function startOnce(request: StartRequest, idempotency?: Idempotency): Promise<string> {
    const { idempotencyKey: _key, idempotencyStrategy: _strategy, ...rest } = request;
    const command: StartWorkflow = { type: "start-workflow", ...rest };
    const { workflowId, decision } = await engine.start(
      idempotency === undefined ? command : { ...command, idempotency },
    );
    accepted(decision);
    return workflowId;
  }

  /** What is to happen about a key: the execution that has it is the answer, or a start may take it. */
  async function resolveKey(
    request: StartRequest,
    key: string,
  ): Promise<{ readonly existing: string } | { readonly idempotency: Idempotency }> {
    const strategy = request.idempotencyStrategy ?? "FAIL";
    const name = request.workflowDef?.name ?? request.name;
    const holder = await store.findIdempotencyHolder(name, key);
    if (holder === undefined) return { idempotency: { key, strategy } };
    if (strategy === "RETURN_EXISTING") return { existing: holder };
    if (strategy === "FAIL_ON_RUNNING" && (await hasEnded(holder))) {
      return { idempotency: { key, strategy, replaces: holder } };
    }
    throw keyTaken(key, holder);
  }

  async function hasEnded(workflowId: string): Promise<boolean> {
    const found = await store.findWorkflow(workflowId);
    return found === undefined || isTerminalWorkflow(found.workflow.status);
  }

  async function startWithKey(request: StartRequest, key: string): Promise<string> {
    for (let attempt = 1; ; attempt += 1) {
      const resolved = await resolveKey(request, key);
      if ("existing" in resolved) return resolved.existing;
      try {
        return await startOnce(request, resolved.idempotency);
      } catch (error) {
        // Somebody else took the key since: then the holder decides what the answer is.
        if (!isKeyTaken(error) || attempt === KEY_ATTEMPTS_MAX) throw error;
      }
    }
  }

  async function start(request: StartRequest): Promise<string> {
    const { idempotencyKey: key } = request;
    return key === undefined || key === "" ? startOnce(request) : startWithKey(request, key);
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

function isKeyTaken(error: unknown): boolean {
  return error instanceof AppError && error.code === "IDEMPOTENCY_KEY_TAKEN";
}

function keyTaken(key: string, holder: string): AppError {
  return new AppError(
    "IDEMPOTENCY_KEY_TAKEN",
    `Workflow ${holder} already holds the idempotency key ${key}`,
  );
}
