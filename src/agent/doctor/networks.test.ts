import { expect, test } from 'vitest';
import { examineNetworks } from './networks.ts';

test('networks that are there are fine, and those that are gone are made by a command', () => {
  expect(examineNetworks(['bridge', 'zomboid-servers', 'zomboid-backend'], 3)).toMatchObject([{ level: 'ok' }]);
  expect(examineNetworks(['bridge', 'zomboid-servers'], 3)).toMatchObject([
    {
      level: 'fail',
      message: expect.stringContaining('zomboid-backend is gone'),
      fix: 'on this host: docker network create --label zedops.managed=true zomboid-backend',
    },
  ]);
});

test('a host without servers needs none yet', () => {
  expect(examineNetworks(['bridge'], 0)).toEqual([]);
});
