import { appendFile, copyFile, mkdir, mkdtemp, readFile, rename, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { isoTime, systemClock } from '../../platform/clock.ts';
import { silentLog } from '../../platform/log.ts';
import type { ObservedServer } from '../../protocol/entities/server.ts';
import type { PlayersReply } from '../../zomboid/players/players.ts';
import { type EventJournal, openEventJournal } from '../events/journal.ts';
import { createObserver, type Observer } from '../servers/observer.ts';
import { testServer } from '../servers/server-bed.ts';
import { type GameLogNews, openPlayerWatch, type PlayerWatch } from './watch-players.ts';

const server = testServer();
const mara = '76561198000000001';
const tom = '76561198000000002';
const container = { id: 'c1', name: 'alpha', image: 'zomboid', status: 'running' } as const;

let base: string;
let logs: string;
let kept: string;
let journal: EventJournal;
let observer: Observer;
let watch: PlayerWatch;
let ending: AbortController;
let reply: PlayersReply | undefined;
let startedAt: string;

/** Begins to watch a server as an agent does that starts. */
async function begin(): Promise<void> {
  ending = new AbortController();
  observer = createObserver(systemClock);
  journal = await openEventJournal(join(base, 'agent', 'events'), systemClock, silentLog);
  watch = await openPlayerWatch({
    ...{ observer, journal, folder: join(base, 'agent'), clock: systemClock, log: silentLog, signal: ending.signal },
    console: { onArrival: () => () => undefined },
    registry: { find: (id) => (id === server.id ? server : undefined), all: () => [server] },
    folderOf: () => join(base, 'alpha'),
    ask: async () => reply,
  });
  watch.begin();
}
async function end(): Promise<void> {
  ending.abort();
  await watch.flushed();
  await journal.flushed();
}
/** Ends the watch, and leaves of what it knows only what was on disk before. */
async function killedAfter(copy: string): Promise<void> {
  await end();
  await copyFile(copy, kept);
}
function observe(change: Partial<ObservedServer> = {}): void {
  observer.note(server, { data: 'present', container: { ...container, startedAt }, readyAt: startedAt, ...change });
}

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'zedops-players-'));
  logs = join(base, 'alpha', 'data', 'Logs');
  kept = join(base, 'agent', 'players', `${server.id}.json`);
  await mkdir(logs, { recursive: true });
  reply = undefined;
  startedAt = isoTime(Date.now() - 1_000);
  await begin();
});
afterEach(async () => {
  await end();
  await rm(base, { recursive: true, force: true });
});

let written = 0;
/** By how much lines are older than they are. */
let agoMs = 0;
/** A line as the game writes it now, on a clock in India. */
function entry(text: string, level = ''): string {
  written = Math.max(written + 1, Date.now());
  const time = new Date(written - agoMs + 5.5 * 3_600_000).toISOString();
  const day = `${time.slice(8, 10)}-${time.slice(5, 7)}-${time.slice(2, 4)}`;
  return `[${day} ${time.slice(11, 23)}]${level} ${text}.\n`;
}
const file = (type: string): string => join(logs, `2026-09-24_18-05_${type}.txt`);
const write = (type: string, text: string, level = ''): Promise<void> => appendFile(file(type), entry(text, level));
const joins = (name: string, id = mara) => write('user', `${id} "${name}" fully connected (10,20,0)`);
const leaves = (name: string, id = mara) => write('user', `${id} "${name}" disconnected player (10,20,0)`);
const says = (name: string, text: string) =>
  write('chat', `Got message:ChatMessage{chat=General, author='${name}', text='${text}'}`, '[info]');
const story = (): string[] =>
  journal.read(0).events.map(({ kind, player }) => `${kind.slice(7)} ${player?.chat?.text ?? player?.name}`);
const told = (count: number) => eventually(`${count} events`, () => (story().length >= count ? story() : undefined));
const savedWith = (words: string) =>
  eventually('it to be on disk', async () => {
    await copyFile(kept, `${kept}.copy`).catch(() => undefined);
    const text = await readFile(`${kept}.copy`, 'utf8').catch(() => '');
    return text.includes(words) ? `${kept}.copy` : undefined;
  });

describe('the watch over players', () => {
  test('tells who comes, talks, dies and goes, once, with the time it was', async () => {
    observe();
    await joins('mara');
    await joins('Old "Tom" 🧟', tom);
    await says('mara', 'hi there');
    await write('PerkLog', `[${mara}][mara][10,20,0][Died][Hours Survived: 3]`);
    await leaves('mara');
    await told(5);
    const { events } = journal.read(0);
    expect(story()).toEqual(['joined mara', 'joined Old "Tom" 🧟', 'said hi there', 'died mara', 'left mara']);
    for (const { at, serverId } of events) {
      expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(20_000);
      expect(serverId).toBe(server.id);
    }
    expect(events[0]?.player).toEqual({ name: 'mara', steamId: mara, position: { x: 10, y: 20, z: 0 } });
    // Events are told as they are read, and who is online is shown when all that was new is read.
    const shown = await eventually('one to be online', () => {
      const players = observer.find(server.id)?.players;
      return players?.count === 1 ? players : undefined;
    });
    expect(shown.players).toMatchObject([{ name: 'Old "Tom" 🧟', steamId: tom }]);
  });

  test('says nothing of who is online while it does not know', async () => {
    observe();
    await eventually('a turn', () => true);
    expect(observer.find(server.id)?.players).toBeUndefined();
    await write('cmd', `${mara} "mara" vehicle.damageWindow @ 1,2,0`);
    await eventually('nobody to be online', () => observer.find(server.id)?.players?.count === 0);
    observe({ readyAt: undefined });
    await eventually('it to be unknown again', () => observer.find(server.id)?.players === undefined);
  });

  test('goes on after a restart, and after a kill, without telling anything twice', async () => {
    observe();
    await joins('mara');
    await told(1);
    const copy = await savedWith('"mara"');
    await says('mara', 'ok');
    await says('mara', 'ok');
    await leaves('mara');
    await joins('mara');
    await told(5);
    await killedAfter(copy);
    await says('mara', 'while nobody looked');
    await begin();
    observe();
    await joins('Old Tom', tom);
    await told(7);
    expect(story()).toEqual([
      ...['joined mara', 'said ok', 'said ok', 'left mara', 'joined mara'],
      ...['said while nobody looked', 'joined Old Tom'],
    ]);
    await end();
    await leaves('mara');
    await begin();
    observe();
    await told(8);
    expect(story().at(-1)).toBe('left mara');
    await eventually('who is online', () => observer.find(server.id)?.players?.players[0]?.name === 'Old Tom');
  });

  test('tells who is kicked, banned and refused, and which options change, once each', async () => {
    observe();
    await joins('mara');
    await told(1);
    const copy = await savedWith('"mara"');
    await write('admin', 'admin kicked user mara');
    await leaves('mara');
    await write('user', 'access denied: user "mara" is banned');
    await write('admin', 'admin changed option PVP=false');
    await told(5);
    await killedAfter(copy);
    await begin();
    observe();
    await write('admin', 'admin banned user mara', '[IMPORTANT]');
    await told(6);
    expect(journal.read(0).events.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
      'player-joined: mara joined alpha',
      'player-kicked: admin kicked mara from alpha',
      'player-left: mara left alpha',
      'player-refused: mara was refused on alpha: is banned',
      'option-changed: admin changed PVP to false on alpha',
      'player-banned: admin banned mara on alpha',
    ]);
  });

  test('lets everyone leave with the game, at the time of its end', async () => {
    observe();
    await joins('mara');
    await told(1);
    const finishedAt = isoTime(Date.now());
    const exited = { ...container, startedAt, status: 'exited', finishedAt } as const;
    const lastExit = { at: finishedAt, oomKilled: false, expected: false };
    observe({ container: exited, readyAt: undefined, lastExit });
    await told(2);
    expect(journal.read(0).events.at(-1)).toMatchObject({
      ...{ kind: 'player-left', at: finishedAt, text: 'mara left alpha: the game crashed' },
    });
    await eventually('nobody to be online', () => observer.find(server.id)?.players === undefined);
  });

  test('reads the rest of a run that ended while nobody looked, and the next one from its begin', async () => {
    observe();
    await joins('mara');
    await told(1);
    await end();
    await says('mara', 'last words');
    await mkdir(join(logs, 'logs_2026-09-24'));
    for (const type of ['user', 'chat']) {
      await rename(file(type), join(logs, 'logs_2026-09-24', `2026-09-24_18-05_${type}.txt`));
    }
    startedAt = isoTime(Date.now());
    await joins('Old Tom', tom);
    await begin();
    observe();
    await told(4);
    expect(story()).toEqual(['joined mara', 'said last words', 'left mara', 'joined Old Tom']);
  });

  test('follows a file that is begun anew, and one that is new', async () => {
    observe();
    await joins('mara');
    await told(1);
    await truncate(file('user'), 0);
    await joins('Old Tom', tom);
    await told(2);
    await appendFile(join(logs, '24-09-26_18-06-10_user.txt'), entry(`${tom} "Old Tom" disconnected player (1,2,3)`));
    await told(3);
    expect(story()).toEqual(['joined mara', 'joined Old Tom', 'left Old Tom']);
  });

  test('believes the game where its files cannot be read, and the files where the game does not answer', async () => {
    reply = { count: 2, names: ['mara', 'Old Tom'] };
    observe();
    const shown = await eventually('an answer', () => observer.find(server.id)?.players);
    expect(shown).toMatchObject({ count: 2, players: [{ name: 'mara' }, { name: 'Old Tom' }] });
    reply = undefined;
    await joins('Зомби', tom);
    await eventually('the files to count', () => observer.find(server.id)?.players?.players[0]?.name === 'Зомби');
    expect(observer.find(server.id)?.players?.count).toBe(1);
  });

  test('tells of a past run only who is still there', async () => {
    startedAt = isoTime(Date.now() - 3_600_000);
    agoMs = 30_000;
    await joins('mara');
    await says('mara', 'long ago');
    await joins('Old Tom', tom);
    await leaves('Old Tom', tom);
    agoMs = 0;
    observe();
    await told(1);
    await says('mara', 'now');
    await told(2);
    expect(story()).toEqual(['joined mara', 'said now']);
  });

  test('gives each line to whoever reads along, without secrets', async () => {
    const news: GameLogNews[] = [];
    const stop = watch.onLine((line) => news.push(line));
    observe();
    await write('admin', 'admin created user mara with password very-secret-word');
    await eventually('the line', () => news.length > 0);
    expect(news[0]).toMatchObject({ type: 'admin', server: { name: 'alpha' } });
    expect(news[0]?.line).toContain('created user mara with password ******');
    stop();
  });
});
