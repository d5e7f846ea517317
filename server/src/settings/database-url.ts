import { SettingError } from "./values.ts";

/** Where everything durable is: an SQLite file, or SQLite in memory (`file` absent), gone when the server ends. */
export interface Database {
  readonly type: "sqlite";
  readonly file?: string;
}

/**
 * Understands `sqlite:FILE`, `sqlite::memory:` and `jdbc:sqlite:FILE?options`. JDBC options tune the driver of another
 * server and are dropped.
 * @throws SettingError for databases that are not supported.
 */
export function parseDatabaseUrl(text: string): Database {
  const url = text.trim();
  const file = /^(?:jdbc:)?sqlite:(.+)$/is.exec(url)?.[1];
  if (file === undefined) throw new SettingError(refusalOf(url));
  const path = url.toLowerCase().startsWith("jdbc:") ? (file.split("?")[0] ?? file) : file;
  return path === ":memory:" ? { type: "sqlite" } : { type: "sqlite", file: path };
}

function refusalOf(url: string): string {
  const scheme = /^(?:jdbc:)?(\w+):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === "postgres" || scheme === "postgresql") {
    return "PostgreSQL is not supported yet; use sqlite:FILE";
  }
  // The rest may hold a password: only the scheme is repeated.
  const what = scheme === undefined ? "this is no database URL" : `${scheme} is not supported`;
  return `${what}; use sqlite:FILE or sqlite::memory:`;
}

export function databaseUrl(database: Database): string {
  return `sqlite:${database.file ?? ":memory:"}`;
}
