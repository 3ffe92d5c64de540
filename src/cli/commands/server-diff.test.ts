import { expect, test } from 'vitest';
import { createCliBed } from '../cli-bed.ts';

test('diff says in each row what mends it', async () => {
  const differences = [
    { what: 'power', wanted: 'on', found: 'exited', fix: 'zedops server start alpha' },
    { what: 'image', wanted: 'x:2', found: 'x:1', fix: 'zedops server rebuild alpha' },
  ];
  const server = { id: 's1', name: 'alpha', host: 'box-1', known: true, lastWordSeconds: 1, differences };
  const bed = createCliBed('/nonexistent', { 'server.diff': () => ({ servers: [server] }) });
  const { code, stdout } = await bed.run(['diff']);
  expect(code).toBe(10);
  expect(stdout.split('\n').map((line) => line.replace(/ +/g, ' '))).toEqual([
    'NAME HOST WHAT WANTED FOUND MENDED BY',
    'alpha box-1 power on exited zedops server start alpha',
    'alpha box-1 image x:2 x:1 zedops server rebuild alpha',
    '',
  ]);
  expect(JSON.parse((await bed.run(['diff', '--json'])).stdout)).toEqual({ servers: [server] });
});
