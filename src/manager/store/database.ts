import { chmod, open } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Kysely } from 'kysely';
import type { Clock } from '../../platform/clock.ts';
import { makePrivateFolder, privateFile } from '../../platform/files/atomic-file.ts';
import { type Migration, migrate, migrations } from './migrate.ts';
import type { Schema } from './schema.ts';
import { createQueries, translated } from './sqlite.ts';

/** Where queries run: the store itself, or a transaction of it. Every function below `store/` takes one. */
export type Db = Kysely<Schema>;

/** The manager's open store. */
export interface Store {
  readonly db: Db;
  /** Path of the database's file. */
  readonly file: string;
  /** Closes the file; queries after that fail. */
  close(): Promise<void>;
}

/** Milliseconds a query waits for another process that writes, such as `zedops manager init` beside a running manager. */
const busyMs = 5_000;

/**
 * Opens the store in the manager's folder, makes it on the first start, and brings its schema up to date.
 * @throws ZedopsError UNSUPPORTED for a newer schema, INTERNAL for a file that cannot be used.
 */
export async function openStore(
  folder: string,
  clock: Clock,
  steps: readonly Migration[] = migrations,
): Promise<Store> {
  await makePrivateFolder(folder);
  const file = join(folder, 'manager.db');
  await makePrivateFile(file);
  const database = translated(() => new DatabaseSync(file, { timeout: busyMs, enableForeignKeyConstraints: false }));
  try {
    translated(() => {
      database.exec('pragma journal_mode = wal');
      database.exec('pragma synchronous = full');
      database.exec('pragma trusted_schema = off');
    });
    await migrate({ database, file, clock, steps });
    database.exec('pragma foreign_keys = on');
  } catch (error) {
    database.close();
    throw error;
  }
  const db = createQueries<Schema>(database);
  return {
    db,
    file,
    async close() {
      await db.destroy();
      database.close();
    },
  };
}

/** Runs a task in a transaction: the one `db` is already, or a new one. What the task throws undoes all it did. */
export function inTransaction<Result>(db: Db, task: (transaction: Db) => Promise<Result>): Promise<Result> {
  return db.isTransaction ? task(db) : db.transaction().execute(task);
}

/** Takes a list in pieces, because one statement has room for 32,766 values only. */
export function* pieces<Item>(items: readonly Item[], size = 500): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/** SQLite gives the files beside the database (`-wal`, `-shm`) the mode of the database itself. */
async function makePrivateFile(path: string): Promise<void> {
  const file = await open(path, 'a', privateFile);
  await file.close();
  await chmod(path, privateFile);
}
