/** A setting that cannot be used as it is; the message names it and says what it may be. */
export class SettingError extends Error {
  override readonly name = "SettingError";
}

export function parseBoolean(text: string): boolean {
  const word = text.trim().toLowerCase();
  if (["true", "on", "yes", "1"].includes(word)) return true;
  if (["false", "off", "no", "0"].includes(word)) return false;
  throw new SettingError(`${JSON.stringify(text)} is neither true nor false`);
}

export function parseInteger(text: string, range: { min: number; max: number }): number {
  const number = /^[+-]?\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (number >= range.min && number <= range.max) return number;
  throw new SettingError(
    `${JSON.stringify(text)} is not a whole number from ${range.min} to ${range.max}`,
  );
}

const MS_OF: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of `500ms`, `10s`, `5m`, `1h`, `1d`, ISO `PT10S`, or a bare number in `unit`. */
export function parseDuration(text: string, unit: "ms" | "s"): number {
  const trimmed = text.trim();
  const simple = /^(\d+)\s*([a-z]*)$/i.exec(trimmed);
  const factor = MS_OF[(simple?.[2] || unit).toLowerCase()];
  if (simple !== null && factor !== undefined) return Math.round(Number(simple[1]) * factor);
  const iso = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i.exec(trimmed);
  if (iso !== null && /\d/.test(trimmed)) {
    const [, days = "0", hours = "0", minutes = "0", seconds = "0"] = iso;
    const inMinutes = (Number(days) * 24 + Number(hours)) * 60 + Number(minutes);
    return Math.round(inMinutes * 60_000 + Number(seconds) * 1_000);
  }
  throw new SettingError(`${JSON.stringify(text)} is not a duration such as 500ms, 10s or PT10S`);
}

const BYTES_OF: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1024,
  mb: 1024 ** 2,
  gb: 1024 ** 3,
};

/** Bytes of `5120KB`, `10MB`, or a bare number in `unit`. */
export function parseSize(text: string, unit: "B" | "KB"): number {
  const match = /^(\d+)\s*([a-z]*)$/i.exec(text.trim());
  const factor = BYTES_OF[(match?.[2] || unit).toLowerCase()];
  const bytes = match === null || factor === undefined ? Number.NaN : Number(match[1]) * factor;
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new SettingError(`${JSON.stringify(text)} is not a size such as 5120KB or 10MB`);
}

/** The parts of a comma-separated list; none for an empty text. */
export function parseList(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

const PLACEHOLDERS_MAX = 100;

/**
 * Replaces `${NAME}` and `${NAME:default}`; a default may hold placeholders itself. One without value or default stays as
 * it is written.
 */
export function expandPlaceholders(
  text: string,
  find: (name: string) => string | undefined,
): string {
  let result = text;
  for (let count = 0; count < PLACEHOLDERS_MAX; count += 1) {
    // The innermost first. What stays literal is hidden meanwhile, so that it is not found again.
    const next = result.replace(/\$\{([^${}:]+)(?::([^{}]*))?\}/, (all, name: string, other) => {
      return find(name.trim()) ?? other ?? `\u0000{${all.slice(2)}`;
    });
    if (next === result) break;
    result = next;
  }
  return result.replaceAll("\u0000{", "${");
}
