import { resolve } from "node:path";

import type { Config } from "../config.ts";
import { egressRuleText } from "../settings/egress-rules.ts";

/** What an operator wants to know at a start: where it listens, where the data is, which limits hold. */
export function banner(version: string, url: string, config: Config): string {
  const { file } = config.database;
  const database =
    file === undefined ? "SQLite in memory: gone when the server ends" : `SQLite, ${resolve(file)}`;
  const limits = [
    `request ${size(config.bodyBytesMax)}`,
    `workflow input ${size(config.workflowInputBytesMax)}`,
    `workflow output ${size(config.workflowOutputBytesMax)}`,
    `task input ${size(config.taskInputBytesMax)}`,
    `task output ${size(config.taskOutputBytesMax)}`,
    `variables ${size(config.variablesBytesMax)}`,
    `log lines per result ${config.taskLogsMax}`,
  ];
  return [
    `Ostinato ${version} is ready at ${url}`,
    `  API       ${url}/api`,
    `  health    ${url}/health`,
    `  metrics   ${url}/metrics`,
    `  database  ${database}`,
    `  limits    ${limits.slice(0, 3).join(", ")},`,
    `            ${limits.slice(3).join(", ")}`,
    `  egress    ${egress(config)}`,
  ].join("\n");
}

/** Where HTTP tasks may go. */
function egress({ egressAllow, egressDeny }: Config): string {
  const texts = (rules: Config["egressAllow"]): string => rules.map(egressRuleText).join(", ");
  const allowed = egressAllow.length === 0 ? "anywhere" : `only to ${texts(egressAllow)}`;
  const denied = egressDeny.length === 0 ? "" : `, but not to ${texts(egressDeny)}`;
  return `HTTP tasks may go ${allowed}${denied} (ostinato.egress.allow, ostinato.egress.deny)`;
}

function size(bytes: number): string {
  const units = ["B", "KB", "MB", "GB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Number(value.toFixed(1))} ${units[unit]}`;
}
