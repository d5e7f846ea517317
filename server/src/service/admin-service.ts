import type { Engine } from "../engine/engine.ts";
import type { Store } from "../store/store.ts";
import { accepted } from "./decided.ts";
import type { Log } from "./log.ts";

/** What operators check. */
export interface AdminService {
  /**
   * Looks for a reason why an execution would never move again, and has it go on if it finds one. There is never one:
   * a find is a defect of ours, logged and counted.
   * @returns whether one was found
   */
  verifyAndRepair(workflowId: string): Promise<boolean>;
  isHealthy(): Promise<boolean>;
}

export function createAdminService(deps: {
  readonly engine: Engine;
  readonly store: Store;
  readonly log: Log;
  /** Called with the number of executions found stuck. */
  readonly countStuck: (count: number) => void;
}): AdminService {
  const { engine, store, log, countStuck } = deps;
  return {
    async verifyAndRepair(workflowId) {
      const stuck = await store.findStuck(workflowId);
      if (stuck.length === 0) return false;
      countStuck(stuck.length);
      log.error({ stuck }, "defect: an open execution had no reason to move");
      accepted(await engine.submit(workflowId, { type: "continue" }, "consequences"));
      return true;
    },

    async isHealthy() {
      try {
        await store.checkHealth();
        return true;
      } catch (error) {
        log.error({ err: error }, "the store cannot be read and written");
        return false;
      }
    },
  };
}
