/** A request and, unless the server died over it, its answer. */
export interface Exchange {
  readonly sentAt: number;
  readonly answeredAt?: number;
  readonly status: number;
  readonly text: string;
}

/** Status of an exchange without an answer. */
export const LOST = 0;

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly body?: object;
}

/**
 * A client of a server that comes and goes: a call waits until there is one, and tells when the answer did not come.
 * It never asks twice by itself.
 */
export class Client {
  readonly #complain: (complaint: string) => void;
  readonly #onAnswer: (answeredAt: number) => void;
  #server: PromiseWithResolvers<string> = Promise.withResolvers();
  #isUp = false;

  /**
   * @param complain - told of answers that no client should get.
   * @param onAnswer - told of each answer's instant, before anybody else hears of it.
   */
  constructor(
    complain: (complaint: string) => void,
    onAnswer: (answeredAt: number) => void = () => undefined,
  ) {
    this.#complain = complain;
    this.#onAnswer = onAnswer;
  }

  serverIsUp(url: string): void {
    this.#isUp = true;
    this.#server.resolve(url);
  }

  serverIsDown(): void {
    // Calls that wait already go on waiting for the same one.
    if (this.#isUp) this.#server = Promise.withResolvers();
    this.#isUp = false;
  }

  async call({ method, path, body }: Call): Promise<Exchange> {
    const url = await this.#server.promise;
    const sentAt = performance.now();
    try {
      const response = await fetch(`${url}${path}`, {
        method,
        ...(body === undefined
          ? {}
          : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const { status } = response;
      const answeredAt = performance.now();
      this.#onAnswer(answeredAt);
      if (status >= 500) this.#complain(`${method} ${path}: ${status} ${text}`);
      return { sentAt, answeredAt, status, text };
    } catch {
      // The connection broke or was refused: whether it was done, nobody knows.
      return { sentAt, status: LOST, text: "" };
    }
  }

  /** Asks again, as it was, until there is an answer. @param onEach - told of every exchange */
  async callUntilAnswered(call: Call, onEach: (exchange: Exchange) => void): Promise<Exchange> {
    for (;;) {
      const exchange = await this.call(call);
      onEach(exchange);
      if (exchange.status !== LOST) return exchange;
    }
  }
}

export function isDone({ status }: Exchange): boolean {
  return status >= 200 && status < 300;
}
