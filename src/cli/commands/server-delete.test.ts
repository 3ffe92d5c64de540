import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ZedopsError } from '../../protocol/errors.ts';
import { createCliBed } from '../cli-bed.ts';

const deletion = { deletedAt: '2026-11-20T08:00:00.000Z', keptAt: '/srv/alpha' };
const shown = {
  id: 's1',
  name: 'alpha',
  host: 'box-1',
  hostId: 'h1',
  state: 'deleted',
  image: 'x',
  template: 'x',
  ports: [],
  pending: false,
  power: 'off',
  revision: 2,
  env: {},
  secretKeys: [],
  limits: {},
  createdAt: '2026-11-01T08:00:00.000Z',
  deletion,
};
const purged = { name: 'alpha', folder: '/srv/alpha', files: 2, bytes: 2048 };

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'zedops-delete-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

describe('server purge', () => {
  const bed = (server: unknown = shown) =>
    createCliBed(home, { 'server.show': () => ({ server }), 'server.purge': () => purged });

  test('at a terminal shows where the world lies and wants the name typed', async () => {
    const { manager, run } = bed();
    const { code, stdout, stderr } = await run(['server', 'purge', 'alpha', '--yes'], {
      isTty: true,
      input: 'alpha\n',
    });
    expect(stderr).toContain('the world of alpha at /srv/alpha on box-1 is removed for good');
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('2 files (2 KiB)') });
    expect(manager.asked.at(-1)).toMatchObject({ subject: 'server.purge', data: { confirm: 'alpha' } });
  });

  test.each(['yes\n', 'y\n', '\n', 'alph\n'])('does nothing where %j is typed instead', async (input) => {
    const { manager, run } = bed();
    const { code } = await run(['server', 'purge', 'alpha', '--yes'], { isTty: true, input });
    expect(code).not.toBe(0);
    expect(manager.asked.map(({ subject }) => subject)).toEqual(['server.show']);
  });

  test('with --forget says that the data stays, before and after, and purges nothing', async () => {
    const forgotten = { name: 'alpha', host: 'box-1', keptAt: '/srv/alpha' };
    const { manager, run } = createCliBed(home, {
      'server.show': () => ({ server: shown }),
      'server.forget': () => forgotten,
    });
    const { code, stdout, stderr } = await run(['server', 'purge', 'alpha', '--forget'], {
      isTty: true,
      input: 'alpha\n',
    });
    expect(stderr).toContain('the world of alpha at /srv/alpha on box-1 stays there');
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('its data stays at /srv/alpha on box-1'),
    });
    expect(manager.asked.map(({ subject }) => subject)).toEqual(['server.show', 'server.forget']);
  });

  test('does nothing in a script that says only --yes, nor to a server that is not deleted', async () => {
    const script = bed();
    expect((await script.run(['server', 'purge', 'alpha', '--yes'])).code).toBe(2);
    expect(script.manager.asked).toEqual([]);
    const { deletion: _, ...alive } = shown;
    const terminal = bed(alive);
    expect((await terminal.run(['server', 'purge', 'alpha'], { isTty: true, input: 'alpha\n' })).code).toBe(5);
  });
});

describe('server list --deleted', () => {
  test('says when each is purged and where its world lies', async () => {
    const servers = [
      { ...shown, name: 'kept' },
      { ...shown, name: 'due', deletion: { ...deletion, purgeAt: '2020-01-01T00:00:00.000Z' }, staleSeconds: 60 },
      { ...shown, name: 'old', deletion: { deletedAt: deletion.deletedAt }, detail: 'no world is there' },
    ];
    const { stdout } = await createCliBed(home, { 'server.list': () => ({ servers }) }).run([
      'server',
      'list',
      '--deleted',
    ]);
    expect(stdout).toMatch(/kept +box-1 +2026-11-20 08:00:00Z +never by itself +\/srv\/alpha/);
    expect(stdout).toMatch(/due .*due, once box-1 is online/);
    expect(stdout).toMatch(/old .*\(no world is there\)/);
  });
});

describe('server check', () => {
  const check = (level: string) => ({
    server: 'alpha',
    folder: '/srv/alpha',
    findings: [{ item: 'db', level, text: 'x' }],
  });

  test('exits with 10 when something is wrong, and with 0 for a remark', async () => {
    const bad = createCliBed(home, { 'server.check': () => ({ check: check('fail') }) });
    expect((await bad.run(['server', 'check', 'alpha'])).code).toBe(10);
    const fine = createCliBed(home, { 'server.check': () => ({ check: check('warn') }) });
    expect(await fine.run(['server', 'check', 'alpha', '--json'])).toMatchObject({
      code: 0,
      stdout: `${JSON.stringify({ check: check('warn') })}\n`,
    });
  });

  test('of all servers names the one whose host cannot be asked, and goes on', async () => {
    const names = ['alpha', 'beta'];
    const bed = createCliBed(home, {
      'server.list': () => ({ servers: names.map((name) => ({ ...shown, name })) }),
      'server.check': ({ data }) => {
        if (JSON.stringify(data).includes('alpha')) throw new ZedopsError('UNREACHABLE', 'box-1 is offline');
        return { check: { ...check('ok'), server: 'beta' } };
      },
    });
    const { code, stdout } = await bed.run(['server', 'check', '--all']);
    expect(code).toBe(10);
    expect(stdout).toMatch(/alpha +fail +host +box-1 is offline\nbeta +ok/);
  });
});
