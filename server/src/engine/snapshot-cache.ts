import { readSnapshot, type JsonText, type Snapshot } from "@ostinato/core";

/** What the texts of cached snapshots may sum up to, in UTF-16 units; what is built from them takes several times that. */
const TEXT_LENGTH_MAX = 16 * 1024 * 1024;

/** Snapshots in memory by hash, the longest unused first; those that a batch works with are never evicted. */
export class SnapshotCache {
  readonly #load: (hashes: readonly string[]) => Promise<Map<string, JsonText>>;
  readonly #textLengthMax: number;
  readonly #byHash = new Map<string, Snapshot>();
  #held: ReadonlySet<string> = new Set();
  #textLength = 0;

  constructor(
    load: (hashes: readonly string[]) => Promise<Map<string, JsonText>>,
    textLengthMax: number = TEXT_LENGTH_MAX,
  ) {
    this.#load = load;
    this.#textLengthMax = textLengthMax;
  }

  has(hash: string): boolean {
    return this.#byHash.has(hash);
  }

  get(hash: string): Snapshot {
    const snapshot = this.#byHash.get(hash);
    if (snapshot === undefined) throw new Error(`snapshot ${hash} is not in memory`);
    return snapshot;
  }

  /** Adds or refreshes it. Evicts nothing: only `hold` and `preload` do, never in the middle of a decision. */
  put(snapshot: Snapshot): void {
    if (!this.#byHash.delete(snapshot.hash)) this.#textLength += snapshot.text.length;
    this.#byHash.set(snapshot.hash, snapshot);
  }

  /** Reads those that are missing; from now on these are held instead of those of the call before. */
  hold(hashes: ReadonlySet<string>): Promise<void> | undefined {
    this.#held = hashes;
    let missing: string[] | undefined;
    for (const hash of hashes) {
      const snapshot = this.#byHash.get(hash);
      if (snapshot === undefined) (missing ??= []).push(hash);
      else this.put(snapshot);
    }
    this.#evict();
    return missing === undefined ? undefined : this.#read(missing);
  }

  async preload(hashes: readonly string[]): Promise<void> {
    this.#evict();
    const missing = hashes.filter((hash) => !this.#byHash.has(hash));
    if (missing.length > 0) await this.#read(missing);
  }

  async #read(hashes: readonly string[]): Promise<void> {
    const texts = await this.#load(hashes);
    for (const hash of hashes) {
      const text = texts.get(hash);
      if (text === undefined) throw new Error(`snapshot ${hash} is not stored`);
      if (!this.#byHash.has(hash)) this.put(readSnapshot(hash, text));
    }
  }

  #evict(): void {
    if (this.#textLength <= this.#textLengthMax) return;
    for (const [hash, snapshot] of this.#byHash) {
      if (this.#held.has(hash)) continue;
      this.#byHash.delete(hash);
      this.#textLength -= snapshot.text.length;
      if (this.#textLength <= this.#textLengthMax) return;
    }
  }
}
