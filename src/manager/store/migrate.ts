import { randomBytes } from 'node:crypto';
import { chmod, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { type Kysely, sql } from 'kysely';
import type { Clock } from '../../platform/clock.ts';
import { privateFile } from '../../platform/files/atomic-file.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { up as first } from './migrations/0001-first.ts';
import { up as events } from './migrations/0002-events.ts';
import { up as tags } from './migrations/0003-tags.ts';
import { up as retention } from './migrations/0004-retention.ts';
import { up as edits } from './migrations/0005-edits.ts';
import { up as relocations } from './migrations/0006-relocations.ts';
import { up as players } from './migrations/0007-players.ts';
import { up as unsettled } from './migrations/0008-unsettled.ts';
import { createQueries, translated } from './sqlite.ts';

/** One step from a schema to the next. It runs in a transaction with foreign keys off, which are checked before its end. */
export interface Migration {
  readonly name: string;
  readonly up: (db: Kysely<unknown>) => Promise<void>;
}

/** Every step there ever was; the schema's version is how many of them a database has seen. */
export const migrations: readonly Migration[] = [
  { name: '0001-first', up: first },
  { name: '0002-events', up: events },
  { name: '0003-tags', up: tags },
  { name: '0004-retention', up: retention },
  { name: '0005-edits', up: edits },
  { name: '0006-relocations', up: relocations },
  { name: '0007-players', up: players },
  { name: '0008-unsettled', up: unsettled },
];

const backupsKept = 5;

/** What {@link migrate} works on. */
interface Migrated {
  readonly database: DatabaseSync;
  readonly file: string;
  readonly clock: Clock;
  readonly steps: readonly Migration[];
}

/**
 * Brings a database to the newest schema, a transaction for each step. A database with data is backed up beside itself
 * before each; the last five backups stay.
 * @throws ZedopsError UNSUPPORTED for a database that a newer ZedOps has written.
 */
export async function migrate({ database, file, clock, steps }: Migrated): Promise<void> {
  const known = steps.length;
  const version = schemaVersion(database);
  if (version > known) {
    throw new ZedopsError(
      'UNSUPPORTED',
      `The database ${file} was written by a newer ZedOps: it has schema ${version}, this program knows ${known}`,
      { hint: 'run the newer ZedOps again, or put back a backup that lies beside the database' },
    );
  }
  const db = createQueries<unknown>(database);
  for (const [index, step] of steps.entries()) {
    if (index < version) continue;
    // A database that was made just now holds nothing to keep.
    if (version > 0) await backUp(database, file, step.name, clock);
    await db.transaction().execute(async (transaction) => {
      // Another process may have done this step while this one waited for the lock.
      if (schemaVersion(database) > index) return;
      await step.up(transaction);
      await refuseDanglingRows(transaction, step.name);
      await sql.raw(`pragma user_version = ${index + 1}`).execute(transaction);
    });
  }
}

function schemaVersion(database: DatabaseSync): number {
  const version: unknown = translated(() => database.prepare('pragma user_version').get())?.user_version;
  if (typeof version !== 'number') throw new TypeError('SQLite told no schema version');
  return version;
}

async function refuseDanglingRows(db: Kysely<unknown>, step: string): Promise<void> {
  const { rows } = await sql`pragma foreign_key_check`.execute(db);
  if (rows.length > 0) throw new Error(`The migration ${step} would leave ${rows.length} rows that refer to nothing`);
}

async function backUp(database: DatabaseSync, file: string, step: string, clock: Clock): Promise<void> {
  const stamp = new Date(clock.now()).toISOString().replace(/[-:]/g, '');
  const target = `${file}.before-${step}.${stamp}`;
  const partial = `${target}.${randomBytes(4).toString('hex')}.partial`;
  // SQLite fills an empty file that is there, and would make a new one readable by others.
  const made = await open(partial, 'wx', privateFile);
  await made.close();
  translated(() => database.prepare('vacuum into ?').run(partial));
  await chmod(partial, privateFile);
  const written = await open(partial, 'r');
  await written.sync();
  await written.close();
  await rename(partial, target);
  await dropOldBackups(file);
}

/** Their names sort by step and then by time. */
async function dropOldBackups(file: string): Promise<void> {
  const folder = dirname(file);
  const start = `${basename(file)}.before-`;
  const backups = (await readdir(folder)).filter((name) => name.startsWith(start) && !name.endsWith('.partial')).sort();
  for (const name of backups.slice(0, Math.max(0, backups.length - backupsKept))) {
    await rm(join(folder, name), { force: true });
  }
}
