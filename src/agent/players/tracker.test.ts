import { describe, expect, test } from 'vitest';
import type { GameLogEvent } from '../../zomboid/game-log/log-events.ts';
import { cleanName } from './shown-name.ts';
import { createPlayerTracker, type Online, type PlayerEvent } from './tracker.ts';

const steamId = '76561198000000001';
const position = { x: 1, y: 2, z: 0 };
const joined = (name: string): GameLogEvent => ({ kind: 'joined', player: { name, steamId }, position });
const left = (name: string): GameLogEvent => ({ kind: 'left', player: { name, steamId }, position });
const tracker = (online: readonly Online[] = []) => createPlayerTracker({ id: 's1', name: 'alpha' }, online);
const words = (events: readonly PlayerEvent[]): string[] => events.map(({ kind, player }) => `${kind} ${player.name}`);
const reply = (...names: string[]) => ({ count: names.length, names });

describe('files', () => {
  test('say who comes, goes, dies and talks', () => {
    const players = tracker();
    expect(players.take(joined('mara'), 1_000)).toEqual([
      {
        kind: 'player-joined',
        serverId: 's1',
        text: 'mara joined alpha',
        player: { name: 'mara', steamId, position },
        at: '1970-01-01T00:00:01.000Z',
      },
    ]);
    const said: GameLogEvent = { kind: 'said', player: { name: 'mara' }, channel: 'General', text: 'red \u001b[31mhi' };
    expect(players.take(said, 2_000)).toMatchObject([
      { kind: 'player-said', player: { steamId, chat: { channel: 'General', text: 'red hi' } } },
    ]);
    const died: GameLogEvent = { kind: 'died', player: { name: 'mara', steamId }, position };
    expect(words(players.take(died, 3_000))).toEqual(['player-died mara']);
    expect(players.isOnline('mara')).toBe(true);
    expect(words(players.take(left('mara'), 4_000))).toEqual(['player-left mara']);
    expect(players.online()).toEqual([]);
  });
  test('read once more say nothing new', () => {
    const players = tracker();
    players.take(joined('mara'), 1_000);
    players.take(left('mara'), 2_000);
    expect(words(players.take(joined('mara'), 3_000))).toEqual(['player-joined mara']);
    expect(players.take(joined('mara'), 1_000)).toEqual([]);
    expect(players.take(left('mara'), 2_000)).toEqual([]);
    expect(players.take(joined('mara'), 3_000)).toEqual([]);
    expect(players.online()).toMatchObject([{ name: 'mara', sinceMs: 3_000 }]);
  });
  test('that lost a word are completed', () => {
    const players = tracker();
    players.take(joined('mara'), 1_000);
    expect(words(players.take(joined('mara'), 2_000))).toEqual(['player-left mara', 'player-joined mara']);
  });
});

describe('answers of the game', () => {
  test('count who still loads, and tell of them only when the files keep silent', () => {
    const players = tracker();
    players.take(joined('mara'), 0);
    expect(players.compare(reply('mara', 'Old Tom'), 1_000, true)).toEqual([]);
    expect(players.shown(1_000)).toEqual({
      at: '1970-01-01T00:00:01.000Z',
      count: 2,
      by: 'game',
      players: [{ name: 'mara', steamId, since: '1970-01-01T00:00:00.000Z' }, { name: 'Old Tom' }],
    });
    expect(players.compare(reply('mara', 'Old Tom'), 61_000, true)).toEqual([]);
    expect(words(players.compare(reply('mara', 'Old Tom'), 301_000, true))).toEqual(['player-joined Old Tom']);
    // The file says it at last: nothing new.
    expect(players.take(joined('Old Tom'), 302_000)).toEqual([]);
  });
  test('are believed at the second time where there are no files', () => {
    const players = tracker();
    expect(players.compare(reply('mara'), 0, false)).toEqual([]);
    expect(words(players.compare(reply('mara'), 60_000, false))).toEqual(['player-joined mara']);
    expect(players.compare(reply(), 120_000, false)).toEqual([]);
    expect(players.isInDoubt()).toBe(true);
    expect(words(players.compare(reply(), 125_000, false))).toEqual(['player-left mara']);
    expect(players.isInDoubt()).toBe(false);
  });
  test('that name nobody for certain prove nothing', () => {
    const players = tracker();
    players.take(joined('Зомби'), 0);
    for (const at of [1_000, 11_000, 21_000]) expect(players.compare(reply('?????'), at, true)).toEqual([]);
    // A name with a line break in it.
    for (const at of [31_000, 41_000]) expect(players.compare({ count: 1, names: ['a', 'b'] }, at, true)).toEqual([]);
    expect(players.online()).toHaveLength(1);
  });
});

test('the end of the game is the end of all who were on', () => {
  const players = tracker([{ name: 'mara', steamId, sinceMs: 1_000, by: 'file' }]);
  players.compare(reply('mara'), 2_000, true);
  expect(players.end(5_000, 'the game crashed')).toMatchObject([
    { kind: 'player-left', text: 'mara left alpha: the game crashed', at: '1970-01-01T00:00:05.000Z' },
  ]);
  expect(players.end(6_000, 'the game crashed')).toEqual([]);
  expect(players.hasAnswer()).toBe(false);
});

test('names lose what a terminal would obey', () => {
  expect(cleanName('a\u001b]0;x\u0007b\u0000c\u202e')).toBe('abc');
  expect(cleanName('Зомби 🧟')).toBe('Зомби 🧟');
  expect(cleanName('\u001b[2J')).toBeUndefined();
  const players = tracker();
  players.take(joined('red\u001b[31m'), 1_000);
  expect(players.isOnline('red\u001b[31m')).toBe(true);
  expect(players.shown(1_000).players).toMatchObject([{ name: 'red' }]);
});
