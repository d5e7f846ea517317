import type { JsonText, TaskDef } from "@ostinato/core";
import { validateTaskDef, violationsAt } from "@ostinato/core";
import { AppError, ValidationError } from "../errors.ts";
import type { DefinitionRegistry } from "./definition-registry.ts";
import type { DefinitionRules } from "./definition-rules.ts";
import { definitionText } from "./definition-text.ts";
import { createSerial } from "./serial.ts";

/** The registered task definitions. */
export interface TaskDefService {
  /** Creates or replaces all of them, or none. */
  register(taskDefs: readonly TaskDef[]): Promise<void>;
  /** @throws AppError NOT_FOUND when there is none of this name */
  update(taskDef: TaskDef): Promise<void>;
  /** @throws AppError NOT_FOUND */
  text(name: string): JsonText;
  listText(): JsonText;
  /** @throws AppError NOT_FOUND */
  remove(name: string): Promise<void>;
}

export function createTaskDefService(deps: {
  readonly definitions: DefinitionRegistry;
  readonly rules: DefinitionRules;
  readonly now: () => number;
}): TaskDefService {
  const { definitions, rules, now } = deps;
  const serially = createSerial();

  return {
    async register(taskDefs) {
      if (taskDefs.length === 0) {
        throw new ValidationError([
          { path: "registerTaskDef.arg0", message: "TaskDefList is empty" },
        ]);
      }
      const violations = taskDefs.flatMap((taskDef, index) =>
        violationsAt(`registerTaskDef.arg0[${index}]`, validateTaskDef(taskDef, rules)),
      );
      if (violations.length > 0) throw new ValidationError(violations);
      const createTime = now();
      const created = taskDefs.map(({ updatedBy: _updatedBy, ...taskDef }) => ({
        ...taskDef,
        createTime,
        createdBy: "",
        updateTime: 0,
      }));
      await serially(() => definitions.putTaskDefs(created));
    },

    async update(taskDef) {
      const violations = violationsAt("updateTaskDef.arg0", validateTaskDef(taskDef, rules));
      if (violations.length > 0) throw new ValidationError(violations);
      const { name = "" } = taskDef;
      await serially(() => {
        const known = definitions.findTaskDef(name);
        if (known === undefined) throw new AppError("NOT_FOUND", `No such task by name ${name}`);
        const { createTime, createdBy = "" } = known;
        const changed = { ...taskDef, createTime, createdBy, updateTime: now(), updatedBy: "" };
        return definitions.putTaskDefs([changed]);
      });
    },

    text(name) {
      const taskDef = definitions.findTaskDef(name);
      if (taskDef !== undefined) return definitionText(taskDef);
      throw new AppError("NOT_FOUND", `No such taskType found by name: ${name}`);
    },

    listText: () => `[${definitions.listTaskDefs().map(definitionText).join(",")}]`,

    remove: (name) =>
      serially(() => {
        if (definitions.findTaskDef(name) === undefined) {
          throw new AppError("NOT_FOUND", "No such task definition");
        }
        return definitions.deleteTaskDef(name);
      }),
  };
}
