import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { root } from '../../test/support/zedops.ts';
import type { FakeAnswer } from '../client/fake-manager.ts';
import { ZedopsError } from '../protocol/errors.ts';
import type { Grant } from '../protocol/permissions.ts';
import { metricsAnswers } from './metrics-bed.ts';
import { tabs } from './screens/server/tabs.tsx';
import { bedTime, fleetAnswers, openTuiBed, someHost, someServer, type TuiBed, type TuiBedOptions } from './tui-bed.ts';

const code = `zj_${'a'.repeat(32)}.${'b'.repeat(43)}`;
const servers = [someServer('alpha', { playersOnline: 2 }), someServer('bravo', { pending: true })];
const hosts = [
  someHost('box-1', { tags: ['eu'], certificateExpiresAt: '2027-11-21T15:00:00.000Z', servers: 2 }),
  someHost('box-2', { id: 'h2', connection: 'invited', facts: undefined, latencyMs: undefined, servers: 0 }),
];
const at = (minutes: number): string => new Date(bedTime - minutes * 60_000).toISOString();
const person = (email: string, grants: readonly Grant[], invited = false) => ({
  id: email,
  email,
  grants,
  createdAt: at(9000),
  invited,
  ...(invited ? {} : { signedInAt: at(30) }),
});
const people = [
  person('kim@example.org', [{ role: 'admin', scope: { kind: 'global' } }]),
  person('ann@example.org', [{ role: 'operator', scope: { kind: 'server', id: 'id-alpha' } }], true),
];
const token = {
  id: 't1',
  name: 'cron',
  person: 'kim@example.org',
  permissions: ['server:read', 'server:control'],
  createdAt: at(9000),
  expiresAt: at(-90 * 1440),
};
const auditRow = (id: number, subject: string, outcome: string, more: object = {}) => ({
  id: `a${id}`,
  at: at(id),
  requestId: `r${id}`,
  actor: { kind: 'person', id: 'p1', name: 'kim@example.org' },
  subject,
  outcome,
  details: {},
  from: '192.0.2.7',
  ...more,
});
const details = {
  ...servers[1],
  revision: 4,
  template: 'steam-zomboid',
  env: { SERVER_NAME: 'bravo', ADMIN_PASSWORD: '<redacted>', SERVER_MAX_PLAYERS: '16' },
  secretKeys: ['ADMIN_PASSWORD'],
  limits: { memoryMb: 4096 },
  createdAt: at(9000),
};

const places: Readonly<Record<string, FakeAnswer>> = {
  'host.invite': () => ({ hostId: 'h3', name: 'box-3', code, expiresAt: at(-60) }),
  'host.revoke': () => ({ name: 'box-1', wasOnline: true }),
  'host.ping': () => ({ name: 'box-1', managerToHostMs: 12.34, hostToManagerMs: 11, clockSkewMs: 3 }),
  'host.list': () => ({ hosts }),
  'host.doctor': () => ({
    facts: hosts[0]?.facts,
    findings: [
      { check: 'engine', level: 'ok', message: 'docker 28.1.0' },
      { check: 'disk', level: 'fail', message: '2 GiB left of 100 GiB', fix: 'docker image prune' },
    ],
  }),
  'manager.doctor': () => ({ findings: [{ check: 'folder', level: 'ok', message: 'its owner’s alone' }] }),
  'user.list': () => ({ people }),
  'user.add': () => ({ person: people[1], code: code.replace('zj_', 'zo_'), expiresAt: at(-60) }),
  'user.remove': () => ({ email: 'ann@example.org', sessionsEnded: 1 }),
  'token.list': () => ({ tokens: [token] }),
  'token.create': () => ({ token, secret: `zt_${'c'.repeat(32)}.${'b'.repeat(43)}` }),
  'token.revoke': () => ({ token }),
  'audit.list': () => ({
    rows: [
      auditRow(1, 'server.stop', 'ok', { target: 'alpha', durationMs: 3204 }),
      auditRow(5, 'user.add', 'FORBIDDEN', { message: 'needs the permission people:manage' }),
      auditRow(9, 'server.start', 'begun', { target: 'bravo' }),
    ],
  }),
  'server.show': () => ({
    server: { ...details, waiting: [{ setting: 'SERVER_MAX_PLAYERS', before: '8', after: '16' }] },
  }),
  'server.diff': () => ({
    servers: [
      {
        id: 'id-bravo',
        name: 'bravo',
        host: 'box-1',
        known: true,
        differences: [{ what: 'revision', wanted: '4', found: '3', fix: 'zedops server rebuild bravo' }],
      },
    ],
  }),
};

const beds: TuiBed[] = [];
beforeEach(() => void vi.stubEnv('TZ', 'UTC'));
afterEach(async () => {
  for (const bed of beds.splice(0)) await bed.end();
  vi.unstubAllEnvs();
});

async function open(options: Partial<TuiBedOptions> = {}, grants?: readonly Grant[]): Promise<TuiBed> {
  const answers = {
    ...fleetAnswers(servers, hosts, grants),
    ...metricsAnswers(servers, hosts).answers,
    ...places,
    ...options.answers,
  };
  const bed = openTuiBed({ columns: 100, rows: 30, ...options, answers });
  beds.push(bed);
  await bed.shows(/alpha/);
  await bed.settle();
  return bed;
}

const golden = (name: string): string => join(root, 'test/tui/golden', `${name}.txt`);
const asked = (bed: TuiBed, subject: string): unknown[] =>
  bed.manager.asked.filter((request) => request.subject === subject).map(({ data }) => data);

describe('frames', () => {
  test.each([60, 80, 120, 200])(
    'of hosts, people, tokens, audit, doctor and settings in %i columns',
    async (columns) => {
      const bed = await open({ columns, rows: 24 });
      for (const [key, screen, sign] of [
        ['H', 'hosts', /2 hosts/],
        ['U', 'people', /ann@example.org/],
        ['T', 'tokens', /cron/],
        ['A', 'audit', /server\.stop/],
        ['D', 'doctor', /mend by/],
      ] as const) {
        bed.type(key);
        await bed.shows(sign);
        await expect(await bed.settle()).toMatchFileSnapshot(golden(`${screen}-${columns}`));
      }
      bed.type('\u001b');
      await bed.settle();
      for (let count = 0; count < 5; count += 1) bed.type('h');
      await bed.shows(/EVENTS/);
      bed.type('j\r');
      await bed.shows(/Overview/);
      bed.type(String(tabs.findIndex(({ id }) => id === 'config') + 1));
      await bed.shows(/zedops server rebuild bravo/);
      await expect(await bed.settle()).toMatchFileSnapshot(golden(`config-${columns}`));
    },
  );
});

describe('hosts', () => {
  test('an invitation is shown once, as a line a shell takes, with the time that is left', async () => {
    const bed = await open({ columns: 60 });
    bed.type('Hi');
    await bed.shows(/Invite a host/);
    bed.type('box 3\r');
    await bed.shows(/"box 3": a host name has/);
    bed.type('\u0015box-3\r');
    const screen = await bed.shows(/Run this on box-3: it works once/);
    const rows = screen.split('\n');
    const first = rows.findIndex((row) => row.startsWith('zedops agent join'));
    let line = '';
    for (const row of rows.slice(first)) {
      line += row.replace(/\\$/, '');
      if (!row.endsWith('\\')) break;
    }
    expect(line).toBe(`zedops agent join wss://manager.example:8443 --code ${code}`);
    expect(screen).toMatch(/for (1h|59:5\d) more/);
    bed.clock.advance(60_000);
    await bed.shows(/for 58:\d\d more/);
    bed.type('x');
    expect(await bed.settle()).toContain('it works once');
    bed.type('\r');
    expect(await bed.settle()).not.toContain('zj_');
    expect(asked(bed, 'host.invite')).toEqual([{ name: 'box-3' }]);
  });

  test('revoking asks first, and names what can then not be reached', async () => {
    const bed = await open();
    bed.type('Hx');
    const screen = await bed.shows(/Revoke box-1\?/);
    expect(screen).toContain('2 servers can then not be reached through ZedOps: alpha, bravo');
    expect(screen).toContain('zedops host revoke box-1 --yes');
    bed.type('n');
    await bed.settle();
    expect(asked(bed, 'host.revoke')).toEqual([]);
    bed.type('xy');
    await bed.shows(/box-1 is revoked; its connection was cut/);
  });

  test('a host with servers is not removed, and one that is away not pinged', async () => {
    const bed = await open();
    bed.type('HX');
    await bed.shows(/box-1 has 2 servers: move or purge them first/);
    bed.type('p');
    await bed.shows(/box-1: 12\.3 ms there and back/);
    bed.type('jp');
    await bed.shows(/Ping box-2: box-2 is invited/);
  });

  test('a viewer is told why they cannot, and one who only looks is offered nothing', async () => {
    const bed = await open({}, [{ role: 'viewer', scope: { kind: 'global' } }]);
    bed.type('Hi');
    await bed.shows(/Invite a host: needs the permission host:manage on the fleet/);
    bed.type('c');
    await bed.shows(/zedops host revoke box-1 --yes {3}needs the permission host:manage on box-1/);
    const looking = await open({ isReadOnly: true });
    looking.type('HxXi');
    const screen = await looking.settle();
    expect(screen).not.toMatch(/revoke|remove|Invite a host| invite /);
  });
});

describe('people and tokens', () => {
  test('someone is added with a role at a place, and gets their line once', async () => {
    const bed = await open();
    bed.type('Ua');
    await bed.shows(/Add a person/);
    bed.type('not an address\r\r\r');
    await bed.shows(/"not an address" is no e-mail address/);
    bed.type('\u0015ann@example.org\r\u001b[C\r\u001b[C\u001b[C\u001b[C');
    await bed.shows(/zedops user add ann@example.org --role operator --server alpha/);
    bed.type('\r');
    const screen = await bed.shows(/Give this line to ann@example.org: it works once/);
    expect(screen).toContain('zedops login https://manager.example:8443 --code zo_');
    expect(asked(bed, 'user.add')).toEqual([{ email: 'ann@example.org', role: 'operator', server: 'alpha' }]);
  });

  test('are not even asked for by someone who may not see them', async () => {
    const bed = await open({}, [{ role: 'operator', scope: { kind: 'global' } }]);
    bed.type('U');
    await bed.shows(/needs the permission people:manage on the fleet/);
    bed.type('A');
    await bed.shows(/needs the permission audit:read on the fleet/);
    expect([...asked(bed, 'user.list'), ...asked(bed, 'audit.list')]).toEqual([]);
  });

  test('a token with a permission there is none of is told what is near', async () => {
    const bed = await open();
    bed.type('Ta');
    await bed.shows(/Create an API token/);
    bed.type('cron\r\u0015server:reed\r\r');
    await bed.shows(/"server:reed" is no permission/);
    bed.type('\u0015server:read server:control\r\u001530d\r');
    await bed.shows(/The token cron, for ZEDOPS_TOKEN/);
    expect(asked(bed, 'token.create')).toEqual([
      { name: 'cron', permissions: ['server:read', 'server:control'], lifetimeSeconds: 30 * 86_400 },
    ]);
  });
});

describe('audit and doctor', () => {
  test('the audit is filtered by who, what and since when', async () => {
    const bed = await open();
    bed.type('Aw');
    await bed.shows(/Show what of the audit/);
    bed.type('kim@example.org\rserver\rlong ago\r');
    await bed.shows(/"long ago" is no length of time/);
    bed.type('\u00152h\r');
    await bed.shows(/only kim@example.org · server · 2h/);
    const last = asked(bed, 'audit.list').at(-1);
    expect(last).toMatchObject({ actor: 'kim@example.org', subject: 'server', limit: 100 });
  });

  test('what cannot be asked for is told, and asked for again', async () => {
    let isBroken = true;
    const bed = await open({
      answers: {
        'audit.list'() {
          if (isBroken)
            throw new ZedopsError('UNREACHABLE', 'The manager cannot be reached', { hint: 'zedops doctor' });
          return { rows: [auditRow(1, 'server.stop', 'ok')] };
        },
      },
    });
    bed.type('A');
    await bed.shows(/The manager cannot be reached · zedops doctor/);
    isBroken = false;
    bed.type('r');
    await bed.shows(/server\.stop/);
    expect(await bed.settle()).not.toContain('cannot be reached');
  });

  test('the fleet is examined, the worst first, with what mends it', async () => {
    const bed = await open();
    bed.type('D');
    const screen = await bed.shows(/1 to mend · 1 to look at/);
    expect(screen).toMatch(/fail\s+box-1[\s\S]*warn\s+box-2[\s\S]*mend by\s+docker image prune/);
  });
});
