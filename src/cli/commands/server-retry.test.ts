import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCliBed } from '../cli-bed.ts';

const imageText = `title: A trial
registry: example.org/trial
tag: latest
volumes: { data: /data }
ports: [{ name: game, env: GAME_PORT, port: 16261 }]
stopSeconds: 60
`;
const templateText = `# Password of the admin.
# @kind secret @required
ADMIN_PASSWORD=

# UDP port of the game.
# @kind port
GAME_PORT=16261
`;
const details = {
  ...{ id: 's1', name: 'alpha', host: 'box-1', hostId: 'h1', state: 'failed', image: 'example.org/trial:latest' },
  ...{ ports: [], pending: false, power: 'on', revision: 1, template: 'trial', env: {}, secretKeys: [], limits: {} },
  createdAt: '2026-01-02T03:04:05.000Z',
};

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'zedops-retry-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

function bed() {
  return createCliBed(home, {
    'server.show': () => ({ server: details }),
    'image.show': () => ({ id: 'trial', image: imageText, template: templateText }),
    'server.retry': () => ({ id: 's1', name: 'alpha', state: 'ready' }),
  });
}

test('without changes asks for nothing but the retry', async () => {
  const one = bed();
  const { code, stdout } = await one.run(['server', 'retry', 'alpha']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^alpha is created and ready after /);
  expect(one.manager.asked).toMatchObject([{ subject: 'server.retry', data: { server: 'alpha' } }]);
});

test('sends settings that change, and warns of secrets that others could see', async () => {
  const one = bed();
  const args = ['server', 'retry', 'alpha', '--set', 'GAME_PORT=17000', '--set', 'ADMIN_PASSWORD=canary'];
  const { stdout, stderr } = await one.run([...args, '--memory', '4g']);
  expect(stderr).toContain('warning: ADMIN_PASSWORD is a secret');
  expect(stdout + stderr).not.toContain('canary');
  expect(one.manager.asked.at(-1)?.data).toEqual({
    server: 'alpha',
    set: { GAME_PORT: '17000', ADMIN_PASSWORD: 'canary' },
    limits: { memoryMb: 4096 },
  });
});

test('an env file takes the place of all there was, and is checked before it is sent', async () => {
  const file = join(home, 'alpha.env');
  await writeFile(file, 'ADMIN_PASSWORD=x\nGAME_PORT=no\n');
  const one = bed();
  const { code, stderr } = await one.run(['server', 'retry', 'alpha', '--env-file', file]);
  expect(code).toBe(2);
  expect(stderr).toContain(`${file}:2:1: GAME_PORT`);
  await writeFile(file, 'ADMIN_PASSWORD=x\n');
  await one.run(['server', 'retry', 'alpha', '--env-file', file, '--set', 'GAME_PORT=17000']);
  expect(one.manager.asked.at(-1)?.data).toEqual({ server: 'alpha', env: { ADMIN_PASSWORD: 'x', GAME_PORT: '17000' } });
});
