import { cutElements, DecodeError, isJsonArray, unexpected } from "@ostinato/core";
import { AppError, ERRORS, ValidationError } from "../errors.ts";
import type { ReportAnswer, TaskReport } from "../service/task-update.ts";
import { parseBody } from "./body.ts";
import { readTaskResult, reportOf } from "./task-result.ts";

/** Longer lists are refused. */
const BATCH_RESULTS_MAX = 1000;

/** Several task results of one request. Those that cannot be read have their answer already. */
export interface TaskBatch {
  readonly reports: readonly TaskReport[];
  /** Puts the answers to `reports` and those to the unreadable ones in the order of the request. */
  answerText(answers: readonly ReportAnswer[]): string;
}

/** How one result was answered: `status` is what the single update would have answered with. */
interface BatchAnswer {
  readonly taskId: string | null;
  readonly status: number;
  readonly error?: string;
}

/** @throws AppError or DecodeError when the body is no list of a fair length */
export function readBatch(text: string, now: number): TaskBatch {
  const elements = readElements(text, now);
  if (elements.length > BATCH_RESULTS_MAX) {
    const message = `Cannot process more than ${BATCH_RESULTS_MAX} results. Please use multiple requests.`;
    throw new AppError("BAD_REQUEST", message);
  }
  const read = elements.map(readOrRefuse);
  return {
    reports: read.filter((element) => "command" in element),
    answerText(answers) {
      let next = 0;
      const all = read.map((element) =>
        "command" in element ? answerTo(answers[next++]) : element,
      );
      return JSON.stringify(all);
    },
  };
}

type ReadElement = () => TaskReport;

function readElements(text: string, now: number): ReadElement[] {
  const texts = cutElements(text);
  if (texts !== undefined && !texts.includes("null")) {
    return texts.map((element) => () => readTaskResult(element, now));
  }
  const elements = parseBody(text);
  if (!isJsonArray(elements)) throw unexpected(elements, "a list");
  return elements.map((element) => () => reportOf(element, now));
}

function readOrRefuse(read: ReadElement): TaskReport | BatchAnswer {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecodeError) return refusal(new AppError("BAD_REQUEST", error.message));
    if (error instanceof AppError) return refusal(error);
    throw error;
  }
}

function refusal(error: AppError): BatchAnswer {
  const [violation] = error instanceof ValidationError ? error.violations : [];
  const message = violation === undefined ? error.message : violation.message;
  return { taskId: null, status: ERRORS[error.code].status, error: message };
}

function answerTo(answer: ReportAnswer | undefined): BatchAnswer {
  if (answer === undefined) throw new AppError("INTERNAL", "a result of a batch has no answer");
  const { taskId } = answer;
  if (answer.accepted) return { taskId, status: 200 };
  return { taskId, status: ERRORS[answer.error.code].status, error: answer.error.message };
}
