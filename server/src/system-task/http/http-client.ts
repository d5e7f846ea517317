import { Agent, request } from "undici";

import type { EgressPolicy } from "./egress-policy.ts";
import { findHeader, type HttpAnswer, TooLargeError } from "./http-answer.ts";
import type { HttpRequest } from "./http-request.ts";

/** Agents are kept per connect timeout, at most so many; the one that was made first goes first. */
const AGENTS_MAX = 16;
/** A connection that is idle for longer is closed: servers often do so after 5 s. */
const KEEP_ALIVE_MS = 4_000;
const REDIRECTS_MAX = 20;

/** More redirects than are followed. */
export class RedirectsError extends Error {
  override readonly name = "RedirectsError";
}

/** Makes calls over connections that are kept per origin. */
export class HttpClient {
  readonly #policy: EgressPolicy;
  readonly #bytesMax: number;
  readonly #agents = new Map<number, Agent>();

  /** @param bytesMax - of an answer's body */
  constructor(policy: EgressPolicy, bytesMax: number) {
    this.#policy = policy;
    this.#bytesMax = bytesMax;
  }

  /**
   * Calls, and follows redirects for GET and HEAD.
   * @throws EgressError, TooLargeError, RedirectsError; errors of undici and of the platform with a `code`
   */
  async call(call: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    let current = call;
    for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
      const answer = await this.#callOnce(current, signal);
      const next = redirected(current, answer);
      if (next === undefined) return answer;
      current = next;
    }
    throw new RedirectsError(`Maximum redirects (${REDIRECTS_MAX}) exceeded`);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()));
  }

  async #callOnce(call: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    this.#policy.checkHost(call.url.hostname);
    const { statusCode, statusText, headers, body } = await request(call.url, {
      dispatcher: this.#agentFor(call.connectTimeoutMs),
      method: call.method,
      headers: [...call.headers],
      headersTimeout: call.readTimeoutMs,
      bodyTimeout: call.readTimeoutMs,
      responseHeaders: "raw",
      signal,
      ...(call.body === undefined ? {} : { body: call.body }),
    });
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      // Leaving the loop destroys the stream, and the connection with it.
      if (size > this.#bytesMax) throw new TooLargeError();
      chunks.push(chunk);
    }
    return {
      status: statusCode,
      statusText,
      // What `raw` answers is not what its type says.
      headers: headers as unknown as readonly string[],
      body: Buffer.concat(chunks, size),
    };
  }

  #agentFor(connectTimeoutMs: number): Agent {
    const known = this.#agents.get(connectTimeoutMs);
    if (known !== undefined) return known;
    for (const [oldestMs, oldest] of this.#agents) {
      if (this.#agents.size < AGENTS_MAX) break;
      this.#agents.delete(oldestMs);
      // Finishes what it has begun.
      void oldest.close();
    }
    const agent = new Agent({
      allowH2: false,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connect: { lookup: this.#policy.lookup, timeout: connectTimeoutMs, autoSelectFamily: true },
    });
    this.#agents.set(connectTimeoutMs, agent);
    return agent;
  }
}

const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** What another origin is not told. */
const PRIVATE_HEADERS: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "host",
  "proxy-authorization",
]);

/** The call that the answer sends on to; `undefined` when it is the last one. */
function redirected(call: HttpRequest, answer: HttpAnswer): HttpRequest | undefined {
  if (call.method !== "GET" && call.method !== "HEAD") return undefined;
  if (!REDIRECT_STATUSES.has(answer.status)) return undefined;
  const location = findHeader(answer, "location");
  const url = location === "" ? null : URL.parse(location, call.url.href);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) return undefined;
  const isSameOrigin = url.origin === call.url.origin;
  return { ...call, url, headers: isSameOrigin ? call.headers : publicHeaders(call.headers) };
}

function publicHeaders(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (!PRIVATE_HEADERS.has(name.toLowerCase())) kept.push(name, headers[i + 1] ?? "");
  }
  return kept;
}
