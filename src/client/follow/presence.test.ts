import { expect, test } from 'vitest';
import type { FleetEvent } from '../../protocol/entities/event.ts';
import { createPresence, type PresenceChange } from './presence.ts';

const [early, late] = ['2026-01-02T03:00:00.000Z', '2026-01-02T04:00:00.000Z'];
const about = { name: 'mara', server: 'alpha', serverId: 's1', host: 'box-1' };
const event = (kind: 'player-joined' | 'player-left', at: string): FleetEvent => ({
  ...{ id: 1, at, kind, text: kind, host: 'box-1', hostId: 'h1', server: 'alpha', serverId: 's1' },
  player: { name: 'mara', steamId: '76561198000000001' },
});
const words = (changes: readonly PresenceChange[]): string[] => changes.map(({ change }) => change);

test('what is told twice, or before somebody came again, is no change', () => {
  const presence = createPresence(false);
  presence.look({ players: [{ ...about, online: true, since: late }], unknown: [] }, late);
  expect(presence.event(event('player-left', early))).toEqual([]);
  expect(presence.event(event('player-joined', late))).toEqual([]);
  expect(words(presence.event(event('player-left', late)))).toEqual(['left']);
  expect(presence.event(event('player-left', late))).toEqual([]);
  expect(presence.now().players).toEqual([]);
  expect(presence.event(event('player-joined', late))).toMatchObject([
    { at: late, change: 'joined', player: { ...about, online: true, since: late, steamId: '76561198000000001' } },
  ]);
  expect(presence.count('s1')).toBe(1);
});

test('who left stays in a list of everyone', () => {
  const presence = createPresence(true);
  presence.look({ players: [{ ...about, online: true, since: early, playedSeconds: 5 }], unknown: [] }, early);
  presence.event(event('player-left', late));
  expect(presence.now().players).toEqual([{ ...about, online: false, lastSeenAt: late, playedSeconds: 5 }]);
  expect(presence.count('s1')).toBe(0);
});
