import { expect, test } from 'vitest';
import type { Difference } from '../../protocol/entities/difference.ts';
import type { ObservedContainer, ObservedServer } from '../../protocol/entities/server.ts';
import { differencesOf, type Wanted } from './differences.ts';

const at = '2026-01-01T00:00:00.000Z';
const wanted: Wanted = {
  name: 'alpha',
  hostName: 'box-1',
  revision: 3,
  power: 'on',
  image: { template: 'simulator', reference: 'simulator:2', pull: 'missing' },
  game: {
    worldName: 'alpha',
    ports: [{ name: 'game', port: 16_261, protocol: 'udp' }],
    volumes: [{ folder: 'data', path: '/data' }],
    stopSeconds: 60,
  },
  deletedAt: undefined,
};
const container: ObservedContainer = {
  id: 'c1',
  name: 'simulator-alpha',
  image: 'simulator:2',
  status: 'running',
  ports: [
    { port: 16_261, protocol: 'udp' },
    { port: 27_015, protocol: 'tcp' },
  ],
};
const good: ObservedServer = { id: 's1', name: 'alpha', at, revision: 3, container };
const lock = { id: 'r1', subject: 'server.start', actor: 'ann@example.org', since: at };

test.each<[string, Partial<Wanted>, Partial<ObservedServer> | undefined, readonly Difference['what'][]]>([
  ['nothing', {}, {}, []],
  ['off, and it runs', { power: 'off' }, {}, ['power']],
  ['off, and it is paused', { power: 'off' }, { container: { ...container, status: 'paused' } }, ['power']],
  ['off, and it has exited', { power: 'off' }, { container: { ...container, status: 'exited' } }, []],
  ['on, and it is paused', {}, { container: { ...container, status: 'paused' } }, ['power']],
  ['on, and it has exited', {}, { container: { ...container, status: 'exited' } }, ['power']],
  ['on, and the host is at it', {}, { container: { ...container, status: 'exited' }, lock }, []],
  ['another image', {}, { container: { ...container, image: 'simulator:1' } }, ['image']],
  ['another port', {}, { container: { ...container, ports: [{ port: 16_263, protocol: 'udp' }] } }, ['ports']],
  ['ports nobody tells', {}, { container: { ...container, ports: undefined } }, []],
  ['no container', {}, { container: undefined }, ['container']],
  ['two of them', {}, { conflict: ['copy', 'simulator-alpha'] }, ['containers']],
  ['a revision the host does not have', {}, { revision: 2 }, ['revision']],
  ['a host that has never heard of it', {}, undefined, ['revision']],
  ['an engine that does not answer', {}, { blind: 'Docker does not answer' }, ['host']],
  ['deleted, and it is still there', { deletedAt: 1, power: 'off' }, {}, ['container']],
  ['deleted, and it is gone', { deletedAt: 1, power: 'off' }, { container: undefined }, []],
])('differs: %s', (_, change, seen, expected) => {
  const observed = seen && { ...good, ...seen };
  expect(differencesOf({ ...wanted, ...change }, observed, true).map(({ what }) => what)).toEqual(expected);
});

test('while its host is away a server differs, and what it was not told of yet is said', () => {
  expect(differencesOf(wanted, { ...good, revision: 2 }, false).map(({ what }) => what)).toEqual(['host', 'revision']);
});

test.each<[string, Partial<Wanted>, Partial<ObservedServer> | undefined, string]>([
  ['off, and it runs', { power: 'off' }, {}, 'zedops server stop alpha'],
  ['on, and it has exited', {}, { container: { ...container, status: 'exited' } }, 'zedops server start alpha'],
  ['paused', {}, { container: { ...container, status: 'paused' } }, 'docker unpause simulator-alpha on box-1'],
  [
    'paused, and it is to be off',
    { power: 'off' },
    { container: { ...container, status: 'paused' } },
    'docker unpause simulator-alpha on box-1, then: zedops server stop alpha',
  ],
  ['another image', {}, { container: { ...container, image: 'simulator:1' } }, 'zedops server rebuild alpha'],
  ['no container', {}, { container: undefined }, 'zedops server start alpha'],
  ['two of them', {}, { conflict: ['copy', 'simulator-alpha'] }, 'then: zedops sync alpha'],
  ['a revision the host does not have', {}, { revision: 2 }, 'zedops sync alpha'],
  ['an engine that does not answer', {}, { blind: 'Docker does not answer' }, 'zedops doctor box-1'],
  [
    'deleted, and still there',
    { deletedAt: 1, power: 'off' },
    {},
    'zedops server restore alpha, then: zedops server delete',
  ],
])('says what mends it: %s', (_, change, seen, fix) => {
  const [difference] = differencesOf({ ...wanted, ...change }, seen && { ...good, ...seen }, true);
  expect(difference?.fix).toContain(fix);
});

test('every difference says what mends it', () => {
  const strayed: ObservedContainer = {
    ...container,
    ...{ status: 'exited', image: 'x:1', ports: [{ port: 1, protocol: 'udp' }] },
  };
  for (const isCurrent of [true, false]) {
    const all = differencesOf(wanted, { ...good, revision: 1, conflict: ['a', 'b'], container: strayed }, isCurrent);
    expect(all.filter(({ fix }) => fix === undefined)).toEqual([]);
    expect(all.length).toBe(isCurrent ? 5 : 2);
  }
});
