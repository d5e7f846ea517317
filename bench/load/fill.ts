import { Pool } from "./pool.ts";
import { requestsTo } from "./requests.ts";
import { expectOk, sleep, targetOf } from "./scenario.ts";

export interface FillSettings {
  readonly url: string;
  readonly workflows: readonly string[];
  readonly count: number;
  readonly connections: number;
}

/** Starts executions and leaves them open, taking the workflows in turn. Resolves with how many ms it took. */
export async function runFill(settings: FillSettings): Promise<number> {
  const { workflows, count, connections } = settings;
  const target = targetOf({ ...settings, workflow: "" });
  const requests = requestsTo(target);
  const texts = workflows.map((workflow) => requests.start(workflow, '{"value":1}'));
  const pool = new Pool(target, connections);
  const beganAt = performance.now();
  let begun = 0;
  let stored = 0;
  const next = (): void => {
    const text = texts[begun % texts.length];
    if (begun === count || text === undefined) return;
    begun++;
    pool.request(text, (status, body) => {
      expectOk("a start", status, body);
      stored++;
      next();
    });
  };
  for (let n = 0; n < connections; n++) next();
  while (stored < count) await sleep(20);
  return performance.now() - beganAt;
}
