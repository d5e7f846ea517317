import { isObject } from "./paths.ts";

/** Keys whose values differ from run to run or from host to host, wherever they stand. */
const VARYING_KEYS: ReadonlySet<string> = new Set([
  "queueWaitTime",
  "executionTime",
  "hostname",
  "instance",
  "traceId",
]);

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const ISO_INSTANT = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d| GMT| UTC)?/g;
const EPOCH_MS = /\b1[6-9]\d{11}\b/g;
const EPOCH_MS_MIN = 1.6e12;
const EPOCH_MS_MAX = 3e12;

/**
 * Replaces what no two runs share by placeholders, as the recordings have it: `<ms>` and `<iso>` for instants,
 * `<id 1>`, `<id 2>` … for ids in the order in which one play first sees them.
 */
export class Normalizer {
  readonly #replacements: readonly (readonly [text: string, placeholder: string])[];
  readonly #ids = new Map<string, string>();

  /** @param replacements - texts of this run and what the recordings have in their place. */
  constructor(replacements: readonly (readonly [text: string, placeholder: string])[]) {
    this.#replacements = replacements;
  }

  normalize(value: unknown, key?: string): unknown {
    if (key !== undefined && VARYING_KEYS.has(key)) return "<varies>";
    if (typeof value === "number") {
      return value > EPOCH_MS_MIN && value < EPOCH_MS_MAX ? "<ms>" : value;
    }
    if (typeof value === "string") return this.#normalizeText(value);
    if (Array.isArray(value)) return value.map((item) => this.normalize(item));
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [
        this.#normalizeText(name),
        this.normalize(item, name),
      ]),
    );
  }

  #normalizeText(text: string): string {
    let result = text;
    for (const [own, placeholder] of this.#replacements) {
      result = result.replaceAll(own, placeholder);
    }
    return result
      .replace(ISO_INSTANT, "<iso>")
      .replace(UUID, (id) => this.#nameOf(id.toLowerCase()))
      .replace(EPOCH_MS, "<ms>");
  }

  #nameOf(id: string): string {
    const known = this.#ids.get(id);
    if (known !== undefined) return known;
    const name = `<id ${this.#ids.size + 1}>`;
    this.#ids.set(id, name);
    return name;
  }
}
