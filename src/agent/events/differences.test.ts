import { expect, test } from 'vitest';
import type { ObservedServer } from '../../protocol/entities/server.ts';
import { eventsBetween, type Seen } from './differences.ts';

const at = '2026-01-01T00:00:00.000Z';
const later = '2026-01-01T00:00:42.000Z';
const container = { id: 'c1', name: 'zedops-alpha', image: 'x', status: 'running', startedAt: at } as const;
const activity = (subject: string, actor = 'ann') => ({ id: 'r1', subject, actor, step: 'x', since: at });

const now = (change: Partial<ObservedServer>): ObservedServer => ({
  id: 's1',
  name: 'alpha',
  at,
  revision: 1,
  data: 'present',
  ...change,
});

test.each<[string, Seen, Partial<ObservedServer>, string[]]>([
  ['nothing', { container, readyAt: at }, { container, readyAt: at }, []],
  ['a start by someone', {}, { container, activity: activity('server.start') }, ['started alpha was started']],
  [
    'a start by docker',
    { container: { ...container, startedAt: undefined } },
    { container },
    ['started alpha was started, and not by ZedOps'],
  ],
  [
    'a revival',
    { container },
    { container: { ...container, startedAt: later }, activity: activity('server.start', 'zedops') },
    ['started alpha was started again'],
  ],
  ['readiness', { container }, { container, readyAt: later }, ['ready alpha takes players, 42 s after its start']],
  [
    'a pause',
    { container },
    { container: { ...container, status: 'paused' } },
    ['paused alpha was paused, and not by ZedOps'],
  ],
  [
    'its end',
    { container: { ...container, status: 'paused' } },
    { container },
    ['resumed alpha goes on after a pause'],
  ],
  ['docker rm', { container }, {}, ['container-removed the container of alpha was removed, and not by ZedOps']],
  [
    'docker rm in the middle of a start',
    { container, activity: activity('server.start') },
    {},
    ['container-removed the container of alpha was removed, and not by ZedOps'],
  ],
  ['a deletion, over already', { container, activity: activity('server.delete') }, {}, []],
  [
    'docker rename',
    { container },
    { container: { ...container, name: 'beta' } },
    ['container-renamed the container zedops-alpha of alpha was renamed to beta, and not by ZedOps'],
  ],
  [
    'another container',
    { container },
    { container: { ...container, id: 'c2' } },
    ['container-replaced alpha has another container now, and not by ZedOps'],
  ],
  [
    'a stop',
    { container },
    {
      container: { ...container, status: 'exited' },
      lastExit: { at: later, exitCode: 0, oomKilled: false, expected: true },
    },
    ['stopped alpha stopped with exit code 0'],
  ],
  [
    'a crash, which is told elsewhere',
    { container },
    {
      container: { ...container, status: 'exited' },
      lastExit: { at: later, exitCode: 1, oomKilled: false, expected: false },
    },
    [],
  ],
])('%s', (_, before, change, expected) => {
  const events = eventsBetween(before, now(change));
  expect(events.map(({ kind, text }) => `${kind} ${text}`)).toEqual(expected);
  for (const event of events) expect(event.serverId).toBe('s1');
});
