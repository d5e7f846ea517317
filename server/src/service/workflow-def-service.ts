import type { JsonText, Violation, WorkflowDef } from "@ostinato/core";
import { validateWorkflowDef, violationsAt } from "@ostinato/core";
import { AppError, ValidationError } from "../errors.ts";
import type { DefinitionRegistry } from "./definition-registry.ts";
import type { DefinitionRules } from "./definition-rules.ts";
import { definitionText } from "./definition-text.ts";
import { createSerial } from "./serial.ts";
import { noSuchDefinition } from "./workflow-start.ts";

/** The registered workflow definitions. */
export interface WorkflowDefService extends WorkflowDefTexts {
  /** Creates one version; an existing one is replaced only with `overwrite`. @throws AppError CONFLICT */
  register(workflowDef: WorkflowDef, options: { readonly overwrite: boolean }): Promise<void>;
  /** @throws ValidationError */
  validate(workflowDef: WorkflowDef): void;
  /** Creates or replaces all of them, or none. @returns a `BulkResponse` */
  update(workflowDefs: readonly WorkflowDef[]): Promise<JsonText>;
  /** @throws AppError WORKFLOW_DEF_NOT_FOUND */
  remove(name: string, version: number): Promise<void>;
}

export function createWorkflowDefService(deps: {
  readonly definitions: DefinitionRegistry;
  readonly rules: DefinitionRules;
  readonly now: () => number;
}): WorkflowDefService {
  const { definitions, rules, now } = deps;
  const serially = createSerial();
  const validation = createWorkflowDefValidation({ definitions, rules });

  return {
    ...createWorkflowDefTexts(definitions),

    register: (workflowDef, { overwrite }) =>
      serially(() => {
        const { name = "", version } = workflowDef;
        const isKnown = name !== "" && definitions.findWorkflowDef(name, version) !== undefined;
        if (isKnown && !overwrite) {
          throw new AppError("CONFLICT", `Workflow with ${name}.${version} already exists!`);
        }
        const operation = overwrite ? "updateWorkflowDef" : "registerWorkflowDef";
        refuse(validation(`${operation}.arg0`, workflowDef));
        const stamp = isKnown ? { updateTime: now() } : { createTime: now() };
        return definitions.putWorkflowDefs([{ ...workflowDef, ...stamp }]);
      }),

    validate: (workflowDef) => refuse(validation("validateWorkflowDef.arg0", workflowDef)),

    async update(workflowDefs) {
      if (workflowDefs.length === 0) {
        refuse([{ path: "updateWorkflowDef.arg0", message: "WorkflowDefList is empty" }]);
      }
      const updateTime = now();
      refuse(
        workflowDefs.flatMap((workflowDef, index) =>
          validation(`updateWorkflowDef.arg0[${index}]`, workflowDef),
        ),
      );
      await serially(() =>
        definitions.putWorkflowDefs(workflowDefs.map((def) => ({ ...def, updateTime }))),
      );
      const bulkSuccessfulResults = workflowDefs.map((def) => def.name);
      return JSON.stringify({ bulkErrorResults: {}, bulkSuccessfulResults });
    },

    remove: (name, version) =>
      serially(() => {
        if (definitions.findWorkflowDef(name, version) === undefined) {
          throw noSuchVersion(name, String(version));
        }
        return definitions.deleteWorkflowDef(name, version);
      }),
  };
}

/** What is registered, as JSON. */
interface WorkflowDefTexts {
  /** Without a version: the highest. @throws AppError WORKFLOW_DEF_NOT_FOUND */
  text(name: string, version?: number): JsonText;
  /** All versions of all, or of those with this classifier. */
  listText(classifier?: string): JsonText;
  latestText(): JsonText;
  namesText(): JsonText;
  namesAndVersionsText(): JsonText;
  versionsText(name: string): JsonText;
}

function createWorkflowDefTexts(definitions: DefinitionRegistry): WorkflowDefTexts {
  return {
    text(name, version) {
      const workflowDef = definitions.findWorkflowDef(name, version);
      if (workflowDef === undefined) throw noSuchDefinition(name, version);
      return definitionText(workflowDef);
    },

    listText: (classifier) =>
      listOf(definitions.listWorkflowDefs().filter((def) => isOfClass(def, classifier))),

    latestText() {
      const latest = new Map(definitions.listWorkflowDefs().map((def) => [def.name, def]));
      return listOf([...latest.values()]);
    },

    namesText: () =>
      JSON.stringify([...new Set(definitions.listWorkflowDefs().map((def) => def.name))]),

    namesAndVersionsText() {
      const byName = Map.groupBy(definitions.listWorkflowDefs(), (def) => def.name ?? "");
      const members = [...byName].map(([name, defs]) => [name, defs.map(withUpdateTime)] as const);
      return JSON.stringify(Object.fromEntries(members));
    },

    versionsText: (wanted) =>
      JSON.stringify(
        definitions
          .listWorkflowDefs()
          .filter((def) => def.name === wanted)
          .map(summaryOf),
      ),
  };
}

/** Tells the rules that a definition breaks, each with the place where the definition is. */
export type WorkflowDefValidation = (path: string, def: WorkflowDef) => readonly Violation[];

export function createWorkflowDefValidation(deps: {
  readonly definitions: Pick<DefinitionRegistry, "findTaskDef">;
  readonly rules: DefinitionRules;
}): WorkflowDefValidation {
  const findTaskDef = (name: string) => deps.definitions.findTaskDef(name);
  return (path, def) =>
    violationsAt(path, validateWorkflowDef(def, { ...deps.rules, findTaskDef }));
}

/** The answer to removing what is not there; a version may be any text. */
export function noSuchVersion(name: string, version: string): AppError {
  return new AppError(
    "WORKFLOW_DEF_NOT_FOUND",
    `No such workflow definition: ${name} version: ${version}`,
  );
}

function refuse(violations: readonly Violation[]): void {
  if (violations.length > 0) throw new ValidationError(violations);
}

function listOf(workflowDefs: readonly WorkflowDef[]): JsonText {
  return `[${workflowDefs.map(definitionText).join(",")}]`;
}

/** Source: Conductor's `WorkflowDefSummary`. */
function summaryOf({ name, version, createTime }: WorkflowDef): object {
  return { name, version, createTime };
}

function withUpdateTime(def: WorkflowDef): object {
  const { updateTime } = def;
  return updateTime > 0 ? { ...summaryOf(def), updateTime } : summaryOf(def);
}

/** What a definition is for: `workflow`, or something that its metadata says (models.md 1.4). */
function isOfClass({ metadata }: WorkflowDef, classifier: string | undefined): boolean {
  if (classifier === undefined || classifier === "") return true;
  const named = metadata["classifier"];
  const isAgent = metadata["agent_sdk"] !== undefined || metadata["agentDef"] !== undefined;
  const own = typeof named === "string" && named.trim() !== "" ? named : isAgent && "agent";
  return (own || "workflow").toLowerCase() === classifier.toLowerCase();
}
