import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { readAccounts } from './read-accounts.ts';

const steamId = '76561198000000001';
const other = '76561198000000002';

let data: string;
let path: string;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'zedops-accounts-'));
  await mkdir(join(data, 'db'));
  path = join(data, 'db', 'pz.db');
});
afterEach(() => rm(data, { recursive: true }));

const make = (...statements: string[]): DatabaseSync => {
  const database = new DatabaseSync(path);
  for (const statement of statements) database.exec(statement);
  return database;
};
const read = (names: readonly string[], steamIds: readonly string[] = []) =>
  readAccounts({ data, worldName: 'pz' }, { names, steamIds }, systemClock);
const codeOf = async (): Promise<string> => {
  try {
    await read(['mara']);
    return 'ok';
  } catch (error) {
    return error instanceof ZedopsError ? error.code : String(error);
  }
};

const build41 = [
  `CREATE TABLE whitelist (id INTEGER PRIMARY KEY, world TEXT, username TEXT UNIQUE, password TEXT, banned BOOLEAN,
    lastConnection TEXT, steamid TEXT, accesslevel TEXT)`,
  'CREATE TABLE bannedid (steamid TEXT, reason TEXT)',
];
const build42 = [
  `CREATE TABLE whitelist (id INTEGER PRIMARY KEY, world TEXT, username TEXT UNIQUE, password TEXT,
    lastConnection TEXT, role INTEGER DEFAULT 2, steamid TEXT)`,
  'CREATE TABLE role (id INTEGER PRIMARY KEY, name TEXT UNIQUE)',
  "INSERT INTO role VALUES (1, 'banned'), (2, 'user'), (9, 'guard')",
  'CREATE TABLE bannedid (steamid TEXT, reason TEXT)',
];

describe('accounts of a game', () => {
  test('are read as build 41 keeps them', async () => {
    make(
      ...build41,
      `INSERT INTO whitelist VALUES (1, 'pz', 'mara', 'x', 0, '2026-01-02', '${steamId}', 'moderator'),
        (2, 'pz', 'tom', 'x', 1, '', '', ''), (3, 'pz', 'someone', 'x', 0, '', '${other}', 'admin')`,
      `INSERT INTO bannedid VALUES ('${steamId}', 'cheats'), ('${other}', '')`,
    ).close();
    expect(await read(['mara', 'tom', "x' or 1=1 --"], [steamId])).toEqual({
      accounts: [
        { name: 'mara', steamId, isBanned: false, accessLevel: 'moderator', lastConnection: '2026-01-02' },
        { name: 'tom', isBanned: true },
      ],
      bans: [{ steamId, reason: 'cheats' }],
    });
    expect((await read([], [other])).accounts.map(({ name }) => name)).toEqual(['someone']);
    expect(await read([])).toEqual({ accounts: [], bans: [] });
  });

  test('are read as build 42 keeps them, also roles of one’s own', async () => {
    make(
      ...build42,
      `INSERT INTO whitelist VALUES (1, 'pz', 'mara', 'x', '', 9, '${steamId}'), (2, 'pz', 'tom', 'x', '', 1, ''),
        (3, 'pz', 'lost', 'x', '', 77, '')`,
    ).close();
    expect((await read(['mara', 'tom', 'lost'])).accounts).toEqual([
      { name: 'mara', steamId, isBanned: false, accessLevel: 'guard' },
      { name: 'tom', isBanned: true, accessLevel: 'banned' },
      { name: 'lost', isBanned: false },
    ]);
  });

  test('wait for a game that writes, and say so when it does not end', async () => {
    const writer = make(...build41, "INSERT INTO whitelist VALUES (1, 'pz', 'mara', 'x', 0, '', '', '')");
    writer.exec('BEGIN EXCLUSIVE');
    const reading = read(['mara']);
    await new Promise((resolve) => setImmediate(resolve));
    writer.exec('COMMIT');
    expect((await reading).accounts).toHaveLength(1);
    writer.exec('BEGIN EXCLUSIVE');
    await expect(read(['mara'])).rejects.toThrow('the game is writing it');
    writer.close();
  });

  test.each<readonly [string, string, () => Promise<void> | void]>([
    ['nothing', 'NOT_FOUND', () => undefined],
    ['no database', 'UNSUPPORTED', () => writeFile(path, 'x'.repeat(5000))],
    ['an empty file', 'UNSUPPORTED', () => writeFile(path, '')],
    [
      'a log that reading would write beside',
      'UNSUPPORTED',
      () => make('PRAGMA journal_mode = wal', ...build41).close(),
    ],
    [
      'a link to another',
      'UNSUPPORTED',
      async () => {
        make(...build41).close();
        await symlink(path, join(data, 'db', 'link.db'));
        await rm(path);
        await writeFile(join(data, 'target.db'), '');
        await symlink(join(data, 'target.db'), path);
      },
    ],
    [
      'a view, which could compute for ever',
      'ok',
      () => make("CREATE VIEW whitelist AS SELECT 'mara' AS username").close(),
    ],
  ])('where there is %s: %s', async (_, code, prepare) => {
    await prepare();
    expect(await codeOf()).toBe(code);
    if (code === 'ok') expect(await read(['mara'])).toEqual({ accounts: [], bans: [] });
  });
});
