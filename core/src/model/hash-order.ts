/*
 * Conductor keeps maps and sets of names in hash tables, so that they come out in the order of the hash codes: in lists
 * on the wire and in texts made from maps. That order is the same every time, and clients have come to expect it.
 */

const TABLE_SIZE_MIN = 16;
const LOAD_MAX = 0.75;

/**
 * The names in the order in which a Java hash table yields them that they were put into one by one.
 * Source: `HashMap` and `String.hashCode` of Java.
 */
export function inHashOrder(names: readonly string[]): string[] {
  if (names.length < 2) return [...names];
  let size = TABLE_SIZE_MIN;
  while (names.length > size * LOAD_MAX) size *= 2;
  const slots = new Map(names.map((name) => [name, hashOf(name) & (size - 1)]));
  return names.toSorted((a, b) => (slots.get(a) ?? 0) - (slots.get(b) ?? 0));
}

function hashOf(name: string): number {
  let hash = 0;
  for (let index = 0; index < name.length; index++) {
    hash = (Math.imul(hash, 31) + name.charCodeAt(index)) | 0;
  }
  return hash ^ (hash >>> 16);
}
