import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Dialect } from './dialect.ts';

/** The accounts in `db/<name>.db`. Passwords are not kept: nobody can log in to a simulator. */
export interface Accounts {
  exists(username: string): boolean;
  create(username: string): void;
  remove(username: string): void;
  /** The account's level or role, in the build's words; undefined for an unknown name. */
  level(username: string): string | undefined;
  setLevel(username: string, level: string): void;
  setBanned(username: string, banned: boolean): void;
  setIdBanned(steamId: string, banned: boolean): void;
  sawPlayer(username: string, steamId: string, at: string): void;
  close(): void;
}

/** Roles of build 42, by their numbers from 1 on. */
export const roles = ['banned', 'user', 'priority', 'observer', 'gm', 'moderator', 'admin'] as const;

/** Levels of build 41, as its own answer lists them. */
export const accessLevels = ['player', 'admin', 'moderator', 'overseer', 'gm', 'observer'] as const;

const sharedTables = `
  CREATE TABLE IF NOT EXISTS bannedip (ip TEXT, username TEXT, reason TEXT);
  CREATE TABLE IF NOT EXISTS bannedid (steamid TEXT, reason TEXT);
  CREATE TABLE IF NOT EXISTS userlog (id INTEGER PRIMARY KEY, username TEXT, type TEXT, text TEXT, issuedBy TEXT,
    amount INTEGER, lastUpdate TEXT);
  CREATE TABLE IF NOT EXISTS tickets (id INTEGER PRIMARY KEY, message TEXT, author TEXT, answeredID INTEGER,
    viewed BOOLEAN);`;

const tables41 = `${sharedTables}
  CREATE TABLE IF NOT EXISTS whitelist (id INTEGER PRIMARY KEY, world TEXT, username TEXT UNIQUE, password TEXT,
    admin BOOLEAN, moderator BOOLEAN, banned BOOLEAN DEFAULT FALSE, priority BOOLEAN, lastConnection TEXT,
    encryptedPwd BOOLEAN, pwdEncryptType INTEGER, steamid TEXT, ownerid TEXT, accesslevel TEXT DEFAULT '',
    transactionID INTEGER, displayName TEXT);`;

const tables42 = `${sharedTables}
  CREATE TABLE IF NOT EXISTS whitelist (id INTEGER PRIMARY KEY, world TEXT, username TEXT UNIQUE, password TEXT,
    lastConnection TEXT, role INTEGER DEFAULT 2, authType INTEGER DEFAULT 1, googleKey TEXT, steamid TEXT, ownerid TEXT,
    displayName TEXT);
  CREATE TABLE IF NOT EXISTS role (id INTEGER PRIMARY KEY, name TEXT UNIQUE, description TEXT, colorR REAL, colorG REAL,
    colorB REAL, readonly BOOLEAN, position INTEGER);
  CREATE TABLE IF NOT EXISTS capabilities (name TEXT, role INTEGER);
  CREATE TABLE IF NOT EXISTS defaultRoles (name TEXT, role INTEGER);
  CREATE TABLE IF NOT EXISTS allowedsteamid (steamid TEXT);`;

/**
 * Opens the database, and makes its tables in the build's shape where there is none.
 * @returns undefined for a file that is empty, as an interrupted first start leaves it, or is no database.
 */
export function openAccounts(path: string, dialect: Dialect, world: string): Accounts | undefined {
  if (statSync(path, { throwIfNoEntry: false })?.size === 0) return undefined;
  const old = dialect.build === 41;
  const database = new DatabaseSync(path);
  try {
    // A game that is killed loses nothing of what was written; a power cut is not simulated.
    database.exec('PRAGMA synchronous = OFF');
    database.exec(old ? tables41 : tables42);
    if (!old) addRoles(database);
  } catch {
    database.close();
    return undefined;
  }
  const text = (sql: string, username: string): string | undefined => {
    const row = database.prepare(sql).get(username);
    return row === undefined ? undefined : String(row.value ?? '');
  };
  const run = (sql: string, ...values: (string | number)[]): void => {
    database.prepare(sql).run(...values);
  };
  const levelOf = old
    ? 'SELECT accesslevel AS value FROM whitelist WHERE username = ?'
    : 'SELECT role.name AS value FROM whitelist JOIN role ON role.id = whitelist.role WHERE username = ?';
  const setLevel = (username: string, level: string): void =>
    old
      ? run('UPDATE whitelist SET accesslevel = ? WHERE username = ?', level, username)
      : run('UPDATE whitelist SET role = (SELECT id FROM role WHERE name = ?) WHERE username = ?', level, username);

  return {
    exists: (username) => text('SELECT username AS value FROM whitelist WHERE username = ?', username) !== undefined,
    create: (username) => run('INSERT OR IGNORE INTO whitelist (world, username) VALUES (?, ?)', world, username),
    remove: (username) => run('DELETE FROM whitelist WHERE username = ?', username),
    level: (username) => text(levelOf, username),
    setLevel,
    setBanned(username, banned) {
      if (old) run('UPDATE whitelist SET banned = ? WHERE username = ?', banned ? 1 : 0, username);
      else setLevel(username, banned ? 'banned' : 'user');
    },
    setIdBanned(steamId, banned) {
      run('DELETE FROM bannedid WHERE steamid = ?', steamId);
      if (banned) run('INSERT INTO bannedid (steamid, reason) VALUES (?, ?)', steamId, '');
    },
    sawPlayer(username, steamId, at) {
      run('INSERT OR IGNORE INTO whitelist (world, username) VALUES (?, ?)', world, username);
      run('UPDATE whitelist SET lastConnection = ?, steamid = ? WHERE username = ?', at, steamId, username);
    },
    close: () => database.close(),
  };
}

function addRoles(database: DatabaseSync): void {
  const addRole = database.prepare('INSERT OR IGNORE INTO role (id, name, readonly, position) VALUES (?, ?, 1, ?)');
  roles.forEach((name, index) => {
    addRole.run(index + 1, name, index + 1);
  });
}
