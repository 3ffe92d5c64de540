import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ZedopsError } from '../protocol/errors.ts';
import { operations } from '../protocol/operations/index.ts';
import { createCliBed } from './cli-bed.ts';
import { allHelpPages, describeCommands } from './grammar/help.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'zedops-cli-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const summary = {
  id: 's1',
  name: 'alpha',
  host: 'box-1',
  state: 'ready',
  image: 'ghcr.io/x/y:1',
  ports: [{ name: 'game', port: 16261, protocol: 'udp' }],
  readySeconds: 3_700,
  pending: false,
};
const stopReport = { state: 'stopped', saved: 'confirmed', ended: 'quit', seconds: 4.2 };

describe('words and flags', () => {
  test.each([
    [['servr', 'list'], /"zedops servr" is not a command; did you mean "server"\?/],
    [['server', 'lst'], /did you mean "list"\?/],
    [['server', 'list', '--hots', 'x'], /no option --hots; did you mean "--host"\?/],
    [['server', 'stop'], /needs <server>/],
    [['server', 'stop', 'a1', 'b2'], /too many arguments/],
    [['logs', 'alpha', '--level', 'wran'], /"wran" is none of .*did you mean "warn"\?/],
    [['logs', 'alpha', '--since', 'yesterday'], /--since: "yesterday" is not a point in time/],
    [['logs', 'alpha', '--grep', '('], /--grep: /],
    [['logs', 'alpha', '--tail', 'many'], /--tail: "many"/],
    [['audit', '--limit', 'abc'], /--limit: "abc" is not a number/],
    [['audit', '--limit', '0'], /--limit: /],
    [['audit', '--limit'], /option --limit .*needs a value/],
    [['server', 'list', '--setting', 'nonsense'], /not name=value/],
    [['settings', '--setting', 'manager.listn=:1'], /did you mean "manager.listen"/],
    [['user', 'add', 'x@example.org'], /needs --role/],
  ])('%j is wrong usage and says why', async (argv, says) => {
    const { code, stdout, stderr } = await createCliBed(home, {}).run(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says);
    expect(stderr).toMatch(/^error: /);
  });

  test('options of every command may stand anywhere, and short forms are the same command', async () => {
    const bed = createCliBed(home, { 'server.list': () => ({ servers: [summary] }) });
    const outcomes = await Promise.all([
      bed.run(['server', 'list', '--json', '--host', 'box-1']),
      bed.run(['--json', 'server', 'list', '--host=box-1']),
      bed.run(['server', '--json', 'list', '--host', 'box-1']),
      bed.run(['ps', '--host', 'box-1', '--json']),
    ]);
    expect(new Set(outcomes.map(({ stdout }) => stdout)).size).toBe(1);
    expect(JSON.parse(outcomes[0]?.stdout ?? '')).toEqual({ servers: [summary] });
    expect(bed.manager.asked.every(({ data }) => JSON.stringify(data) === '{"host":"box-1","deleted":false}')).toBe(
      true,
    );
  });

  test('a group without a verb shows its help on stderr and fails; asked for, it is a result', async () => {
    const bed = createCliBed(home, {});
    expect(await bed.run(['server'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('server create'),
    });
    expect(await bed.run(['server', '--help'])).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('server create'),
    });
    expect(await bed.run(['help', 'server', 'stop'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('zedops stop [server]'),
    });
    expect(await bed.run(['stop', '--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('--detach') });
    expect(await bed.run(['manager', '--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('manager init'),
    });
  });

  test('every command has a help page with an example and exit codes, and names an operation that exists', async () => {
    const subjects = new Set(operations.map(({ subject }) => subject));
    const pages = await allHelpPages();
    for (const { name, examples, subject, summary: sentence, options } of await describeCommands()) {
      expect(examples.length, name).toBeGreaterThan(0);
      expect(sentence, name).not.toMatch(/\.$/);
      expect(pages.get(name), name).toMatch(/Examples:[\s\S]*Exit codes:/);
      expect(
        options.filter(({ help }) => help === '').map(({ usage }) => usage),
        name,
      ).toEqual([]);
      if (subject !== undefined) expect(subjects.has(subject), name).toBe(true);
    }
  });

  test('every operation people may ask for has a command', async () => {
    const faces = new Set((await describeCommands()).map(({ subject }) => subject));
    const others = ['host.join', 'host.doctor', 'manager.doctor', 'session.start'];
    // Asked by commands that are named after another operation.
    others.push(
      'server.items',
      'host.unmanaged',
      'server.adopt-plan',
      'server.plan',
      'server.relocate',
      'player.find',
      'player.whitelist-remove',
      'server.take-back',
      'server.forget',
    );
    const missing = operations.filter(
      ({ audience, subject }) => audience === 'people' && !faces.has(subject) && !others.includes(subject),
    );
    expect(missing.map(({ subject }) => subject)).toEqual([]);
  });
});

describe('answers', () => {
  test('a list is a table, and what came from outside cannot reach the terminal', async () => {
    const evil = { ...summary, state: 'failed', detail: 'no \u001b[31mred\u001b[0m \u202ehere' };
    const { stdout, code } = await createCliBed(home, { 'server.list': () => ({ servers: [summary, evil] }) }).run([
      'ps',
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain('NAME   HOST   STATE');
    expect(stdout).toMatch(/alpha {2}box-1 {2}ready +ghcr\.io\/x\/y:1 {2}16261\/udp {2}1 h 1 min/);
    expect(stdout).toContain('failed (no red here)');
  });

  test('an error from outside is stripped too, carries its hint and its exit code, and is JSON with --json', async () => {
    const bed = createCliBed(home, {
      'server.show': () => {
        throw new ZedopsError('NOT_FOUND', 'There is no server "\u001b]0;owned\u0007alhpa"', {
          hint: 'zedops server list',
        });
      },
    });
    const plain = await bed.run(['server', 'show', 'alhpa']);
    expect(plain).toEqual({
      code: 4,
      stdout: '',
      stderr: 'error: There is no server "alhpa"\nhint: zedops server list\n',
    });
    const json = await bed.run(['server', 'show', 'alhpa', '--json']);
    expect(json.stdout).toBe('');
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'NOT_FOUND', hint: 'zedops server list' } });
  });

  test('a stop tells its steps on stderr and ends with one sentence', async () => {
    const bed = createCliBed(home, {
      'server.stop': ({ progress }) => {
        progress({ step: 'saving' });
        progress({ step: 'saving', percent: 50 });
        progress({ step: 'quitting' });
        return stopReport;
      },
    });
    expect(await bed.run(['stop', 'alpha'])).toEqual({
      code: 0,
      stdout: 'alpha stopped: saved (confirmed), in 4.2 s in all\n',
      stderr: '… saving\n… quitting\n',
    });
    expect(await bed.run(['stop', 'alpha', '--quiet'])).toEqual({ code: 0, stdout: '', stderr: '' });
    const json = await bed.run(['stop', 'alpha', '--json']);
    expect({ ...json, stdout: JSON.parse(json.stdout) }).toEqual({ code: 0, stdout: stopReport, stderr: '' });
  });

  test('--detach prints the job’s id once it has begun; Ctrl-C says how to come back', async () => {
    const interrupted = new AbortController();
    const bed = createCliBed(home, {
      'server.start': async ({ progress, signal }) => {
        progress({ step: 'starting' });
        setImmediate(() => interrupted.abort(new ZedopsError('CANCELLED', 'Interrupted')));
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    });
    const detached = await bed.run(['start', 'alpha', '--detach']);
    expect(detached).toMatchObject({ code: 0, stdout: `${bed.manager.asked[0]?.id}\n` });
    const cut = await bed.run(['start', 'alpha'], { signal: interrupted.signal });
    expect(cut.code).toBe(130);
    const again = createCliBed(home, {
      'server.start': async ({ progress, signal }) => {
        progress({ step: 'starting' });
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    });
    const later = new AbortController();
    const waiting = again.run(['start', 'alpha'], { signal: later.signal });
    while (again.manager.asked.length === 0) await new Promise(setImmediate);
    await new Promise(setImmediate);
    later.abort(new ZedopsError('CANCELLED', 'Interrupted'));
    expect(await waiting).toMatchObject({
      code: 130,
      stderr: expect.stringContaining(`zedops job watch ${again.manager.asked[0]?.id}`),
    });
  });

  test('something that cannot be undone asks on a terminal, and without one wants --yes', async () => {
    const bed = createCliBed(home, { 'server.kill': () => ({ state: 'stopped', wasRunning: true }) });
    expect(await bed.run(['server', 'kill', 'alpha'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--yes'),
    });
    expect(await bed.run(['server', 'kill', 'alpha'], { isTty: true, input: 'n\n' })).toMatchObject({ code: 130 });
    expect(bed.manager.asked).toEqual([]);
    expect(await bed.run(['server', 'kill', 'alpha'], { isTty: true, input: 'y\n' })).toMatchObject({ code: 0 });
    expect((await bed.run(['server', 'kill', 'alpha', '--yes'])).stdout).toBe(
      'alpha was killed, without a save; it is stopped\n',
    );
  });

  test('show prints secrets as set, whatever the manager says', async () => {
    const server = {
      ...summary,
      hostId: 'h1',
      power: 'on',
      revision: 1,
      template: 'simulator',
      env: { SERVER_NAME: 'alpha', ADMIN_PASSWORD: 'hunter2hunter2' },
      secretKeys: ['ADMIN_PASSWORD'],
      limits: {},
      folder: '/srv/zedops/alpha',
      createdAt: '2026-11-21T18:00:00.000Z',
    };
    const { stdout } = await createCliBed(home, { 'server.show': () => ({ server }) }).run(['server', 'show', 'alpha']);
    expect(stdout).toMatch(/ADMIN_PASSWORD\s+set/);
    expect(stdout).toMatch(/folder\s+\/srv\/zedops\/alpha\n/);
    expect(stdout).not.toContain('hunter2');
  });

  test('doctor lists findings with what mends them, and exits 10 when something fails', async () => {
    const bed = createCliBed(home, {
      'manager.doctor': () => ({ findings: [{ check: 'disk', level: 'fail', message: 'full', fix: 'free some' }] }),
      'host.list': () => ({ hosts: [{ id: 'h', name: 'box-1', connection: 'offline', servers: 0 }] }),
    });
    const { code, stdout } = await bed.run(['doctor']);
    expect(code).toBe(10);
    expect(stdout).toMatch(/fail +manager +disk +full\n +→ free some/);
    expect(stdout).toMatch(/fail +box-1 +agent +offline/);
  });

  test('host invite prints the line to run and nothing else on stdout', async () => {
    const code = `zj_${'a'.repeat(32)}.${'b'.repeat(43)}`;
    const bed = createCliBed(home, {
      'host.invite': () => ({ hostId: 'h', name: 'box-1', code, expiresAt: '2026-11-21T18:00:00.000Z' }),
    });
    const { stdout } = await bed.run(['host', 'invite', 'box-1']);
    expect(stdout).toBe(`zedops agent join wss://manager.example:8443 --code ${code}\n`);
    const set = await bed.run(['host', 'invite', 'box-1'], { env: { ZEDOPS_MANAGER_URL: 'wss://elsewhere:1' } });
    expect(set.stdout).toContain('wss://elsewhere:1');
  });
});
