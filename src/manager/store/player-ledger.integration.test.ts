import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { silentLog } from '../../platform/log.ts';
import type { HostEvent } from '../../protocol/entities/event.ts';
import { createEventBook } from '../events/event-book.ts';
import { type Identity, localIdentity } from '../people/identity.ts';
import { openStore, type Store } from './database.ts';
import { listEvents } from './events.ts';
import { activateLocalHost } from './hosts.ts';
import { dropOldPlayers, recordPlayers } from './player-ledger.ts';
import { listPlayers, listSessions } from './players.ts';
import { insertServer } from './servers.ts';

const minute = 60_000;
const day = 86_400_000;
const start = Date.UTC(2026, 0, 2);
const steamId = '76561198000000001';

let folder: string;
let store: Store;

const openWithServers = async (place: string): Promise<Store> => {
  const opened = await openStore(place, createFakeClock(start));
  for (const host of ['h1', 'h2']) await activateLocalHost(opened.db, { id: host, name: `box-${host}`, at: 1 });
  for (const [id, hostId] of [
    ['s1', 'h1'],
    ['s2', 'h1'],
    ['s3', 'h2'],
  ] as const) {
    await insertServer(opened.db, {
      ...{ id, name: `alpha-${id}`, hostId, power: 'on', limits: {}, createdAt: 1 },
      image: { template: 'simulator', reference: 'x', pull: 'never' },
      game: { worldName: 'w', ports: [], volumes: [{ folder: 'data', path: '/data' }], stopSeconds: 60 },
    });
  }
  return opened;
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zedops-players-'));
  store = await openWithServers(folder);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const event = (minutes: number, kind: string, serverId?: string, name?: string, id?: string) => ({
  at: start + minutes * minute,
  kind,
  serverId,
  player: name === undefined ? undefined : { name, ...(id === undefined ? {} : { steamId: id }) },
});
const record = (...events: ReturnType<typeof event>[]): Promise<void> => recordPlayers(store.db, 'h1', events);
const stays = async (opened = store, who: Identity = localIdentity) =>
  (await listSessions(opened.db, who, { limit: 1000 })).map(({ server, name, joinedAt, seenAt, leftAt, ending }) => [
    `${server} ${name}`,
    (joinedAt - start) / minute,
    leftAt === undefined ? `seen ${(seenAt - start) / minute}` : (leftAt - start) / minute,
    ending,
  ]);
const people = (who: Identity = localIdentity, filter: object = {}) =>
  listPlayers(store.db, who, { limit: 100, ...filter });

describe('stays of players', () => {
  test('begin and end as the host says, and add up', async () => {
    await record(
      event(0, 'player-joined', 's1', 'mara', steamId),
      event(1, 'player-joined', 's1', 'Old Tom'),
      event(5, 'player-died', 's1', 'mara'),
      event(10, 'player-left', 's1', 'mara'),
      event(20, 'player-joined', 's1', 'mara'),
      event(25, 'player-left', 's1', 'mara'),
    );
    expect(await stays()).toEqual([
      ['alpha-s1 mara', 20, 25, 'left'],
      ['alpha-s1 Old Tom', 1, 'seen 1', undefined],
      ['alpha-s1 mara', 0, 10, 'left'],
    ]);
    const [mara, tom] = await people();
    expect(mara).toMatchObject({
      name: 'mara',
      steamId,
      sessions: 2,
      playedMs: 15 * minute,
      deaths: 1,
      open: undefined,
    });
    expect(tom).toMatchObject({ name: 'Old Tom', sessions: 1, playedMs: 0, open: { joinedAt: start + minute } });
  });

  test('end with the game, of which those who came later have another run', async () => {
    await record(
      event(0, 'player-joined', 's1', 'a'),
      event(0, 'player-joined', 's2', 'a'),
      event(12, 'player-joined', 's1', 'late'),
      event(10, 'crashed', 's1'),
      event(10, 'player-left', 's1', 'a'),
    );
    expect(await stays()).toEqual([
      ['alpha-s1 late', 12, 'seen 12', undefined],
      ['alpha-s2 a', 0, 'seen 0', undefined],
      ['alpha-s1 a', 0, 10, 'crashed'],
    ]);
  });

  test('end once where somebody made them leave, whichever of the two the host tells first', async () => {
    await record(
      event(0, 'player-joined', 's1', 'a'),
      event(5, 'player-kicked', 's1', 'a'),
      event(5, 'player-left', 's1', 'a'),
      event(7, 'player-joined', 's1', 'a'),
      event(8, 'player-left', 's1', 'a'),
      event(8, 'player-banned', 's1', 'a'),
      event(9, 'player-refused', 's1', 'a'),
      event(0, 'player-joined', 's2', 'stays'),
      event(1, 'player-kicked', 's2', 'stays'),
      event(90, 'player-left', 's2', 'stays'),
      event(3, 'player-banned', 's2', 'stranger'),
      event(3, 'player-refused', 's2', 'stranger'),
    );
    expect(await stays()).toEqual([
      ['alpha-s2 stays', 0, 90, 'left'],
      ['alpha-s1 a', 7, 8, 'banned'],
      ['alpha-s1 a', 0, 5, 'kicked'],
    ]);
    expect((await people()).map(({ name, lastSeenAt }) => [name, (lastSeenAt - start) / minute])).toEqual([
      ['stays', 90],
      ['a', 8],
    ]);
  });

  test('whose end nobody told count up to the last sign, and are said to be so', async () => {
    await record(
      event(0, 'player-joined', 's1', 'a'),
      event(4, 'player-said', 's1', 'a'),
      event(30, 'player-joined', 's1', 'a'),
      event(31, 'player-joined', 's2', 'b'),
      event(40, 'started', 's1'),
      event(50, 'events-lost'),
      event(60, 'player-left', 's2', 'b'),
    );
    expect(await stays()).toEqual([
      ['alpha-s2 b', 31, 31, 'unknown'],
      ['alpha-s1 a', 30, 30, 'unknown'],
      ['alpha-s1 a', 0, 4, 'unknown'],
    ]);
  });

  test('are none without a begin, and never shorter than nothing', async () => {
    await record(
      event(3, 'player-left', 's1', 'a'),
      event(9, 'player-joined', 's1', 'b'),
      event(8, 'player-left', 's1', 'b'),
    );
    expect(await stays()).toEqual([['alpha-s1 b', 9, 9, 'left']]);
    expect((await people()).map(({ name, sessions }) => [name, sessions])).toEqual([
      ['b', 1],
      ['a', 0],
    ]);
  });

  test('are seen by those who may read the server', async () => {
    await record(event(0, 'player-joined', 's1', 'a'), event(0, 'player-joined', 's2', 'b'));
    await recordPlayers(store.db, 'h2', [event(0, 'player-joined', 's3', 'c')]);
    const holder = (kind: 'host' | 'server', id: string): Identity => ({
      actor: { kind: 'person', id: 'p', name: 'p' },
      grants: [{ role: 'viewer', scope: { kind, id } }],
    });
    const names = async (who: Identity) => (await people(who)).map(({ name }) => name).sort();
    expect(await names(holder('server', 's2'))).toEqual(['b']);
    expect(await names(holder('host', 'h1'))).toEqual(['a', 'b']);
    expect(await names({ ...localIdentity, grants: [] })).toEqual([]);
    expect(await stays(store, holder('server', 's3'))).toEqual([['alpha-s3 c', 0, 'seen 0', undefined]]);
    expect(await stays(store, { ...localIdentity, grants: [] })).toEqual([]);
  });

  test('are found by Steam id, and by name in any case, also outside ASCII', async () => {
    await record(event(0, 'player-joined', 's1', 'Зомби', steamId), event(1, 'player-joined', 's2', 'ЗОМБИ'));
    expect((await people(localIdentity, { player: 'зомби' })).map(({ name }) => name)).toEqual(['ЗОМБИ', 'Зомби']);
    expect((await people(localIdentity, { player: steamId })).map(({ name }) => name)).toEqual(['Зомби']);
    expect(await people(localIdentity, { player: "a' or 1=1 --" })).toEqual([]);
  });

  test('are forgotten by age and by count', async () => {
    await record(
      event(0, 'player-joined', 's1', 'a'),
      event(1, 'player-left', 's1', 'a'),
      event((2 * day) / minute, 'player-joined', 's1', 'b'),
      event((2 * day) / minute, 'player-joined', 's1', 'c'),
    );
    await dropOldPlayers(store.db, start + day, 10);
    expect((await people()).map(({ name }) => name)).toEqual(['b', 'c']);
    expect(await stays()).toHaveLength(2);
    await dropOldPlayers(store.db, 0, 1);
    expect(await stays()).toHaveLength(1);
  });
});

const kinds = ['player-joined', 'player-left', 'player-died', 'player-said', 'stopped', 'crashed', 'started'] as const;
const happening = fc.record({
  kind: fc.constantFrom(...kinds, 'player-joined', 'player-left'),
  serverId: fc.constantFrom('s1', 's2', 's3'),
  name: fc.constantFrom('a', 'A', 'b'),
  later: fc.integer({ min: 0, max: 5 }),
});
/** A piece of the journal that is sent: from where and how many, and whether the manager dies before it. */
const delivery = fc.record({ from: fc.nat(40), count: fc.integer({ min: 1, max: 15 }), restarts: fc.boolean() });

test('however a journal is cut, repeated and taken up again, each event counts once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(happening, { minLength: 1, maxLength: 40 }),
      fc.array(delivery, { maxLength: 8 }),
      async (happened, deliveries) => {
        let at = start;
        const journal = happened.map(({ kind, serverId, name, later }, index): HostEvent => {
          at += later * minute;
          const player = kind.startsWith('player-') ? { player: { name } } : {};
          return { seq: index + 1, at: new Date(at).toISOString(), kind, text: kind, serverId, ...player };
        });
        const outcome = async (pieces: readonly (typeof deliveries)[number][]): Promise<unknown> => {
          const place = await mkdtemp(join(tmpdir(), 'zedops-ledger-'));
          let opened = await openWithServers(place);
          const make = () => createEventBook({ db: opened.db, clock: createFakeClock(start), log: silentLog });
          let book = make();
          for (const { from, count, restarts } of pieces) {
            if (restarts) {
              await book.close();
              await opened.close();
              opened = await openStore(place, createFakeClock(start));
              book = make();
            }
            // A host never leaves out what the manager has not had: it begins at or before that.
            const had = await opened.db.selectFrom('eventCursors').select('seq').executeTakeFirst();
            const first = Math.min(from, had?.seq ?? 0);
            await book.take('h1', {
              stream: 'j',
              events: journal.slice(first, Math.max(first, had?.seq ?? 0) + count),
            });
          }
          const kept = await listPlayers(opened.db, localIdentity, { limit: 100 });
          const events = await listEvents(opened.db, localIdentity, { limit: 100 });
          const result = [await stays(opened), kept, events.map(({ id: _, ...rest }) => rest)];
          await book.close();
          await opened.close();
          await rm(place, { recursive: true });
          return result;
        };
        const all = { from: 0, count: 100, restarts: true };
        expect(await outcome([...deliveries, all, all])).toEqual(await outcome([all]));
      },
    ),
    { numRuns: 25 },
  );
}, 120_000);
