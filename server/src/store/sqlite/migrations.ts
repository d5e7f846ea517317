import { AppError } from "../../errors.ts";
import { SCHEMA_1 } from "./schema.ts";
import { type Database, query } from "./database.ts";

/** "Osti": says in the file's head that it is ours. */
const APPLICATION_ID = 0x4f737469;

export interface Migration {
  readonly sql: string;
  /** The lowest schema version whose programs can still use the file afterwards. */
  readonly compatibleFrom: number;
}

/** Forward only; the n-th makes schema version n (from 1). Never change one that has been released. */
export const MIGRATIONS: readonly Migration[] = [{ sql: SCHEMA_1, compatibleFrom: 1 }];

/**
 * Brings the database to the newest schema, each step in its own transaction.
 * @param name - what errors call it.
 * @throws AppError STORE_UNAVAILABLE as `checkSchema` does.
 */
export function migrate(
  database: Database,
  name: string,
  migrations: readonly Migration[] = MIGRATIONS,
): void {
  const version = checkSchema(database, name, migrations);
  for (let next = version; next < migrations.length; next++) {
    apply(database, next, migrations[next]);
  }
}

/**
 * The database's schema version, 0 for an empty one. Only reads.
 * @throws AppError STORE_UNAVAILABLE when it is not ours, or needs a newer program.
 */
export function checkSchema(
  database: Database,
  name: string,
  migrations: readonly Migration[] = MIGRATIONS,
): number {
  const one = (sql: string): number => Number(query(database, sql).get()?.[0]);
  const applicationId = one("PRAGMA application_id");
  const isEmpty = applicationId === 0 && one("SELECT count(*) FROM sqlite_schema") === 0;
  if (applicationId !== APPLICATION_ID && !isEmpty) {
    throw new AppError("STORE_UNAVAILABLE", `${name} is not a database of this program`);
  }
  const version = one("PRAGMA user_version");
  const known = migrations.length;
  if (version <= known) return version;
  const compatibleFrom = one("SELECT value FROM meta WHERE name = 'compatibleFrom'");
  if (compatibleFrom <= known) return version;
  throw new AppError(
    "STORE_UNAVAILABLE",
    `${name} was written by a newer version of this program (schema ${version}, this one knows ${known})`,
  );
}

function apply(database: Database, index: number, migration: Migration | undefined): void {
  if (migration === undefined) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    database.exec(migration.sql);
    query(database, "INSERT OR REPLACE INTO meta VALUES ('compatibleFrom', ?)").run(
      migration.compatibleFrom,
    );
    database.exec(
      `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${index + 1}; COMMIT`,
    );
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
