import type { JsonObject, JsonText } from "../model/json.ts";
import { isJsonObject, toNumber, isRawNumber } from "../model/json.ts";

const INSTANTS = [
  "serverSendTime",
  "clientReceiveTime",
  "executionStartTime",
  "executionEndTime",
  "clientSendTime",
  "pollNetworkLatency",
  "updateNetworkLatency",
] as const;

/**
 * What a worker measured, in the form it is shown in: with the two members that Conductor computes.
 * Members of other names or types are dropped. Source: Conductor's `ExecutionMetadata`.
 */
export function executionMetadataJson(reported: JsonObject): JsonText {
  const shown: Record<string, unknown> = {};
  for (const name of INSTANTS) {
    const value = reported[name];
    if (typeof value !== "number" && !isRawNumber(value)) continue;
    shown[name] = Math.trunc(toNumber(value));
  }
  const context = reported["additionalContext"];
  const additionalContext = isJsonObject(context) ? context : {};
  const empty = Object.keys(shown).length + Object.keys(additionalContext).length === 0;
  return JSON.stringify({
    ...shown,
    additionalContext,
    empty,
    additionalContextMap: additionalContext,
  });
}
