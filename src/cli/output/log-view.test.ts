import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { closeCodes } from '../../protocol/wire.ts';
import { createCliBed } from '../cli-bed.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'zedops-logs-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const texts = [
  'LOG  : General     , 1714824465202> 1,208,208,614> fine \u001b[2Jday',
  'WARN : General     , 1714824465202> 1,208,208,615> hmm',
  'ERROR: General     , 1714824465202> 1,208,208,616> broken',
  '\tat zombie.Broken.run(Broken.java:7)',
  'LOG  : General     , 1714824465202> 1,208,208,617> fine again',
  'steamcmd says hello',
];

const lines = {
  kind: 'lines',
  stream: 's',
  first: 11,
  count: texts.length,
  text: texts.map((text, index) => `2026-11-21T18:00:0${index}.000000000Z o ${text}`).join('\n'),
};
const gap = { kind: 'gap', stream: 's', through: 53, count: 37, reason: 'slow-reader' };

function bed() {
  return createCliBed(home, {
    'server.logs': ({ progress }) => {
      progress(lines);
      progress(gap);
      return {};
    },
  });
}

test('prints what the game wrote, without what a terminal would obey, and tells gaps on stderr', async () => {
  const { code, stdout, stderr } = await bed().run(['logs', 'alpha', '--quiet']);
  expect(code).toBe(0);
  expect(stdout.split('\n')).toEqual([texts[0]?.replace('\u001b[2J', ''), ...texts.slice(1), '']);
  expect(stderr).toBe('── 37 lines lost (they came faster than they were read) ──\n');
});

test('filters by level with the stack traces that belong to it, by pattern and by time', async () => {
  const level = await bed().run(['logs', 'alpha', '--level', 'warn']);
  expect(level.stdout.split('\n').slice(0, -1)).toEqual(texts.slice(1, 4));
  const grep = await bed().run(['logs', 'alpha', '--grep', '(?i)FINE']);
  expect(grep.stdout.split('\n')).toHaveLength(3);
  const until = await bed().run(['logs', 'alpha', '--until', '2026-11-21T18:00:01Z', '-t']);
  expect(until).toMatchObject({ code: 0 });
  expect(until.stdout.match(/^2026-11-21T18:00:0\d/gm)).toHaveLength(2);
});

test('--json gives one object a line, loses nothing, and marks gaps in place', async () => {
  const { stdout } = await bed().run(['logs', 'alpha', '--json']);
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((row): unknown => JSON.parse(row));
  const header = { level: 'LOG', category: 'General', message: 'fine \u001b[2Jday' };
  const time = '2026-11-21T18:00:00.000000000Z';
  expect(rows[0]).toEqual({ server: 'alpha', seq: 11, time, output: 'stdout', text: texts[0], ...header });
  expect(rows[2]).toMatchObject({ level: 'ERROR', event: 'error' });
  expect(rows[3]).toMatchObject({ seq: 14, level: 'ERROR', category: 'General', of: 13, text: texts[3] });
  expect(rows[5]).not.toHaveProperty('level');
  expect(rows.at(-1)).toEqual({ kind: 'gap', server: 'alpha', through: 53, count: 37, reason: 'slow-reader' });
  expect(stdout).not.toContain('\u001b');
});

test('asks for the last 200 lines unless told otherwise, and for a time as ISO', async () => {
  const asked = async (...args: string[]): Promise<unknown> => {
    const one = bed();
    await one.run(['logs', 'alpha', ...args]);
    return one.manager.asked[0]?.data;
  };
  expect(await asked()).toEqual({ server: 'alpha', follow: false, tail: 200 });
  expect(await asked('--tail', 'all', '-f')).toEqual({ server: 'alpha', follow: true });
  expect(await asked('--since', '10m')).toEqual({
    server: 'alpha',
    follow: false,
    since: expect.stringMatching(/^\d{4}-.*Z$/),
  });
});

test('a session that the manager ends for good ends the command with exit code 3', async () => {
  const one = createCliBed(home, {
    'server.logs': async ({ progress }) => {
      progress(lines);
      await new Promise(setImmediate);
      one.manager.cut(closeCodes.rejected, 'Access was taken away');
    },
  });
  expect(await one.run(['logs', 'alpha', '-f'])).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('Access was taken away'),
  });
});

test('filters a hundred thousand lines in well under the time they took to come', async () => {
  const batches = Array.from({ length: 200 }, (_, index) => ({
    kind: 'lines',
    stream: 's',
    first: index * 500 + 1,
    count: 500,
    text: Array.from({ length: 500 }, () => `2026-11-21T18:00:00.000000000Z o ${texts[1]}`).join('\n'),
  }));
  const one = createCliBed(home, {
    'server.logs': ({ progress }) => {
      for (const batch of batches) progress(batch);
      return {};
    },
  });
  const begun = performance.now();
  const { stdout } = await one.run(['logs', 'alpha', '--level', 'warn', '--grep', 'hmm']);
  expect(stdout.length).toBeGreaterThan(100_000 * 20);
  expect(performance.now() - begun).toBeLessThan(10_000);
});
