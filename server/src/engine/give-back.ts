import type { ClaimRef, Store } from "../store/store.ts";
import type { Clock } from "./clock.ts";
import type { Log } from "./deps.ts";

const AGAIN_MS = 1_000;

/**
 * Takes claims back whose answers did not leave. While the database is away it tries again and again: whatever is
 * neither delivered nor undone would be nobody's for as long as this process lives.
 */
export class GiveBack {
  readonly #deps: { readonly store: Store; readonly clock: Clock; readonly log: Log };
  #isClosed = false;

  constructor(deps: { readonly store: Store; readonly clock: Clock; readonly log: Log }) {
    this.#deps = deps;
  }

  /** Resolves when the claims are undone, or when the engine closes: the next start finds what is left. */
  readonly undo = async (claims: readonly ClaimRef[]): Promise<void> => {
    const { store, clock, log } = this.#deps;
    for (;;) {
      try {
        await store.undoClaims(claims);
        return;
      } catch (error) {
        if (this.#isClosed) return;
        log.warn({ err: error }, "claims could not be undone; trying again");
        await new Promise<void>((resolve) => {
          clock.setTimer(clock.now() + AGAIN_MS, resolve);
        });
      }
    }
  };

  close(): void {
    this.#isClosed = true;
  }
}
