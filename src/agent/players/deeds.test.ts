import { describe, expect, test } from 'vitest';
import type { GameLogEvent } from '../../zomboid/game-log/log-events.ts';
import { type DeedEvent, deedOf } from './deeds.ts';

const online = () => [{ name: 'mara', steamId: '76561198000000001' }, { name: 'mara was' }];
const tell = (event: GameLogEvent): DeedEvent | undefined =>
  deedOf(event, 0, { server: { id: 's1', name: 'alpha' }, online });

describe('what administrators did', () => {
  test('is told with who did it, as the game says it', () => {
    expect(tell({ kind: 'kicked', player: { name: 'mara' }, by: 'admin' })).toEqual({
      kind: 'player-kicked',
      serverId: 's1',
      text: 'admin kicked mara from alpha',
      at: '1970-01-01T00:00:00.000Z',
      player: { name: 'mara', steamId: '76561198000000001' },
    });
    expect(tell({ kind: 'denied', player: { name: 'bob' }, reason: 'is banned' })).toMatchObject({
      kind: 'player-refused',
      text: 'bob was refused on alpha: is banned',
      player: { name: 'bob' },
    });
    expect(tell({ kind: 'option-changed', option: 'PVP', value: 'false', by: 'admin' })).toMatchObject({
      kind: 'option-changed',
      text: 'admin changed PVP to false on alpha',
    });
    expect(tell({ kind: 'closed', by: 'admin' })).toBeUndefined();
  });

  test('a ban names whoever is certain, because nothing stands between a name and the reason', () => {
    const banned = (whom: string) => tell({ kind: 'banned', whom, by: 'admin' });
    expect(banned('mara')?.player?.name).toBe('mara');
    expect(banned('mara was rude')?.player?.name).toBe('mara was');
    expect(banned('bob')?.player?.name).toBe('bob');
    expect(banned('old tom')?.player).toBeUndefined();
    expect(banned('old tom')?.text).toBe('admin banned old tom on alpha');
  });

  test('shows no secret, and nothing that a terminal would obey', () => {
    const changed = tell({ kind: 'option-changed', option: 'RCONPassword', value: 'abc', by: '\u001b[2Jad\tmin' });
    expect(changed?.text).toBe('ad min changed RCONPassword to ****** on alpha');
    expect(tell({ kind: 'kicked', player: { name: '\u001b[2J' }, by: 'x' })?.player).toBeUndefined();
  });
});
