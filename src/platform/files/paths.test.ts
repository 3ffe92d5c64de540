import { expect, test } from 'vitest';
import { managerSocket, resolvePaths } from './paths.ts';

test('ZEDOPS_HOME moves everything below one folder, for root too', () => {
  for (const uid of [0, 1000]) {
    const paths = resolvePaths({ env: { ZEDOPS_HOME: '/z', XDG_CONFIG_HOME: '/elsewhere' }, uid, home: '/home/ada' });
    for (const path of Object.values(paths)) expect(path).toMatch(/^\/z\//);
    expect(new Set(Object.values(paths)).size).toBe(6);
  }
});

test('daemons of root live in /var/lib and /etc, root’s own profiles at home', () => {
  expect(resolvePaths({ env: { ZEDOPS_HOME: '' }, uid: 0, home: '/root' })).toEqual({
    config: '/etc/zedops',
    manager: '/var/lib/zedops/manager',
    agent: '/var/lib/zedops/agent',
    client: '/root/.config/zedops',
    cache: '/root/.cache/zedops',
    servers: '/var/lib/zedops/servers',
  });
});

test('everyone else follows XDG', () => {
  expect(resolvePaths({ env: {}, uid: 1000, home: '/home/ada' })).toEqual({
    config: '/home/ada/.config/zedops',
    manager: '/home/ada/.local/state/zedops/manager',
    agent: '/home/ada/.local/state/zedops/agent',
    client: '/home/ada/.config/zedops',
    cache: '/home/ada/.cache/zedops',
    servers: '/home/ada/.local/share/zedops/servers',
  });
  const moved = resolvePaths({ env: { XDG_STATE_HOME: '/s', XDG_CONFIG_HOME: '/c' }, uid: 1000, home: '/home/ada' });
  expect(managerSocket(moved)).toBe('/s/zedops/manager/manager.sock');
  expect(moved.client).toBe('/c/zedops');
});
