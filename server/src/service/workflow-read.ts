import type { JsonText } from "@ostinato/core";
import type { Store, StoredWorkflow } from "../store/store.ts";
import type { ExecutionReader } from "./execution-reader.ts";

export interface CorrelatedOptions {
  readonly includeClosed: boolean;
  readonly includeTasks: boolean;
}

/** Lists of executions by name. */
export interface WorkflowReadService {
  /** The executions of a name with this correlation id, as a JSON list. */
  correlatedText(
    name: string,
    correlationId: string,
    options: CorrelatedOptions,
  ): Promise<JsonText>;
  /** The same for several ids: an object with one member for each. */
  correlatedTexts(
    name: string,
    correlationIds: readonly string[],
    options: CorrelatedOptions,
  ): Promise<JsonText>;
  /** Ids of open executions of a name. */
  runningIds(name: string): Promise<string[]>;
  /** Ids of executions created between two instants (epoch ms), whatever became of them. */
  createdIds(name: string, version: number, between: readonly [number, number]): Promise<string[]>;
}

export function createWorkflowReadService(deps: {
  readonly store: Store;
  readonly reader: ExecutionReader;
}): WorkflowReadService {
  const { store, reader } = deps;

  async function correlatedText(
    workflowName: string,
    correlationId: string,
    { includeClosed, includeTasks }: CorrelatedOptions,
  ): Promise<JsonText> {
    const ids = await store.listWorkflowIds({
      type: "correlated",
      workflowName,
      correlationId,
      includeClosed,
    });
    const texts: JsonText[] = [];
    for (const workflowId of ids) {
      const found: StoredWorkflow | undefined = await store.findWorkflow(workflowId);
      // One that was removed since the ids were read is not there any more.
      if (found !== undefined) texts.push(await reader.textOf(found, { includeTasks }));
    }
    return `[${texts.join(",")}]`;
  }

  return {
    correlatedText,

    async correlatedTexts(name, correlationIds, options) {
      const members: string[] = [];
      for (const id of new Set(correlationIds)) {
        members.push(`${JSON.stringify(id)}:${await correlatedText(name, id, options)}`);
      }
      return `{${members.join(",")}}`;
    },

    runningIds: (workflowName) => store.listWorkflowIds({ type: "open", workflowName }),

    createdIds: (workflowName, version, [from, to]) =>
      store.listWorkflowIds({ type: "created-between", workflowName, version, from, to }),
  };
}
