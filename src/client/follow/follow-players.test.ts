import { expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { type Clock, systemClock } from '../../platform/clock.ts';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { createFakeManager, type FakeRequest } from '../fake-manager.ts';
import { followPlayers, type PlayersWish } from './follow-players.ts';

const at = '2026-01-02T03:00:00.000Z';
const player = (name: string, server = 'alpha') => ({ name, server, serverId: `id-${server}`, host: 'box-1' });
const online = (name: string, server?: string) => ({ ...player(name, server), online: true, lastSeenAt: at });
const happened = (kind: string, name: string, id: number, server = 'alpha', when = at) => ({
  ...{ id, at: when, kind, text: `${name} ${kind}`, host: 'box-1', hostId: 'h', server, serverId: `id-${server}` },
  player: { name },
});
const row = (server: string, playersOnline: number | undefined) => ({
  ...{ id: `id-${server}`, name: server, host: 'box-1', hostId: 'h', power: 'on', state: 'ready', image: 'little' },
  ...{ ports: [], pending: false },
  ...(playersOnline === undefined ? {} : { playersOnline }),
});
const piece = (isFirst: boolean, ...servers: object[]) => ({
  ...{ isFirst, isWhole: true, servers, hosts: [], goneServers: [], goneHosts: [] },
});

/** A manager whose list is `lists`, one after the other, the last one for ever. */
function bedOf(
  lists: readonly { readonly players: readonly object[]; readonly unknown?: readonly string[] }[],
  clock: Clock = systemClock,
) {
  const ending = new AbortController();
  const seen: string[] = [];
  let asked = 0;
  let events: FakeRequest | undefined;
  let fleet: FakeRequest | undefined;
  const untilEnd = () => new Promise(() => undefined);
  const manager = createFakeManager(
    {
      'event.list': (request) => {
        events = request;
        if (!Object.hasOwn(Object(request.data), 'after')) request.progress({ events: [], last: 0 });
        return untilEnd();
      },
      'fleet.watch': (request) => {
        fleet = request;
        request.progress(piece(true, row('alpha', 1), row('beta', 0)));
        return untilEnd();
      },
      'server.list': () => ({ servers: [row('alpha', 1)] }),
      'player.list': () => {
        const list = lists[Math.min(asked, lists.length - 1)];
        asked += 1;
        return { unknown: [], ...list };
      },
    },
    systemClock,
  );
  const wish: PlayersWish = { all: false, limit: 1000 };
  const begin = (more: Partial<PlayersWish> = {}) =>
    followPlayers(
      { ...wish, ...more },
      {
        open: () => manager.open(),
        take: (_, changes) => void seen.push(...changes.map((one) => `${one.change} ${one.player.name}`)),
        onConnection: (state) => void seen.push(state),
        clock,
        signal: ending.signal,
      },
    );
  const saw = (count: number) => eventually(`${count} changes`, () => (seen.length >= count ? seen : undefined));
  return {
    ...{ manager, seen, saw, begin, asked: () => asked, end: () => ending.abort() },
    tell: (...all: object[]) => events?.progress({ events: all, last: 9 }),
    count: (...servers: object[]) => fleet?.progress(piece(false, ...servers)),
  };
}

test('who comes and goes is told by events, and the list is asked for once', async () => {
  const clock = createFakeClock(0);
  const bed = bedOf([{ players: [online('mara')] }], clock);
  const over = bed.begin();
  await bed.saw(1);
  bed.tell(happened('player-joined', 'Old Tom', 1), happened('player-joined', 'mara', 2));
  bed.count(row('alpha', 2));
  bed.tell(happened('player-left', 'mara', 3), happened('player-said', 'Old Tom', 4), happened('player-left', 'x', 5));
  bed.count(row('alpha', 1));
  await bed.saw(3);
  bed.tell(happened('player-joined', 'Q', 6, 'beta'));
  bed.count(row('beta', 1));
  await bed.saw(4);
  expect(bed.seen).toEqual(['online mara', 'joined Old Tom', 'left mara', 'joined Q']);
  await eventually('a wait for what events say', () => clock.pending() > 0);
  clock.advance(500);
  await eventually('its end', () => clock.pending() === 0);
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(bed.asked()).toBe(1);
  bed.end();
  await expect(over).rejects.toMatchObject({ code: 'CANCELLED' });
});

test('a count that no event explains has the list asked for again', async () => {
  const bed = bedOf([{ players: [online('mara')] }, { players: [] }, { players: [], unknown: ['alpha'] }]);
  const over = bed.begin();
  await bed.saw(1);
  bed.count(row('alpha', 0));
  await bed.saw(2);
  bed.tell(happened('player-joined', 'Q', 1));
  bed.count(row('alpha', undefined));
  await eventually('a third list', () => bed.asked() === 3);
  // Nobody knows who is on alpha: Q has not left.
  expect(bed.seen).toEqual(['online mara', 'left mara', 'joined Q']);
  bed.end();
  await expect(over).rejects.toMatchObject({ code: 'CANCELLED' });
});

test('only servers that fit are heard', async () => {
  const bed = bedOf([{ players: [online('mara')] }]);
  const over = bed.begin({ on: 'name=alpha' });
  await bed.saw(1);
  bed.tell(happened('player-joined', 'Q', 1, 'beta'), happened('player-joined', 'Old Tom', 2));
  await bed.saw(2);
  expect(bed.seen).toEqual(['online mara', 'joined Old Tom']);
  bed.end();
  await expect(over).rejects.toMatchObject({ code: 'CANCELLED' });
});

test('a lost connection is followed by another, with what happened meanwhile', async () => {
  const bed = bedOf([{ players: [online('mara')] }, { players: [online('Q')] }]);
  const over = bed.begin();
  await bed.saw(1);
  bed.manager.cut();
  await bed.saw(5);
  expect(bed.seen).toEqual(['online mara', 'lost', 'back', 'left mara', 'joined Q']);
  bed.end();
  await expect(over).rejects.toMatchObject({ code: 'CANCELLED' });
});

test('a first connection that fails, and a refusal, end it', async () => {
  const bed = bedOf([{ players: [] }]);
  bed.manager.isDown = true;
  await expect(bed.begin()).rejects.toMatchObject({ code: 'UNREACHABLE' });
  const refusing = createFakeManager(
    {
      'player.list': () => {
        throw new ZedopsError('NOT_FOUND', 'no such server');
      },
      'event.list': ({ progress }) => {
        progress({ events: [], last: 0 });
        return new Promise(() => undefined);
      },
      'fleet.watch': () => new Promise(() => undefined),
    },
    systemClock,
  );
  const outcome = followPlayers(
    { all: false, limit: 10 },
    {
      open: () => refusing.open(),
      ...{ take: () => undefined, onConnection: () => undefined },
      ...{ clock: systemClock, signal: new AbortController().signal },
    },
  );
  await expect(outcome).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
