import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCliBed } from '../cli-bed.ts';

const imageText = `title: A trial
registry: example.org/trial
tag: latest
volumes: { data: /data }
ports: [{ name: game, env: GAME_PORT, port: 16261, protocol: udp }]
world: { env: SERVER_NAME }
stopSeconds: 60
`;
const templateText = `# Name of the world.
SERVER_NAME=

# Password of the admin.
# @kind secret @required
ADMIN_PASSWORD=

# UDP port of the game.
# @kind port
GAME_PORT=16261
`;

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'zedops-create-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

function bed() {
  return createCliBed(home, {
    'image.show': () => ({ id: 'trial', image: imageText, template: templateText }),
    'server.create': ({ progress }) => {
      progress({ step: 'pulling example.org/trial:latest', percent: 10 });
      return { id: 's1', name: 'alpha', state: 'ready', readyAt: '2026-11-21T18:00:00.000Z' };
    },
  });
}

async function envFile(text: string): Promise<string> {
  const path = join(home, 'alpha.env');
  await writeFile(path, text);
  return path;
}

test('sends the env of the file, with limits and image, and says in one sentence what came of it', async () => {
  const path = await envFile('\uFEFFexport ADMIN_PASSWORD="s3cret canary"\r\nGAME_PORT=16300 # mine\r\n');
  const one = bed();
  const args = [
    'server',
    'create',
    'alpha',
    '--image',
    'trial:edge',
    '--env-file',
    path,
    '--memory',
    '1.5g',
    '--cpus',
    '2',
  ];
  const { code, stdout, stderr } = await one.run([...args, '--host', 'box-1', '--no-start', '--pull', 'always']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '… pulling example.org/trial:latest\n' });
  expect(stdout).toMatch(/^alpha is created and ready after /);
  expect(one.manager.asked[0]?.data).toEqual({ image: 'trial' });
  expect(one.manager.asked[1]?.data).toEqual({
    name: 'alpha',
    host: 'box-1',
    image: 'trial:edge',
    env: { ADMIN_PASSWORD: 's3cret canary', GAME_PORT: '16300' },
    limits: { memoryMb: 1536, cpus: 2 },
    pull: 'always',
    start: false,
  });
});

test('tells every fault of the env at once, each with its place, and sends nothing', async () => {
  const path = await envFile('SERVER_NAM=alpha\nGAME_PORT=99999\nADMIN_PASSWORD="canary\n');
  const one = bed();
  const { code, stdout, stderr } = await one.run(['server', 'create', 'alpha', '--image', 'trial', '--env-file', path]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(`${path}:1:1: SERVER_NAM `);
  expect(stderr).toMatch(/1:1:.*SERVER_NAME/);
  expect(stderr).toContain(`${path}:2:1: GAME_PORT `);
  expect(stderr).toContain(`${path}:3:`);
  expect(stderr).not.toContain('canary');
  expect(one.manager.asked.map(({ subject }) => subject)).toEqual(['image.show']);
});

test('a missing key is told without a place; stdin is a file too', async () => {
  const { code, stderr } = await bed().run(['server', 'create', 'alpha', '--image', 'trial', '--env-file', '-'], {
    input: 'SERVER_NAME=a\n',
  });
  expect(code).toBe(2);
  expect(stderr).toMatch(/stdin: ADMIN_PASSWORD is missing/);
});

test('--env beats the file, and a secret on the command line is warned about without being shown', async () => {
  const path = await envFile('ADMIN_PASSWORD=from-the-file\n');
  const one = bed();
  const args = [
    'server',
    'create',
    'alpha',
    '--image',
    'trial',
    '--env-file',
    path,
    '--env',
    'ADMIN_PASSWORD=canary',
    '--env',
    'GAME_PORT=17000',
  ];
  const { code, stdout, stderr } = await one.run(args);
  expect(code).toBe(0);
  expect(stderr).toMatch(/warning: ADMIN_PASSWORD is a secret/);
  expect(stdout + stderr).not.toContain('canary');
  expect(one.manager.asked[1]?.data).toMatchObject({ env: { ADMIN_PASSWORD: 'canary', GAME_PORT: '17000' } });
});

test.each([
  [['--memory', '4'], /--memory: "4" is not a size/],
  [['--env-file', '/nowhere/x.env'], /There is no file \/nowhere\/x\.env/],
  [['--env', 'NOVALUE'], /KEY=value/],
  [['--cpus', 'two'], /--cpus: "two" is not a number/],
])('%j is wrong', async (args, says) => {
  const { code, stderr } = await bed().run([
    'server',
    'create',
    'alpha',
    '--image',
    'trial',
    '--env',
    'ADMIN_PASSWORD=x',
    ...args,
  ]);
  expect(code).toBe(2);
  expect(stderr).toMatch(says);
});

test('--dry-run prints the plan with what refuses and what helps, and creates nothing', async () => {
  const plan = {
    ...{ name: 'alpha', host: 'box-1', power: 'on', limits: { memoryMb: 4096 }, isPossible: false },
    image: { template: 'trial', reference: 'example.org/trial:latest', pull: 'missing' },
    ports: [{ name: 'game', port: 16261, protocol: 'udp' }],
    checks: [
      { name: 'name', level: 'ok', text: 'alpha is free' },
      { name: 'disk', level: 'warn', text: '9 GiB free', hint: 'free some space' },
      {
        name: 'ports',
        level: 'refuse',
        text: 'Port 16261/udp of alpha is taken',
        hint: 'free: 16263',
        code: 'CONFLICT',
      },
    ],
  };
  const one = createCliBed(home, {
    'image.show': () => ({ id: 'trial', image: imageText, template: templateText }),
    'server.plan': () => ({ plan }),
  });
  const args = ['server', 'create', 'alpha', '--image', 'trial', '--env', 'ADMIN_PASSWORD=x', '--dry-run'];
  const { code, stdout } = await one.run(args);
  expect(code).toBe(10);
  expect(stdout).toBe(`server  alpha on box-1
image   example.org/trial:latest (template trial, pull missing)
ports   game 16261/udp
memory  4 GiB
then    it is started

ok      name   alpha is free
warn    disk   9 GiB free
        → free some space
refuse  ports  Port 16261/udp of alpha is taken
        → free: 16263
`);
  expect(one.manager.asked.map(({ subject }) => subject)).toEqual(['image.show', 'server.plan']);
});

test('what there is to be warned of is told once, before the steps', async () => {
  const one = createCliBed(home, {
    'image.show': () => ({ id: 'trial', image: imageText, template: templateText }),
    'server.create': ({ progress }) => {
      progress({ step: 'the registry does not answer', isWarning: true });
      progress({ step: 'begins' });
      return { id: 's1', name: 'alpha', state: 'ready' };
    },
  });
  const { stderr } = await one.run(['server', 'create', 'alpha', '--image', 'trial', '--env', 'ADMIN_PASSWORD=x']);
  expect(stderr).toContain('warning: the registry does not answer\n… begins\n');
});
