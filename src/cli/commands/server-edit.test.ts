import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCliBed } from '../cli-bed.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'zedops-edit-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const changes = [{ setting: 'memory', before: '4096 MiB', after: '6144 MiB' }];

function bed(reply: object = {}) {
  const edit = { name: 'alpha', revision: 4, changes, risks: [], warnings: [], applies: 'rebuild', ...reply };
  return createCliBed(home, {
    'server.edit': () => edit,
    'server.rebuild': ({ progress }) => {
      progress({ step: 'saving the world' });
      return { state: 'ready', stop: { state: 'stopped', saved: 'confirmed', ended: 'quit', seconds: 3 } };
    },
  });
}

test('looks first, edits by the revision it saw, and rebuilds', async () => {
  const path = join(home, 'a.env');
  await writeFile(path, 'ADMIN_PASSWORD="s3cret canary"\nA=1\n');
  const one = bed();
  const args = ['--env-file', path, '--set', 'A=2=3', '--unset', 'B', '--memory', '6g', '--cpus', 'none'];
  const { code, stdout, stderr } = await one.run(['server', 'edit', 'alpha', ...args, '--port', 'game=17000']);
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: 'memory  4096 MiB → 6144 MiB\nalpha: it needs a restart\n… saving the world\n',
  });
  expect(stdout).toMatch(/^alpha stopped: saved \(confirmed\), in 3 s in all; alpha is changed and ready after /);
  const [dry, edit, rebuild] = one.manager.asked;
  expect(dry?.data).toMatchObject({ dryRun: true });
  expect(edit).toMatchObject({
    subject: 'server.edit',
    data: {
      set: { ADMIN_PASSWORD: 's3cret canary', A: '2=3' },
      unset: ['B'],
      memoryMb: 6144,
      cpus: null,
      ports: { game: 17_000 },
      revision: 4,
      acceptRisks: true,
    },
  });
  expect(rebuild).toMatchObject({ subject: 'server.rebuild', data: { server: 'alpha' } });
});

test.each([
  ['start', 'alpha is changed; it takes effect at its next start or restart\n'],
  ['return', 'alpha is changed; its host is away and applies it when it is back\n'],
])('%s: nothing is rebuilt now', async (applies, says) => {
  const one = bed({ applies });
  expect((await one.run(['server', 'edit', 'alpha', '--memory', '6g', '--later', '--quiet'])).stdout).toBe('');
  expect((await one.run(['server', 'edit', 'alpha', '--memory', '6g'])).stdout).toBe(says);
  expect(one.manager.asked.map(({ subject }) => subject)).not.toContain('server.rebuild');
});

test('a risk is asked about; without an answer nothing is edited', async () => {
  const one = bed({ risks: ['the map changes from A to B'] });
  const { code, stderr } = await one.run(['server', 'edit', 'alpha', '--set', 'MAP=B']);
  expect(code).toBe(2);
  expect(stderr).toContain('risk: the map changes from A to B');
  expect(stderr).toContain('say --yes if it is meant');
  expect(one.manager.asked).toHaveLength(1);
  const no = await one.run(['server', 'edit', 'alpha', '--set', 'MAP=B'], { isTty: true, input: 'n\n' });
  expect(no.stderr).toContain('Nothing was done');
  expect((await one.run(['server', 'edit', 'alpha', '--set', 'MAP=B', '--yes'])).code).toBe(0);
});

test('nothing to change is said, and done', async () => {
  const one = bed({ changes: [], applies: 'nothing' });
  const { code, stdout } = await one.run(['server', 'edit', 'alpha', '--memory', '6g']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'Nothing changes: alpha has these settings already\n' });
  expect(one.manager.asked).toHaveLength(1);
});

test.each([
  [['--set', 'NOVALUE'], /--set: write it as KEY=value/],
  [['--memory', 'much'], /--memory: "much" is not a size/],
  [['--cpus', 'two'], /--cpus: "two" is not a number from 0.1 to 1024, nor "none"/],
  [['--port', 'game:1'], /--port: "game:1" is not such as game=16300/],
  [['--env-file', '/nowhere/x.env'], /There is no file/],
])('%j is wrong, and nothing is asked', async (args, says) => {
  const one = bed();
  const { code, stderr } = await one.run(['server', 'edit', 'alpha', ...args]);
  expect(code).toBe(2);
  expect(stderr).toMatch(says);
  expect(one.manager.asked).toEqual([]);
});

test('a file with faults tells them by place, without values', async () => {
  const path = join(home, 'b.env');
  await writeFile(path, 'A=1\nADMIN_PASSWORD="canary\n');
  const { code, stderr } = await bed().run(['server', 'edit', 'alpha', '--env-file', path]);
  expect(code).toBe(2);
  expect(stderr).toContain(`${path}:2:`);
  expect(stderr).not.toContain('canary');
});

test('a secret on the command line is warned about', async () => {
  const { stderr } = await bed().run(['server', 'edit', 'alpha', '--set', 'ADMIN_PASSWORD=canary']);
  expect(stderr).toContain('warning: ADMIN_PASSWORD is a secret');
  expect(stderr).not.toContain('canary');
});
