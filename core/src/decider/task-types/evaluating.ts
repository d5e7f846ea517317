import { type Json, type JsonObject, parseJson, writeJson } from "../../model/json.ts";
import type { Evaluation, EvaluationResult } from "../../model/evaluation.ts";
import type { TaskStatus } from "../../model/status.ts";
import type { Task } from "../../model/task.ts";
import { createTask, inputText } from "../create-task.ts";
import type { Draft } from "../draft.ts";
import { endTask } from "../end-task.ts";
import { withinOutputLimit } from "../output-limit.ts";
import { objectOf } from "../scope.ts";
import type { TaskType } from "./task-type.ts";

/*
 * Tasks whose output is what a script or a query makes of their input. Source: tasks.md 3, 5.2–5.4.
 */

/** What an attempt asks for, or how it ends without asking. */
type Question = Evaluation | Failure;

interface Failure {
  readonly status: Extract<TaskStatus, "FAILED" | "FAILED_WITH_TERMINAL_ERROR">;
  readonly reason: string;
  /** Whether the output says it too. */
  readonly isShown: boolean;
}

/** INLINE: a script, or with `value-param` one of the inputs as it is. */
export const inline: TaskType = {
  ...evaluating("INLINE"),
  run(draft, task) {
    const input = objectOf(task.inputData);
    const evaluatorType = textOf(input["evaluatorType"] ?? "javascript");
    const expression = textOf(input["expression"] ?? null);
    if (evaluatorType === "value-param" && expression.trim() !== "") {
      const result = Object.hasOwn(input, expression) ? (input[expression] ?? null) : null;
      endTask(draft, task, { status: "COMPLETED", outputData: writeJson({ result }) });
      return;
    }
    const question = inlineQuestion(task, evaluatorType, expression);
    answer(draft, task, { question, isTerminal: true });
  },
};

const SCRIPTS: ReadonlySet<string> = new Set(["javascript", "graaljs"]);

function inlineQuestion(task: Task, evaluatorType: string, expression: string): Question {
  const fail = (reason: string): Failure => ({
    status: "FAILED_WITH_TERMINAL_ERROR",
    reason,
    isShown: true,
  });
  if (evaluatorType.trim() === "") return fail(missing("evaluatorType", "INLINE"));
  if (expression.trim() === "") return fail(missing("expression", "Inline"));
  if (evaluatorType === "python") {
    return fail("Scripts in python are not supported: 'evaluatorType' of an INLINE task.");
  }
  if (!SCRIPTS.has(evaluatorType)) {
    return fail(`Unknown evaluator '${evaluatorType}' in INLINE task.`);
  }
  return { evaluator: "javascript", expression, input: task.inputData };
}

/** LAMBDA, the older form: its script is the body of a function. */
export const lambda: TaskType = {
  ...evaluating("LAMBDA"),
  run(draft, task) {
    const expression = textOf(objectOf(task.inputData)["scriptExpression"] ?? null);
    const question: Question =
      expression.trim() === ""
        ? { status: "FAILED", reason: missing("scriptExpression", "Lambda"), isShown: true }
        : { evaluator: "function", expression, input: task.inputData };
    answer(draft, task, { question, isTerminal: false });
  },
};

/** JSON_JQ_TRANSFORM: a jq program over all of the input. */
export const jqTransform: TaskType = {
  ...evaluating("JSON_JQ_TRANSFORM"),
  run(draft, task) {
    const program = objectOf(task.inputData)["queryExpression"] ?? null;
    const question: Question =
      program === null
        ? {
            status: "FAILED",
            reason: "Missing 'queryExpression' in input parameters",
            isShown: false,
          }
        : { evaluator: "jq", expression: textOf(program), input: task.inputData };
    answer(draft, task, { question, isTerminal: false });
  },
};

/** Its record is IN_PROGRESS until the result is there. */
function evaluating(taskType: string): Pick<TaskType, "map"> {
  return {
    map(draft, entry, place) {
      const taskId = draft.context.newId();
      const { inputTemplate } = entry.workflowTask.taskDefinition ?? {};
      const inputData = inputText(draft, entry, {
        taskId,
        ...(inputTemplate === undefined ? {} : { inputTemplate }),
      });
      const task = createTask(draft, entry, place, {
        taskId,
        taskType,
        status: "IN_PROGRESS",
        inputData,
      });
      if (task.status === "IN_PROGRESS") draft.putOnAgenda(task);
    },
  };
}

function answer(
  draft: Draft,
  task: Task,
  { question, isTerminal }: { readonly question: Question; readonly isTerminal: boolean },
): void {
  if ("reason" in question) {
    fail(draft, task, question);
    return;
  }
  const result = draft.evaluate(question);
  if (result.type === "value") {
    const outputData = outputFor(question, result);
    const { status, reasonForIncompletion, ...ended } = withinOutputLimit(draft, {
      ...task,
      status: "COMPLETED",
      outputData,
    });
    endTask(draft, task, {
      status,
      ...(ended.outputData === undefined ? {} : { outputData: ended.outputData }),
      ...(reasonForIncompletion === undefined ? {} : { reasonForIncompletion }),
    });
    return;
  }
  const isFinal = isTerminal && !result.isRetriable;
  const status = isFinal ? "FAILED_WITH_TERMINAL_ERROR" : "FAILED";
  fail(draft, task, { status, reason: result.message, isShown: true });
}

function outputFor(
  { evaluator }: Evaluation,
  { value }: Extract<EvaluationResult, { readonly type: "value" }>,
): string {
  if (evaluator !== "jq") return `{"result":${value}}`;
  const [first = null] = parseJson(value) as readonly Json[];
  return `{"result":${writeJson(first)},"resultList":${value}}`;
}

function fail(draft: Draft, task: Task, { status, reason, isShown }: Failure): void {
  endTask(draft, task, {
    status,
    reasonForIncompletion: reason,
    ...(isShown ? { outputData: writeJson({ error: reason } satisfies JsonObject) } : {}),
  });
}

function missing(parameter: string, task: string): string {
  return (
    `Empty '${parameter}' in ${task} task's input parameters. ` +
    `A non-empty String value must be provided.`
  );
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : value === null ? "" : writeJson(value);
}
