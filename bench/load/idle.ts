import { Connection } from "./connection.ts";
import { requestsTo } from "./requests.ts";
import { type Control, expectOk, sleep, targetOf } from "./scenario.ts";

export interface IdleSettings {
  readonly url: string;
  readonly types: number;
  readonly pollersPerType: number;
  readonly timeoutMs: number;
  readonly warmupMs: number;
  readonly measureMs: number;
}

export interface IdleResult {
  readonly seconds: number;
  readonly polls: number;
}

/** Long polls of queues in which nothing ever comes. */
export async function runIdle(settings: IdleSettings, control: Control): Promise<IdleResult> {
  const target = targetOf({ ...settings, workflow: "" });
  const requests = requestsTo(target);
  let polls = 0;
  for (let type = 0; type < settings.types; type++) {
    const request = requests.poll(`idle_${type}`, { count: 1, timeoutMs: settings.timeoutMs });
    for (let n = 0; n < settings.pollersPerType; n++) {
      const connection = new Connection(target);
      const poll = (): void => {
        connection.send(request, (status, body) => {
          expectOk("a poll", status, body);
          polls++;
          poll();
        });
      };
      // Not all at once: real workers did not start in the same instant.
      setTimeout(poll, Math.random() * settings.timeoutMs);
    }
  }
  await sleep(settings.timeoutMs + settings.warmupMs);
  const before = { at: performance.now(), polls };
  control.begin();
  await sleep(settings.measureMs);
  control.end();
  return { seconds: (performance.now() - before.at) / 1_000, polls: polls - before.polls };
}
