import { Connection, type OnAnswer, type Target } from "./connection.ts";

interface Waiting {
  readonly request: string;
  readonly onAnswer: OnAnswer;
}

/** Connections that share a line of requests, first come, first served. */
export class Pool {
  readonly #idle: Connection[];
  #waiting: Waiting[] = [];
  /** Where the line begins; what is before it has been sent. */
  #next = 0;

  constructor(target: Target, size: number) {
    this.#idle = Array.from({ length: size }, () => new Connection(target));
  }

  /** Requests that no connection was free for yet. */
  get backlog(): number {
    return this.#waiting.length - this.#next;
  }

  request(request: string, onAnswer: OnAnswer): void {
    const connection = this.#idle.pop();
    if (connection === undefined) this.#waiting.push({ request, onAnswer });
    else this.#send(connection, request, onAnswer);
  }

  #send(connection: Connection, request: string, onAnswer: OnAnswer): void {
    connection.send(request, (status, body) => {
      // First what follows from the answer, so that it can take this connection's turn in the line.
      onAnswer(status, body);
      const next = this.#takeNext();
      if (next === undefined) this.#idle.push(connection);
      else this.#send(connection, next.request, next.onAnswer);
    });
  }

  #takeNext(): Waiting | undefined {
    const next = this.#waiting[this.#next];
    if (next === undefined) return undefined;
    this.#next++;
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
    }
    return next;
  }
}
