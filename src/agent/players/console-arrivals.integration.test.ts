import { appendFile, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { isoTime, systemClock } from '../../platform/clock.ts';
import { silentLog } from '../../platform/log.ts';
import { type EventJournal, openEventJournal } from '../events/journal.ts';
import { type ConsoleWatch, createConsoleWatch } from '../servers/console.ts';
import { createObserver, type Observer } from '../servers/observer.ts';
import { testServer } from '../servers/server-bed.ts';
import { openPlayerWatch, type PlayerWatch } from './watch-players.ts';

const server = testServer();
const mara = '76561198000000001';
const tom = '76561198000000002';
const startedAt = isoTime(Date.now() - 1_000);
const container = { id: 'c1', name: 'alpha', image: 'zomboid', status: 'running', startedAt } as const;

let base: string;
let logs: string;
let journal: EventJournal;
let observer: Observer;
let console: ConsoleWatch;
let watch: PlayerWatch;
let ending: AbortController;

async function begin(): Promise<void> {
  ending = new AbortController();
  observer = createObserver(systemClock);
  console = createConsoleWatch({
    ...{ observer, clock: systemClock, onLearned: () => undefined, onClaim: () => undefined },
  });
  journal = await openEventJournal(join(base, 'agent', 'events'), systemClock, silentLog);
  watch = await openPlayerWatch({
    ...{ observer, console, journal, folder: join(base, 'agent'), clock: systemClock, log: silentLog },
    registry: { find: (id) => (id === server.id ? server : undefined), all: () => [server] },
    folderOf: () => join(base, 'alpha'),
    ask: async () => undefined,
    signal: ending.signal,
  });
  watch.begin();
  observer.note(server, { data: 'present', container, readyAt: startedAt });
}
async function end(): Promise<void> {
  ending.abort();
  await watch.flushed();
  await journal.flushed();
}

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'zedops-arrivals-'));
  logs = join(base, 'alpha', 'data', 'Logs');
  await mkdir(logs, { recursive: true });
  await begin();
});
afterEach(async () => {
  await end();
  await rm(base, { recursive: true, force: true });
});

const connection = (event: string, name: string, id = mara): string =>
  `[24-09-26 18:05:09.123] > ConnectionManager: [${event}] "" connection: guid=12 ip=192.0.2.7 steam-id=${id} access= username="${name}" connection-type="UDPRakNet"`;
/** Feeds what the engine gives of a console. */
const feed = (text: string): void => {
  console.feed(server, { count: 1, text, position: { time: startedAt, nth: 0 } });
};
/** Has a console of build 41 print lines now; gives them as the engine has them. */
function prints(...messages: readonly string[]): string {
  const at = Date.now();
  const text = messages.map((message) => `${isoTime(at)} o LOG  : Network     , ${at}> 914,659> ${message}`).join('\n');
  feed(text);
  return text;
}
const story = (): string[] => journal.read(0).events.map(({ kind, player }) => `${kind.slice(7)} ${player?.name}`);
const told = (count: number) => eventually(`${count} events`, () => (story().length >= count ? story() : undefined));
const kept = async (): Promise<string> =>
  readFile(join(base, 'agent', 'players', `${server.id}.json`), 'utf8').catch(() => '');

test('the console’s word counts where there are no files to read, once', async () => {
  const came = prints(connection('fully-connected', 'mara'), connection('fully-connected', 'Old "Tom"', tom));
  await told(2);
  const left = prints(`Disconnected player "mara" ${mara}`, connection('disconnect', 'mara'));
  await told(3);
  expect(journal.read(0).events[1]?.player).toEqual({ name: 'Old "Tom"', steamId: tom });
  await eventually('it to be on disk', async () => !(await kept()).includes('"mara"') && (await kept()).includes(tom));
  await end();
  await begin();
  // A restarted agent reads the last of a console again.
  feed(came);
  feed(left);
  prints(connection('fully-connected', 'mara'));
  await told(4);
  expect(story()).toEqual(['joined mara', 'joined Old "Tom"', 'left mara', 'joined mara']);
});

test('the console says nothing where the files do, and goes on where they end', async () => {
  const lines: string[] = [];
  watch.onLine(({ line }) => lines.push(line));
  const writes = async (text: string): Promise<void> => {
    await appendFile(join(logs, '2026-09-24_18-05_cmd.txt'), `[24-09-26 18:05:09.123] ${text}.\n`);
    await eventually('it to be read', () => lines.some((line) => line.includes(text)));
  };
  await writes('first');
  prints(connection('fully-connected', 'mara'));
  // When the second of these is read, the turn that read the first has taken what the console said.
  await writes('second');
  await writes('third');
  await rename(logs, `${logs}-hidden`);
  await eventually('the files to be gone', () => observer.find(server.id)?.players === undefined);
  prints(connection('fully-connected', 'Old "Tom"', tom));
  await told(1);
  expect(story()).toEqual(['joined Old "Tom"']);
});
