import type { JsonObject, JsonText, StartWorkflowRequest, Violation } from "@ostinato/core";
import {
  cutMember,
  decode,
  isPlainObject,
  jsonObject,
  parseJson,
  startWorkflowRequestDecoder,
  writeJson,
} from "@ostinato/core";
import { AppError, ValidationError } from "../errors.ts";
import type { StartRequest } from "../service/workflow-start.ts";
import type { WorkflowDefValidation } from "../service/workflow-def-service.ts";
import { parseBody } from "./body.ts";
import { given } from "./given.ts";
import { isObjectOrNothing } from "./task-result.ts";

/** Where a start request is, in the reference's words. */
const PATH = "startWorkflow.arg0";

/** A decoded start request, with its input as text; `undefined` when null was given. */
interface Started {
  readonly request: StartWorkflowRequest;
  readonly input: JsonText | undefined;
}

/**
 * Reads a `StartWorkflowRequest` from its text, leaving its input as text.
 * @throws AppError, DecodeError or ValidationError when it is none
 */
export function readStartRequest(text: string, validate: WorkflowDefValidation): StartRequest {
  return toStart(decodeStart(text), validate);
}

/** The same, started under a name and version that the path gives. */
export function readExecuteRequest(
  text: string,
  path: { readonly name: string; readonly version: number },
  validate: WorkflowDefValidation,
): StartRequest {
  const { request, input } = decodeStart(text);
  const { version: _version, ...rest } = request;
  // Version 0 stands for the latest.
  const named = { ...rest, name: path.name, ...given({ version: path.version || undefined }) };
  const isDynamic = request.workflowDef !== undefined && request.workflowDef.tasks.length > 0;
  return toStart({ request: named, input: isDynamic ? markDynamic(input) : input }, validate);
}

/** An object that is a payload as a whole. @throws AppError or DecodeError when the body is none */
export function readPayload(text: string): JsonText {
  return isPlainObject(text) ? text : writeJson(decode(jsonObject, parseBody(text)));
}

/** @throws ValidationError when it is none, in the words of a start by path */
export function requirePriority(priority: number): void {
  const message =
    priority < 0 ? "0 is the minimum priority value" : "99 is the maximum priority value";
  if (isPriority(priority)) return;
  const invalidValue = String(priority);
  throw new ValidationError([{ path: "startWorkflow.arg3", message, invalidValue }]);
}

function decodeStart(text: string): Started {
  const cut = cutMember(text, "input");
  if (cut === undefined || !isObjectOrNothing(cut.value)) {
    const request = decode(startWorkflowRequestDecoder, parseBody(text));
    return { request, input: request.input === null ? undefined : writeJson(request.input) };
  }
  const request = decode(startWorkflowRequestDecoder, parseBody(cut.rest));
  return { request, input: cut.value === "null" ? undefined : (cut.value ?? "{}") };
}

/** Source: what the reference adds to the input of a synchronous start with an inline definition. */
function markDynamic(input: JsonText | undefined): JsonText | undefined {
  if (input === undefined) return undefined;
  const members = parseJson(input) as JsonObject;
  return writeJson({ ...members, _systemMetadata: { dynamic: true } });
}

function toStart({ request, input }: Started, validate: WorkflowDefValidation): StartRequest {
  const violations = violationsOf(request, validate);
  if (violations.length > 0) throw new ValidationError(violations);
  const { input: _input, name = "", ...rest } = request;
  if (request.workflowDef === undefined && name.trim() === "") {
    const message = "Workflow name must be specified when searching for a definition";
    throw new AppError("INVALID_INPUT", message);
  }
  return { ...rest, name, ...given({ input }) };
}

function violationsOf(
  request: StartWorkflowRequest,
  validate: WorkflowDefValidation,
): readonly Violation[] {
  const violations: Violation[] = [];
  if (request.name === undefined) {
    const message = "Workflow name cannot be null or empty";
    violations.push({ path: `${PATH}.name`, message });
  }
  const { priority, workflowDef } = request;
  if (!isPriority(priority)) {
    const limit = priority < 0 ? "minimum 0" : "maximum 99";
    const message = `priority: ${priority} should be ${limit}`;
    violations.push({ path: `${PATH}.priority`, message, invalidValue: String(priority) });
  }
  if (workflowDef === undefined) return violations;
  return [...violations, ...validate(`${PATH}.workflowDef`, workflowDef)];
}

function isPriority(priority: number): boolean {
  return priority >= 0 && priority <= 99;
}
