import { STATUS_CODES } from "node:http";
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, zstdDecompress } from "node:zlib";

import {
  doubleToJson,
  firstValue,
  isJsonArray,
  isJsonObject,
  isRawNumber,
  type Json,
  JSON_DEPTH_MAX,
  type JsonText,
  parseJson,
  toNumber,
  writeJson,
} from "@ostinato/core";

/** What came back. */
export interface HttpAnswer {
  readonly status: number;
  /** As the server has sent it; often empty. */
  readonly statusText: string;
  /** Names as received, and values, in turn. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** The answer is larger than this server takes. */
export class TooLargeError extends Error {
  override readonly name = "TooLargeError";
}

type Unzip = (
  body: Buffer,
  options: { readonly maxOutputLength: number },
) => Promise<Buffer<ArrayBufferLike>>;

const UNZIP: Readonly<Record<string, Unzip>> = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
};

/**
 * The text of an answer's body, empty for none.
 * @throws TooLargeError when it grows beyond `bytesMax` by being decompressed; Error when it is no such thing.
 */
export async function bodyText(answer: HttpAnswer, bytesMax: number): Promise<string> {
  if (answer.body.length === 0) return "";
  const encoding = findHeader(answer, "content-encoding").trim().toLowerCase();
  const unzip = Object.hasOwn(UNZIP, encoding) ? UNZIP[encoding] : undefined;
  const bytes = unzip === undefined ? answer.body : await unzipped(answer.body, unzip, bytesMax);
  return decoderFor(findHeader(answer, "content-type")).decode(bytes);
}

async function unzipped(body: Buffer, unzip: Unzip, maxOutputLength: number): Promise<Buffer> {
  try {
    return await unzip(body, { maxOutputLength });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ERR_BUFFER_TOO_LARGE") throw new TooLargeError("", { cause: error });
    throw error;
  }
}

function decoderFor(contentType: string): InstanceType<typeof TextDecoder> {
  const charset = /charset\s*=\s*"?([^\s";]+)/i.exec(contentType)?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset);
  } catch {
    // Safe: a charset that nobody knows is read as the usual one, as far as that goes.
    return new TextDecoder();
  }
}

export function findHeader({ headers }: Pick<HttpAnswer, "headers">, name: string): string {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() === name) return headers[i + 1] ?? "";
  }
  return "";
}

/** `outputData` of an attempt that has got this answer. */
export function responseOutput(answer: HttpAnswer, text: string): JsonText {
  return (
    `{"response":{"headers":${writeJson(headerLists(answer.headers))}` +
    `,"reasonPhrase":${JSON.stringify(STATUS_CODES[answer.status] ?? answer.statusText)}` +
    `,"body":${writeJson(bodyValue(text))},"statusCode":${answer.status}}}`
  );
}

function headerLists(headers: readonly string[]): Json {
  const lists = new Map<string, { readonly name: string; readonly values: string[] }>();
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? "";
    const list = lists.get(name.toLowerCase()) ?? { name, values: [] };
    list.values.push(headers[i + 1] ?? "");
    lists.set(name.toLowerCase(), list);
  }
  return Object.fromEntries([...lists.values()].map(({ name, values }) => [name, values]));
}

/** JSON objects and lists as they are, numbers as doubles, what else there is in JSON as its text. */
function bodyValue(text: string): Json {
  if (text === "") return null;
  const value = parsed(text);
  if (value === undefined || isJsonObject(value) || isJsonArray(value)) return value ?? text;
  if (typeof value === "number" || isRawNumber(value)) return doubleToJson(toNumber(value));
  return value === null ? "null" : String(value);
}

/** `undefined` when it is not one JSON value and nothing else, or nested too deeply. */
function parsed(text: string): Json | undefined {
  try {
    const { end } = firstValue(text, JSON_DEPTH_MAX);
    return text.slice(end).trim() === "" ? parseJson(text, JSON_DEPTH_MAX) : undefined;
  } catch {
    return undefined; // Then it is text.
  }
}
