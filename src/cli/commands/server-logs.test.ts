import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCliBed } from '../cli-bed.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'zedops-many-logs-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const texts: Readonly<Record<string, readonly string[]>> = {
  alpha: [
    '0 o LOG  : General f:0> one',
    '2 o ERROR: Lua f:0> three',
    '4 o LOG  : Network f:0> User bob is trying to connect.',
  ],
  beta: ['1 o WARN : Lua f:0> two', '3 o hello'],
};

function bed() {
  return createCliBed(home, {
    'server.list': () => ({ servers: [] }),
    'server.logs': ({ data, progress }) => {
      const server = String(Reflect.get(Object(data), 'server'));
      const lines = (texts[server] ?? []).map((text) => `2026-11-21T18:00:0${text}`);
      progress({ kind: 'lines', stream: server, first: 1, count: lines.length, text: lines.join('\n') });
      return {};
    },
    'server.log-search': ({ progress }) => {
      const line = { seq: 7, time: '2026-11-21T18:00:02.000000000Z', output: 'stdout', text: 'bad \u001b[2J thing' };
      progress({ serverId: 'a', server: 'alpha', finding: { kind: 'gap', stream: 's', through: 6, count: 6 } });
      progress({ serverId: 'a', server: 'alpha', finding: { kind: 'found', stream: 's', through: 7, lines: [line] } });
      return {
        servers: [
          { id: 'a', server: 'alpha', found: 1, isCut: true },
          { id: 'b', server: 'beta', found: 0, isCut: false, problem: 'box-2 is offline' },
        ],
      };
    },
  });
}

const words = (stdout: string): string[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((row) => row.replace(/ {2,}/g, ' '));

describe('zedops logs of several servers', () => {
  test('shows them in one order of time, each line with its server', async () => {
    const { code, stdout } = await bed().run(['logs', 'alpha', 'beta']);
    expect(code).toBe(0);
    expect(words(stdout)).toEqual([
      'alpha | LOG : General f:0> one',
      'beta | WARN : Lua f:0> two',
      'alpha | ERROR: Lua f:0> three',
      'beta | hello',
      'alpha | LOG : Network f:0> User bob is trying to connect.',
    ]);
  });

  test('filters by category and player, and writes JSON Lines', async () => {
    const lua = await bed().run(['logs', 'alpha', 'beta', '--category', 'lua']);
    expect(words(lua.stdout)).toHaveLength(2);
    const bob = await bed().run(['logs', 'alpha', 'beta', '--player', 'bob', '--output', 'jsonl']);
    expect(JSON.parse(bob.stdout)).toMatchObject({ server: 'alpha', seq: 3, event: 'player', player: 'bob' });
  });

  test('needs to know which', async () => {
    expect(await bed().run(['logs'])).toMatchObject({ code: 2, stderr: expect.stringContaining('needs <server>') });
    expect(await bed().run(['logs', 'alpha', '--grep', '(oops'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--grep: Invalid regular expression'),
    });
  });
});

describe('zedops logs search', () => {
  test('shows what is found with its server, says where lines are gone, and which servers it could not search', async () => {
    const { code, stdout, stderr } = await bed().run(['logs', 'search', 'thing']);
    expect(stdout).toBe('alpha | 2026-11-21T18:00:02Z bad  thing\n');
    expect(stderr).toContain('── alpha: 6 lines are gone ──');
    expect(stderr).toContain('alpha: only the first 1 line;');
    expect(stderr).toContain('1 of 2 servers could not be searched: beta: box-2 is offline');
    expect(code).toBe(6);
  });

  test('asks for all servers where none is named, and for those that are', async () => {
    const asked = async (...args: string[]): Promise<unknown> => {
      const one = bed();
      await one.run(['logs', 'search', ...args]);
      return one.manager.asked.at(-1)?.data;
    };
    expect(await asked('x')).toMatchObject({ on: 'all', servers: [], pattern: 'x' });
    expect(await asked('x', 'alpha', '--player', 'bob')).toMatchObject({ servers: ['alpha'], player: 'bob' });
  });
});
