import type { TaskLog } from "../model/command.ts";
import type { JsonText } from "../model/json.ts";
import { textMember } from "./json-members.ts";

/** The last poll of a queue. */
export interface PollDataSource {
  readonly taskType: string;
  readonly domain?: string;
  readonly workerId?: string;
  /** Epoch ms. */
  readonly lastPollTime: number;
}

/** The text of the last polls. Source: Conductor's `PollData`. */
export function pollDataListJson(polls: readonly PollDataSource[]): JsonText {
  return `[${polls.map(pollDataJson).join(",")}]`;
}

function pollDataJson(poll: PollDataSource): JsonText {
  return (
    `{"queueName":${JSON.stringify(poll.taskType)}` +
    textMember("domain", poll.domain) +
    textMember("workerId", poll.workerId) +
    `,"lastPollTime":${poll.lastPollTime}}`
  );
}

/** The text of an attempt's log. Source: Conductor's `TaskExecLog`. */
export function taskLogListJson(taskId: string, logs: readonly TaskLog[]): JsonText {
  const id = JSON.stringify(taskId);
  const lines = logs.map(
    ({ log, createdTime }) =>
      `{"log":${JSON.stringify(log)},"taskId":${id},"createdTime":${createdTime}}`,
  );
  return `[${lines.join(",")}]`;
}
