import { Buffer } from "node:buffer";

import type { SqlValue } from "./database.ts";

/**
 * A UUID in its canonical, lower-case form is stored in 16 bytes; any other text (a correlation of somebody's own, or
 * nonsense in a URL) as it is, so that every id comes back exactly, and an unknown one is just not found.
 */
export function encodeId(id: string): Uint8Array | string {
  if (id.length !== 36) return id;
  const bytes = Buffer.allocUnsafe(16);
  let at = 0;
  for (let i = 0; i < 36;) {
    const code = id.charCodeAt(i);
    if (i === 8 || i === 13 || i === 18 || i === 23) {
      if (code !== DASH) return id;
      i++;
      continue;
    }
    const high = hexValue(code);
    const low = hexValue(id.charCodeAt(i + 1));
    if (high < 0 || low < 0) return id;
    bytes[at++] = high * 16 + low;
    i += 2;
  }
  return bytes;
}

export function decodeId(value: SqlValue): string {
  if (!(value instanceof Uint8Array)) return String(value);
  let id = "";
  for (let i = 0; i < value.length; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) id += "-";
    id += HEX[value[i] ?? 0];
  }
  return id;
}

const DASH = 45;
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);

/** -1 for what is no lower-case hexadecimal digit. */
function hexValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  return code >= 97 && code <= 102 ? code - 87 : -1;
}
