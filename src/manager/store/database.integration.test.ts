import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { type Kysely, sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { type Db, inTransaction, openStore, pieces } from './database.ts';
import { type Migration, migrations } from './migrate.ts';

const clock = createFakeClock(Date.UTC(2026, 0, 2, 3, 4, 5));
let folder: string;

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'zedops-store-')), 'manager');
});
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }));

const addMoodColumn: Migration = {
  name: '0002-mood',
  up: async (db) => {
    await db.schema.alterTable('hosts').addColumn('mood', 'text').execute();
  },
};

function failing(name: string): Migration {
  return {
    name,
    up: async (db) => {
      await db.schema.dropTable('audit').execute();
      throw new Error('the power went');
    },
  };
}

function columnsOf(file: string, table: string): readonly unknown[] {
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = database.prepare(`pragma table_info(${table})`).all();
  database.close();
  return rows.map(({ name }) => name);
}

function versionOf(file: string): unknown {
  const database = new DatabaseSync(file, { readOnly: true });
  const row = database.prepare('pragma user_version').get();
  database.close();
  return row?.user_version;
}

async function putHost(file: string, steps: readonly Migration[]): Promise<void> {
  const store = await openStore(join(file, '..'), clock, steps);
  await store.db
    .insertInto('hosts')
    .values({
      id: 'h1',
      name: 'box-1',
      state: 'invited',
      invitedAt: 1,
      keyFingerprint: null,
      certificateSerial: null,
      previousSerial: null,
      certificateExpiresAt: null,
      joinedAt: null,
      lastSeenAt: null,
      facts: null,
    })
    .execute();
  await store.close();
}

describe('the store', () => {
  test('is for the owner alone, with all of its files', async () => {
    const store = await openStore(folder, clock);
    await store.db.insertInto('meta').values({ key: 'a', value: 'b' }).execute();
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const files = await readdir(folder);
    expect(files.sort()).toEqual(['manager.db', 'manager.db-shm', 'manager.db-wal']);
    for (const file of files) expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
    await store.close();
  });

  test('loses nothing that was committed when the process is killed', async () => {
    const script = `
      import { openStore } from ${JSON.stringify(join(import.meta.dirname, 'database.ts'))};
      import { systemClock } from ${JSON.stringify(join(import.meta.dirname, '../../platform/clock.ts'))};
      const { db } = await openStore(${JSON.stringify(folder)}, systemClock);
      await db.insertInto('meta').values({ key: 'kept', value: 'yes' }).execute();
      await db.transaction().execute(async (tx) => {
        await tx.insertInto('meta').values({ key: 'lost', value: 'yes' }).execute();
        process.kill(process.pid, 'SIGKILL');
      });`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], { stdio: 'ignore' });
    const [, signal] = await once(child, 'exit');
    expect(signal).toBe('SIGKILL');
    const store = await openStore(folder, clock);
    expect(await store.db.selectFrom('meta').select('key').execute()).toEqual([{ key: 'kept' }]);
    await store.close();
  });

  test('keeps references whole', async () => {
    const store = await openStore(folder, clock);
    await expect(
      store.db.insertInto('joinCodes').values({ hash: 'x', hostId: 'none', expiresAt: 1, usedAt: null }).execute(),
    ).rejects.toThrow('FOREIGN KEY');
    await store.close();
  });

  test('undoes a transaction whose task throws, and nests without a second one', async () => {
    const store = await openStore(folder, clock);
    const put = (key: string) =>
      inTransaction(store.db, async (tx) => {
        await inTransaction(tx, async (inner) => {
          await inner.insertInto('meta').values({ key, value: '' }).execute();
        });
        if (key === 'bad') throw new Error('no');
      });
    await put('good');
    await expect(put('bad')).rejects.toThrow('no');
    expect(await store.db.selectFrom('meta').select('key').execute()).toEqual([{ key: 'good' }]);
    await store.close();
  });

  test('is shared with another process that writes', async () => {
    const store = await openStore(folder, clock);
    const count = async (db: Db): Promise<void> => {
      const row = await db.selectFrom('meta').select('value').where('key', '=', 'count').executeTakeFirst();
      const value = String(Number(row?.value ?? 0) + 1);
      await db
        .insertInto('meta')
        .values({ key: 'count', value })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
        .execute();
    };
    const script = `
      import { openStore } from ${JSON.stringify(join(import.meta.dirname, 'database.ts'))};
      import { systemClock } from ${JSON.stringify(join(import.meta.dirname, '../../platform/clock.ts'))};
      const { db } = await openStore(${JSON.stringify(folder)}, systemClock);
      const count = ${String(count)};
      for (let turn = 0; turn < 100; turn += 1) await db.transaction().execute(count);`;
    const other = promisify(execFile)(process.execPath, ['--input-type=module-typescript', '-e', script]);
    let done = false;
    void other.finally(() => {
      done = true;
    });
    let mine = 0;
    while (!done) {
      await inTransaction(store.db, count);
      mine += 1;
      await new Promise(setImmediate);
    }
    await other;
    const { value } = await store.db.selectFrom('meta').select('value').executeTakeFirstOrThrow();
    expect(Number(value)).toBe(mine + 100);
    await store.close();
  });

  test('says in a sentence that a file is not a database', async () => {
    await (await openStore(folder, clock)).close();
    await writeFile(
      join(folder, 'manager.db'),
      'this is a letter to my aunt, and it is long enough to be read'.repeat(100),
    );
    await expect(openStore(folder, clock)).rejects.toThrow(
      'The manager’s database is not a database'.replace('’', "'"),
    );
  });
});

describe('a migration', () => {
  /** The first schema alone, so that nothing here depends on how many there are by now. */
  const base = migrations.slice(0, 1);
  const file = (): string => join(folder, 'manager.db');
  const backups = async (): Promise<readonly string[]> =>
    (await readdir(folder)).filter((name) => name.includes('.before-')).sort();

  test('backs up a database with data first, privately, and keeps the data', async () => {
    await putHost(file(), base);
    expect(await backups()).toEqual([]);
    const store = await openStore(folder, clock, [...base, addMoodColumn]);
    expect(await store.db.selectFrom('hosts').select('name').execute()).toEqual([{ name: 'box-1' }]);
    await store.close();
    expect(await backups()).toEqual(['manager.db.before-0002-mood.20260102T030405.000Z']);
    const backup = join(folder, 'manager.db.before-0002-mood.20260102T030405.000Z');
    expect((await stat(backup)).mode & 0o777).toBe(0o600);
    expect(versionOf(backup)).toBe(1);
    expect(columnsOf(backup, 'hosts')).not.toContain('mood');
    expect(columnsOf(file(), 'hosts')).toContain('mood');
  });

  test('keeps the last five backups', async () => {
    await putHost(file(), base);
    const steps: Migration[] = Array.from({ length: 7 }, (_, index) => ({
      name: `000${index + 2}-column`,
      up: async (db: Kysely<unknown>) => {
        await db.schema.alterTable('hosts').addColumn(`extra_${index}`, 'text').execute();
      },
    }));
    await (await openStore(folder, clock, [...base, ...steps])).close();
    expect((await backups()).map((name) => name.slice(18, 22))).toEqual(['0004', '0005', '0006', '0007', '0008']);
  });

  test('that fails leaves the old schema, and works at the next start', async () => {
    await putHost(file(), base);
    await expect(openStore(folder, clock, [...base, failing('0002-mood')])).rejects.toThrow('the power went');
    expect(versionOf(file())).toBe(1);
    expect(columnsOf(file(), 'audit')).toContain('outcome');
    const store = await openStore(folder, clock, [...base, addMoodColumn]);
    expect(versionOf(file())).toBe(2);
    await store.close();
  });

  test('that is killed in the middle leaves the old schema', async () => {
    await putHost(file(), base);
    const script = `
      import { openStore } from ${JSON.stringify(join(import.meta.dirname, 'database.ts'))};
      import { migrations } from ${JSON.stringify(join(import.meta.dirname, 'migrate.ts'))};
      import { systemClock } from ${JSON.stringify(join(import.meta.dirname, '../../platform/clock.ts'))};
      const up = async (db) => {
        await db.schema.dropTable('audit').execute();
        process.kill(process.pid, 'SIGKILL');
      };
      await openStore(${JSON.stringify(folder)}, systemClock, [...migrations, { name: '0002-bad', up }]);`;
    const run = promisify(execFile)(process.execPath, ['--input-type=module-typescript', '-e', script]);
    await expect(run).rejects.toMatchObject({ signal: 'SIGKILL' });
    const store = await openStore(folder, clock);
    expect(await store.db.selectFrom('hosts').select('name').execute()).toEqual([{ name: 'box-1' }]);
    expect(await store.db.selectFrom('audit').selectAll().execute()).toEqual([]);
    await store.close();
  });

  test('that would leave rows without what they refer to is undone', async () => {
    await putHost(file(), base);
    const orphaning: Migration = {
      name: '0002-orphan',
      up: async (db) => {
        await sql`insert into join_codes (hash, host_id, expires_at) values ('x', 'nobody', 1)`.execute(db);
      },
    };
    await expect(openStore(folder, clock, [...base, orphaning])).rejects.toThrow('refer to nothing');
    expect(versionOf(file())).toBe(1);
  });

  test('is never tried on a database a newer ZedOps has written', async () => {
    await (await openStore(folder, clock, [...base, addMoodColumn])).close();
    await expect(openStore(folder, clock, base)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('written by a newer ZedOps: it has schema 2, this program knows 1'),
    });
    expect(versionOf(file())).toBe(2);
  });

  test('is done once when two processes start at the same time', async () => {
    await putHost(file(), base);
    const steps = [...base, addMoodColumn];
    const stores = await Promise.all([openStore(folder, clock, steps), openStore(folder, clock, steps)]);
    for (const store of stores) await store.close();
    expect(columnsOf(file(), 'hosts').filter((name) => name === 'mood')).toHaveLength(1);
  });
});

test('a list is taken in pieces, whole and in order', () => {
  const items = Array.from({ length: 1201 }, (_, index) => index);
  expect([...pieces(items)].map((some) => some.length)).toEqual([500, 500, 201]);
  expect([...pieces(items)].flat()).toEqual(items);
});
