/**
 * Reads a Java properties text: `key=value`, `key: value` or `key value` a line, `#` and `!` comments, a `\` at the end
 * of a line continues it, and `\t`, `\n`, `\r`, `\f` and `\uXXXX` are escapes. A later line wins over an earlier one.
 */
export function parseProperties(text: string): Map<string, string> {
  const entries = new Map<string, string>();
  for (const line of logicalLines(text)) {
    const [, key = "", value = ""] = /^((?:\\.|[^\\=:\s])*)\s*(?:[=:]\s*)?(.*)$/s.exec(line) ?? [];
    entries.set(unescape(key), unescape(value));
  }
  return entries;
}

function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let pending: string | undefined;
  for (const raw of text.split(/\r\n|\r|\n/)) {
    const line = raw.trimStart();
    if (pending === undefined && (line === "" || line.startsWith("#") || line.startsWith("!"))) {
      continue;
    }
    const joined: string = (pending ?? "") + line;
    const continues = (/\\*$/.exec(joined)?.[0].length ?? 0) % 2 === 1;
    pending = continues ? joined.slice(0, -1) : undefined;
    if (!continues) lines.push(joined);
  }
  if (pending !== undefined) lines.push(pending);
  return lines;
}

const ESCAPES: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f" };

function unescape(text: string): string {
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_all, code?: string, char = "") =>
    code === undefined ? (ESCAPES[char] ?? char) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
