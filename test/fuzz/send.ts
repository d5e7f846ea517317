import { once } from "node:events";
import { connect } from "node:net";
import { buffer } from "node:stream/consumers";

/** A request as it goes over the wire: nothing is added to it, nothing checked. */
export interface RawRequest {
  readonly method: string;
  /** What stands between the verb and `HTTP/1.1`. */
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: Buffer;
  /** How much of the body the headers promise; chunks promise nothing. */
  readonly framing?: "length" | "too-long" | "chunked";
  /** The caller loses patience after so long. */
  readonly patienceMs?: number;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Sends it over a connection of its own. @returns `undefined` when the server hung up without an answer, or we did */
export async function send(port: number, request: RawRequest): Promise<RawAnswer | undefined> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  let failure: unknown;
  socket.on("error", (error) => (failure = error));
  const patience = setTimeout(() => socket.destroy(), request.patienceMs ?? 15_000);
  try {
    const answered = readAll(socket);
    socket.write(headOf(request), "latin1");
    writeBody(socket, request);
    const bytes = await answered;
    if (bytes.length === 0) return undefined;
    return parseAnswer(bytes);
  } finally {
    clearTimeout(patience);
    socket.destroy();
    if (failure === undefined && !socket.closed) await once(socket, "close");
  }
}

/** All that came, also when the connection broke in the end. */
async function readAll(socket: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await buffer(socket).catch(() => undefined);
  return Buffer.concat(chunks);
}

function headOf({ method, target, headers, body, framing }: RawRequest): string {
  const lines = [`${method} ${target} HTTP/1.1`, "host: 127.0.0.1", "connection: close"];
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  if (body !== undefined) {
    const promised = body.length + (framing === "too-long" ? 10 : 0);
    lines.push(
      framing === "chunked" ? "transfer-encoding: chunked" : `content-length: ${promised}`,
    );
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function writeBody(socket: NodeJS.WritableStream, { body, framing }: RawRequest): void {
  if (body === undefined) return;
  if (framing === "chunked") {
    const half = body.length >> 1;
    for (const chunk of [body.subarray(0, half), body.subarray(half)]) {
      if (chunk.length === 0) continue;
      socket.write(`${chunk.length.toString(16)}\r\n`);
      socket.write(chunk);
      socket.write("\r\n");
    }
    socket.write("0\r\n\r\n");
  } else {
    socket.write(body);
  }
  if (framing === "too-long") socket.end();
}

/** The first answer of those that came; interim ones do not count. */
function parseAnswer(bytes: Buffer): RawAnswer | undefined {
  const text = bytes.toString("latin1").replace(/^(?:HTTP\/1\.1 1\d\d [^\r]*\r\n\r\n)+/, "");
  if (text === "") return undefined;
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1]);
  const headers = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const length = Number(headers.get("content-length") ?? text.length);
  const body = Buffer.from(text.slice(end + 4, end + 4 + length), "latin1").toString();
  return { status, headers, body };
}
