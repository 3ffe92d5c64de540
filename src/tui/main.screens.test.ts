import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { root } from '../../test/support/zedops.ts';
import type { FakeAnswer, FakeRequest } from '../client/fake-manager.ts';
import { metricsAnswers } from './metrics-bed.ts';
import { fleetAnswers, openTuiBed, someHost, someLog, someServer, type TuiBed, type TuiBedOptions } from './tui-bed.ts';

const servers = [
  someServer('alpha', { playersOnline: 12, tags: ['eu', 'pvp'] }),
  someServer('bravo', { state: 'crashed', detail: 'out of memory, starts again at 15:01', readySeconds: undefined }),
  someServer('charlie'),
  someServer('delta', {
    host: 'box-2',
    hostId: 'h2',
    state: 'unknown',
    detail: 'host offline',
    readySeconds: undefined,
    pending: true,
  }),
];
const hosts = [
  someHost('box-1'),
  someHost('box-2', { id: 'h2', connection: 'offline', facts: undefined, latencyMs: undefined, servers: 1 }),
];

const beds: TuiBed[] = [];
beforeEach(() => void vi.stubEnv('TZ', 'UTC'));
afterEach(async () => {
  for (const bed of beds.splice(0)) await bed.end();
  vi.unstubAllEnvs();
});

function open(options: Partial<TuiBedOptions> = {}, answers: Readonly<Record<string, FakeAnswer>> = {}): TuiBed {
  const bed = openTuiBed({
    columns: 100,
    rows: 30,
    answers: { ...fleetAnswers(servers, hosts), ...metricsAnswers(servers, hosts).answers, ...answers },
    ...options,
  });
  beds.push(bed);
  return bed;
}

const golden = (name: string): string => join(root, 'test/tui/golden', `${name}.txt`);

describe('frames', () => {
  test.each([60, 80, 120, 200])('of the fleet in %i columns', async (columns) => {
    const bed = open({ columns, rows: columns === 200 ? 50 : 24 });
    await bed.shows(/alpha/);
    await expect(await bed.settle()).toMatchFileSnapshot(golden(`fleet-${columns}`));
  });

  test.each([60, 80, 120, 200])('of a log in %i columns', async (columns) => {
    const log = someLog();
    const bed = open({ columns, rows: 24 }, { 'server.logs': log.answer });
    await bed.shows(/alpha/);
    bed.type('L');
    await bed.shows(/line 40/);
    log.say('WARN : Network f:0 st:1> schön, 日本語 and 🧟 zombies', 'ERROR: General f:0 st:2> it broke');
    await expect(await bed.settle()).toMatchFileSnapshot(golden(`log-${columns}`));
  });

  test('of help, a question, and the command lines', async () => {
    const bed = open({ columns: 80, rows: 24 });
    await bed.shows(/alpha/);
    bed.type('?');
    await bed.shows(/leads back/);
    await expect(await bed.settle()).toMatchFileSnapshot(golden('help-80'));
    bed.type('x');
    bed.type('S');
    await bed.shows(/Stop alpha/);
    await expect(await bed.settle()).toMatchFileSnapshot(golden('stop-80'));
    bed.type('n');
    bed.type('c');
    await bed.shows(/zedops server stop alpha/);
    await expect(await bed.settle()).toMatchFileSnapshot(golden('commands-80'));
  });

  test('of someone who knows no manager', async () => {
    const bed = open({ columns: 80, rows: 24, hasNoManager: true });
    await bed.shows(/three ways/);
    await expect(await bed.settle()).toMatchFileSnapshot(golden('welcome-80'));
    bed.type('1manager.example:8443\r');
    await expect(bed.outcome).resolves.toEqual({ exitCode: 0, next: ['login', 'https://manager.example:8443'] });
  });
});

describe('the terminal', () => {
  test('is never cleared, and given back as it was', async () => {
    const bed = open({}, { 'server.logs': someLog().answer });
    await bed.shows(/alpha/);
    expect(bed.isAlternate()).toBe(true);
    bed.type('L');
    await bed.shows(/line 40/);
    bed.resize(70, 25);
    await bed.settle();
    bed.resize(130, 40);
    await bed.shows(/Overview/);
    bed.signal('SIGTERM');
    await expect(bed.outcome).resolves.toEqual({ exitCode: 143 });
    await bed.settle();
    expect(bed.isAlternate()).toBe(false);
    expect(bed.bytes()).not.toMatch(/\u001b\[[23]?J/);
    expect(bed.bytes().endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
  });

  test('hears nothing while nothing changes', async () => {
    const bed = open();
    await bed.shows(/alpha/);
    await bed.settle();
    const before = bed.bytes().length;
    // Ages of minutes and more change once in a minute.
    for (let count = 0; count < 4; count += 1) await bed.settle();
    expect(bed.bytes().length - before).toBe(0);
  });

  test('that is too small is told so in one sentence', async () => {
    const bed = open({ columns: 50, rows: 30 });
    await bed.shows(/ZedOps needs 60×20 cells, this is 50×30/);
    bed.resize(60, 20);
    await bed.shows(/alpha/);
  });

  test('is given back while the program is suspended', async () => {
    const bed = open();
    await bed.shows(/alpha/);
    bed.type('\u001a');
    await bed.settle();
    expect(bed.isAlternate()).toBe(false);
    bed.signal('SIGCONT');
    await bed.shows(/alpha/);
    expect(bed.isAlternate()).toBe(true);
  });
});

describe('the fleet', () => {
  test('is filtered as one types, however fast', async () => {
    const bed = open();
    await bed.shows(/alpha/);
    bed.type('/box-2');
    const screen = await bed.shows(/filter: box-2/);
    expect(await bed.settle()).not.toMatch(/alpha\s+ready/);
    expect(screen).toContain('delta');
    bed.type('\u001b');
    await bed.shows(/alpha\s+ready/);
  });

  test('keeps the selected row when others come and go', async () => {
    let request: FakeRequest | undefined;
    const bed = open(
      {},
      {
        'fleet.watch'(incoming) {
          request = incoming;
          incoming.progress({ isFirst: true, isWhole: true, servers, hosts, goneServers: [], goneHosts: [] });
          return new Promise(() => undefined);
        },
        'server.show': () => new Promise(() => undefined),
      },
    );
    await bed.shows(/alpha/);
    bed.type('jjj');
    await bed.settle();
    const news = { isFirst: false, isWhole: true, hosts: [], goneHosts: [] };
    request?.progress({ ...news, servers: [someServer('aaron')], goneServers: ['id-alpha'] });
    await bed.shows(/aaron/);
    bed.type('\r');
    await bed.shows(/ZedOps {2}delta {2}unknown/);
  });

  test('asks before it stops, and says how it went', async () => {
    const bed = open(
      {},
      { 'server.stop': () => ({ state: 'stopped', saved: 'confirmed', ended: 'quit', seconds: 3 }) },
    );
    await bed.shows(/alpha/);
    bed.type('S');
    const screen = await bed.shows(/Stop alpha on box-1\?/);
    expect(screen).toContain('12 players are online');
    bed.type('n');
    await bed.settle();
    expect(bed.manager.asked.some(({ subject }) => subject === 'server.stop')).toBe(false);
    bed.type('Sy');
    await bed.shows(/alpha is stopped, its world saved/);
    expect(bed.manager.asked.find(({ subject }) => subject === 'server.stop')?.data).toMatchObject({
      server: 'id-alpha',
    });
  });

  test('does nothing that one may not do, and says why', async () => {
    const viewer = fleetAnswers(servers, hosts, [{ role: 'viewer', scope: { kind: 'global' } }]);
    const bed = open({}, viewer);
    await bed.shows(/alpha/);
    await bed.settle();
    bed.type('S');
    await bed.shows(/Stop alpha: needs the permission server:control on alpha/);
    bed.type('c');
    await bed.shows(/zedops server stop alpha {3}needs the permission server:control/);
  });

  test('changes nothing when opened to look only', async () => {
    const bed = open({ isReadOnly: true });
    const screen = await bed.shows(/alpha/);
    expect(screen).not.toContain('restart');
    bed.type('SsRK');
    expect(await bed.settle()).not.toContain('Stop alpha');
  });

  test('stays readable while the manager is away, and comes back by itself', async () => {
    const bed = open();
    await bed.shows(/alpha/);
    bed.manager.isDown = true;
    bed.manager.cut();
    const screen = await bed.shows(/The manager is away, trying again · shown: as it was \d+s ago/);
    expect(screen).toContain('alpha');
    bed.manager.isDown = false;
    await bed.shows(/● live/);
    expect(await bed.settle()).not.toContain('is away');
  });

  test('says why the manager refuses', async () => {
    const bed = open({ answers: {} });
    await bed.shows(/The manager refuses.*The fake has no answer/);
  });
});
