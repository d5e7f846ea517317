/**
 * A memory of the last uses of pure functions, bounded by two generations of entries: a full one
 * becomes the old one, and what nobody asks for while the next fills is forgotten.
 */
export interface BoundedCache<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
}

/** Longer keys are not remembered, so that the entries bound the bytes. */
const KEY_LENGTH_MAX = 2000;

/** @param generationMax - entries per generation; at most twice as many are kept. */
export function boundedCache<V>(generationMax: number): BoundedCache<V> {
  let young = new Map<string, V>();
  let old = new Map<string, V>();
  const set = (key: string, value: V): void => {
    if (key.length > KEY_LENGTH_MAX) return;
    if (young.size >= generationMax) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
  };
  const get = (key: string): V | undefined => {
    const value = young.get(key);
    if (value !== undefined) return value;
    const kept = old.get(key);
    if (kept !== undefined) set(key, kept);
    return kept;
  };
  return { get, set };
}
