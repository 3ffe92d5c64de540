import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { type Clock, pause } from '../../platform/clock.ts';
import { isMissing } from '../../platform/files/atomic-file.ts';
import { type PlayerAccount, type SteamBan, SteamId } from '../../protocol/entities/player.ts';
import { ZedopsError } from '../../protocol/errors.ts';

/** Whom {@link readAccounts} looks for. */
export interface AccountWish {
  readonly names: readonly string[];
  readonly steamIds: readonly string[];
}

/** What a game's database says of them. */
export interface Accounts {
  readonly accounts: PlayerAccount[];
  readonly bans: SteamBan[];
}

const mostBytes = 256 * 1024 * 1024;
const mostRows = 200;
const headBytes = 100;
/** Offset 18 of the header: 1 for a rollback journal. Source: sqlite.org/fileformat.html, 1.3.3. */
const versionOffset = 18;
const triesWhileBusy = 10;
const busyPauseMs = 100;
const busyCode = 5;

/**
 * Reads accounts and bans out of `db/<world>.db` below a server's data folder, whose tables are those of builds 41 and 42.
 * Nothing is written; a game that writes just now is waited for, a second at most.
 * @throws ZedopsError NOT_FOUND where there is no such file, UNSUPPORTED where it cannot be read safely.
 */
export async function readAccounts(
  { data, worldName }: { readonly data: string; readonly worldName: string },
  wish: AccountWish,
  clock: Clock,
): Promise<Accounts> {
  const path = join(data, 'db', `${worldName}.db`);
  await refuseStrange(data, path);
  for (let tries = 1; ; tries += 1) {
    try {
      return readOnce(path, wish);
    } catch (cause) {
      const code: unknown = cause instanceof Error ? Reflect.get(cause, 'errcode') : undefined;
      const isBusy = typeof code === 'number' && (code & 0xff) === busyCode;
      if (!isBusy || tries === triesWhileBusy)
        throw unreadable(isBusy ? 'the game is writing it' : 'SQLite cannot', cause);
    }
    await pause(clock, busyPauseMs);
  }
}

/** No link is followed, and nothing is opened that SQLite would write beside. */
async function refuseStrange(data: string, path: string): Promise<void> {
  try {
    for (const folder of [data, join(data, 'db')]) {
      if (!(await lstat(folder)).isDirectory()) throw unreadable(`${folder} is no folder`);
    }
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw unreadable('it is no file');
      if (stats.size > mostBytes) throw unreadable(`it has ${stats.size} bytes`);
      const head = Buffer.alloc(headBytes);
      const { bytesRead } = await file.read(head, 0, headBytes, 0);
      if (bytesRead < headBytes || head[versionOffset] !== 1) throw unreadable('it has no rollback journal');
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (isMissing(cause)) {
      throw new ZedopsError('NOT_FOUND', 'The game has not made its database of accounts yet', { cause });
    }
    throw cause instanceof ZedopsError ? cause : unreadable('it cannot be opened', cause);
  }
}

function readOnce(path: string, { names, steamIds }: AccountWish): Accounts {
  // Without a time-out of SQLite's own, which would hold up the whole agent.
  const database = new DatabaseSync(path, { readOnly: true, timeout: 0, allowExtension: false });
  try {
    database.exec('pragma trusted_schema = off');
    database.exec('pragma query_only = on');
    const columns = (table: string): ReadonlySet<string> => {
      // A view could make the agent compute for ever.
      const isTable = database.prepare("select 1 from sqlite_schema where type = 'table' and name = ?").get(table);
      const rows = isTable ? database.prepare('select name from pragma_table_info(?)').all(table) : [];
      return new Set(rows.map(({ name }) => String(name)));
    };
    const whitelist = columns('whitelist');
    const role = columns('role');
    const pick = (column: string, as: string): string =>
      whitelist.has(column) ? `cast(whitelist.${column} as text) as ${as}` : `null as ${as}`;
    const hasRoles = whitelist.has('role') && role.has('id') && role.has('name');
    const accounts = whitelist.has('username')
      ? database
          .prepare(
            `select whitelist.username as name, ${pick('steamid', 'steamId')}, ${pick('banned', 'banned')},
              ${pick('lastConnection', 'lastConnection')},
              ${hasRoles ? 'role.name as level' : pick('accesslevel', 'level')}
            from whitelist ${hasRoles ? 'left join role on role.id = whitelist.role' : ''}
            where whitelist.username in (${marks(names)})
              ${whitelist.has('steamid') ? `or whitelist.steamid in (${marks(steamIds)})` : ''}
            limit ${mostRows}`,
          )
          .all(...names, ...(whitelist.has('steamid') ? steamIds : []))
      : [];
    const bannedId = columns('bannedid');
    const bans = bannedId.has('steamid')
      ? database
          .prepare(
            `select cast(steamid as text) as steamId, ${bannedId.has('reason') ? 'reason' : 'null as reason'}
            from bannedid where cast(steamid as text) in (${marks(steamIds)}) limit ${mostRows}`,
          )
          .all(...steamIds)
      : [];
    return {
      accounts: accounts.flatMap((row) => accountOf(row) ?? []),
      bans: bans.map((row) => {
        const reason = textOf(row.reason, 512);
        return { steamId: String(row.steamId), ...(reason === undefined ? {} : { reason }) };
      }),
    };
  } finally {
    database.close();
  }
}

function accountOf(row: Readonly<Record<string, SQLOutputValue>>): PlayerAccount | undefined {
  const { data: steamId } = SteamId.safeParse(row.steamId);
  const name = typeof row.name === 'string' ? row.name.slice(0, 128) : undefined;
  if (name === undefined) return undefined;
  const isBanned = row.banned === '1' || row.banned === 'true' || row.level === 'banned';
  const accessLevel = textOf(row.level, 64);
  const lastConnection = textOf(row.lastConnection, 64);
  return {
    name,
    isBanned,
    ...(steamId === undefined ? {} : { steamId }),
    ...(accessLevel === undefined ? {} : { accessLevel }),
    ...(lastConnection === undefined ? {} : { lastConnection }),
  };
}

/** A text that says something; the game writes none as an empty one. */
function textOf(value: SQLOutputValue | undefined, most: number): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, most) : undefined;
}

function marks(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}

function unreadable(why: string, cause?: unknown): ZedopsError {
  return new ZedopsError('UNSUPPORTED', `The game's database of accounts cannot be read: ${why}`, { cause });
}
