import { connect, type Socket } from "node:net";

export type OnAnswer = (status: number, body: string) => void;

export interface Target {
  readonly host: string;
  readonly port: number;
}

interface Head {
  readonly status: number;
  /** Where the body starts and, unless it comes in chunks, ends. */
  readonly start: number;
  readonly end: number | undefined;
  readonly closes: boolean;
}

const READ_BYTES = 64 * 1024;
const LAST_CHUNK = "\r\n0\r\n\r\n";
const LENGTH = /\r\ncontent-length: *(\d+)/i;
const CHUNKED = /\r\ntransfer-encoding: *chunked/i;
const CLOSES = /\r\nconnection: *close/i;

/**
 * One HTTP/1.1 connection, one request at a time. It reads just what the benchmarks need of an answer (status and
 * body), because what the generator spends is not there for the server. Bodies are taken as Latin-1: ASCII is right.
 */
export class Connection {
  readonly #target: Target;
  readonly #buffer = Buffer.allocUnsafe(READ_BYTES);
  #socket: Socket | undefined;
  #onAnswer: OnAnswer | undefined;
  #received = "";
  #head: Head | undefined;

  constructor(target: Target) {
    this.#target = target;
  }

  /** @param request - all its bytes, ASCII */
  send(request: string, onAnswer: OnAnswer): void {
    if (this.#onAnswer !== undefined) throw new Error("the connection waits for an answer");
    this.#onAnswer = onAnswer;
    this.#socket ??= this.#open();
    this.#socket.write(request, "latin1");
  }

  close(): void {
    this.#onAnswer = undefined;
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #open(): Socket {
    const socket: Socket = connect({
      ...this.#target,
      noDelay: true,
      onread: {
        buffer: this.#buffer,
        callback: (bytes) => {
          if (socket === this.#socket) this.#read(this.#buffer.toString("latin1", 0, bytes));
          return true;
        },
      },
    });
    socket.on("error", () => {
      // What it means is seen at `close`, which follows.
    });
    socket.on("close", () => {
      if (socket !== this.#socket) return;
      this.#socket = undefined;
      if (this.#onAnswer !== undefined)
        throw new Error("the server closed a connection unanswered");
    });
    return socket;
  }

  #read(text: string): void {
    const received = this.#received === "" ? text : this.#received + text;
    this.#received = received;
    const head = (this.#head ??= readHead(received));
    if (head === undefined) return;
    if (head.end === undefined ? !received.endsWith(LAST_CHUNK) : received.length < head.end)
      return;
    const body = received.slice(head.start, head.end);
    this.#answer(head, head.end === undefined ? withoutChunks(body) : body);
  }

  #answer(head: Head, body: string): void {
    const onAnswer = this.#onAnswer;
    this.#onAnswer = undefined;
    this.#received = "";
    this.#head = undefined;
    if (head.closes) this.close();
    onAnswer?.(head.status, body);
  }
}

function readHead(text: string): Head | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const start = end + 4;
  const status = Number(text.slice(9, 12));
  const length = LENGTH.exec(head)?.[1];
  const isChunked = length === undefined && CHUNKED.test(head);
  return {
    status,
    // The last chunk's mark begins with the end of the line before it: of an empty body that is the head's.
    start: isChunked ? end + 2 : start,
    end: isChunked ? undefined : start + Number(length ?? 0),
    closes: CLOSES.test(head),
  };
}

/** @param text - each chunk: line end, length in hexadecimal, line end, that many bytes */
function withoutChunks(text: string): string {
  let body = "";
  for (let at = 2; ;) {
    const lineEnd = text.indexOf("\r\n", at);
    const length = Number.parseInt(text.slice(at, lineEnd), 16);
    if (!(length > 0)) return body;
    body += text.slice(lineEnd + 2, lineEnd + 2 + length);
    at = lineEnd + 4 + length;
  }
}
