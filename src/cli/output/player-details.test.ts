import { expect, test } from 'vitest';
import type { SeenName } from '../../protocol/entities/player.ts';
import { playerDetails, type ShownPlayer } from './player-details.ts';

const steamId = '76561198000000001';
const mara: ShownPlayer = { name: 'mara', steamId, server: 'alpha', serverId: 's1', host: 'box-1', online: false };
const seen = (name: string, of: string, ...servers: readonly (readonly [string, string])[]): SeenName => ({
  ...{ steamId: of, name },
  servers: servers.map(([server, serverId]) => ({ server, serverId, lastSeenAt: '2026-01-02T03:00:00.000Z' })),
});

test('the other names of a Steam account say where they were seen, unless it was here', () => {
  const names = [
    seen('marauder', steamId, ['beta', 's2'], ['gamma', 's3']),
    seen('mara', steamId, ['alpha', 's1']),
    seen('red\u001b[31m', steamId, ['beta', 's2'], ['alpha', 's1']),
    seen('Old Tom', '76561198000000002', ['alpha', 's1']),
  ];
  const also = playerDetails(mara, names).split('\n')[1];
  expect(also).toMatch(/^also seen as {2}red\[?(31m)?, marauder \(on beta, gamma\)$/);
  expect(also).not.toContain('\u001b');
});

test('someone of one name has no such line, and neither has someone without a Steam id', () => {
  expect(playerDetails(mara, [])).not.toContain('also seen');
  const { steamId: _, ...unknown } = mara;
  expect(playerDetails(unknown, [seen('a', steamId, ['alpha', 's1'])])).not.toContain('also seen');
});
