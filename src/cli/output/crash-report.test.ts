import { expect, test } from 'vitest';
import { crashReport, withoutAddresses } from './crash-report.ts';

test.each([
  ['connection from 203.0.113.9:16261', 'connection from x.x.x.x:16261'],
  ['listening on 127.0.0.1 and 0.0.0.0', 'listening on 127.0.0.1 and 0.0.0.0'],
  ['LOG  : General     , 1709045530266> 2.032.824.429> x', 'LOG  : General     , 1709045530266> 2.032.824.429> x'],
  ['version=42.20.4', 'version=42.20.4'],
  ['connection from [2001:db8::9]:16261', 'connection from [x::x]:16261'],
  ['2001:db8:0:1:2:3:4:5: timed out', 'x::x: timed out'],
  ['from ::ffff:203.0.113.9, from fe80::1%eth0.', 'from x::x, from x::x.'],
  ['/2001:db8:0:0:0:0:0:9:16261 and /0:0:0:0:0:0:0:1', '/x::x:16261 and /0:0:0:0:0:0:0:1'],
  ['left 2001:DB8::', 'left x::x'],
  ['on ::1, [::]:27015 and ::ffff:127.0.0.1', 'on ::1, [::]:27015 and ::ffff:127.0.0.1'],
  ['at 12:34:56.789 f:0, t:1763710000000> st:1,2,3', 'at 12:34:56.789 f:0, t:1763710000000> st:1,2,3'],
  ['in zombie::Bad, add::foo and a::getName', 'in zombie::Bad, add::foo and a::getName'],
  ['mac 00:1a:2b:3c:4d:5e', 'mac 00:1a:2b:3c:4d:5e'],
])('hides addresses of players: %s', (line, shown) => {
  expect(withoutAddresses(line)).toBe(shown);
});

test('a report has everything, and nothing a terminal obeys', () => {
  const report = crashReport({
    host: 'box-1',
    crash: {
      id: 'c1',
      serverId: 's1',
      server: 'alpha',
      at: '2026-01-02T03:04:05.000Z',
      oomKilled: true,
      exitCode: 137,
      class: 'out-of-memory',
      reason: 'the kernel ended the game because its container was out of memory',
      hint: 'raise the memory limit',
      image: 'x:latest',
    },
    spec: {
      revision: 3,
      template: 'simulator',
      image: 'x:latest',
      worldName: 'alpha',
      ports: [{ name: 'game', port: 16_261, protocol: 'udp' }],
      limits: { memoryMb: 4096 },
      env: { RCON_PASSWORD: 'set', PUBLIC_NAME: 'a\u001b[31mb' },
    },
    facts: {
      hostname: 'box',
      platform: 'linux/x64',
      kernel: '6.1',
      cpus: 4,
      memoryBytes: 8 * 1024 ** 3,
      agentVersion: '1.0.0',
      nodeVersion: 'v24.0.0',
      dataRoot: '/srv',
      runtime: { kind: 'docker', version: '20.10.24' },
      clock: '2026-01-02T03:04:05.000Z',
    },
    lines: ['2026-01-02T03:04:04.000Z hello \u001b[2J'],
  });
  for (const part of [
    'out-of-memory',
    'RCON_PASSWORD=set',
    '4096 MiB',
    'game 16261/udp',
    '8 GiB',
    'Last 1 lines',
    'hello',
  ]) {
    expect(report).toContain(part);
  }
  expect(report).not.toContain('\u001b');
});
