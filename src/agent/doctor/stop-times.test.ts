import { expect, test } from 'vitest';
import type { StopReport } from '../../protocol/entities/server.ts';
import { testServer } from '../servers/server-bed.ts';
import { examineStopTime } from './stop-times.ts';

const server = testServer({ game: { ...testServer().game, stopSeconds: 100 } });
const good: StopReport = { state: 'stopped', saved: 'confirmed', ended: 'quit', seconds: 20 };
const done = (reply: unknown) => ({ serverId: 's1', state: 'done' as const, reply });
const template = (seconds: number): string =>
  `set stopSeconds: ${seconds} in the image template simulator on the manager, then: zedops server edit alpha`;

test.each<[string, readonly StopReport[], number | undefined, object | undefined]>([
  ['nothing was stopped yet', [], 100, undefined],
  [
    'time enough',
    [{ ...good, saveSeconds: 12.2 }],
    100,
    { level: 'ok', message: expect.stringContaining('13 s of 100 s') },
  ],
  ['nothing was measured', [{ ...good, saved: 'answered' }], 100, undefined],
  [
    'a save that once took longer than a stop waits now',
    [
      { ...good, saveSeconds: 10 },
      { ...good, saveSeconds: 130 },
    ],
    100,
    { level: 'fail', fix: template(300) },
  ],
  ['an exit that takes most of the time', [{ ...good, quitSeconds: 90 }], 100, { level: 'warn', fix: template(180) }],
  ['a last stop without an end of the save', [{ ...good, saved: 'no' }], 100, { level: 'warn', fix: template(240) }],
  ['a last stop that took a signal', [{ ...good, ended: 'kill' }], 100, { level: 'warn' }],
  ['an RCON that did not answer', [{ ...good, saved: 'not-asked', ended: 'signal' }], 100, undefined],
  [
    'a container made with less',
    [{ ...good, saveSeconds: 40 }],
    10,
    { level: 'fail', message: expect.stringContaining('kills the game 10 s'), fix: 'zedops server rebuild alpha' },
  ],
  ['an engine that does not say', [{ ...good, saveSeconds: 40 }], undefined, { level: 'ok' }],
])('%s', (_, reports, stopSeconds, expected) => {
  const container = stopSeconds === undefined ? {} : { stopSeconds };
  const found = examineStopTime({ server, jobs: reports.map(done), container });
  expect(found).toEqual(
    expected === undefined ? [] : [expect.objectContaining({ check: 'stop of alpha', ...expected })],
  );
});

test('measures in every job that stops, and in those of this server that ended well', () => {
  const slow = { ...good, saveSeconds: 130 };
  const others = [
    { ...done(slow), serverId: 's2' },
    { ...done(slow), state: 'failed' as const },
    done({ state: 'ready', readyAt: '2026-01-01T00:00:00.000Z' }),
  ];
  expect(examineStopTime({ server, jobs: others, container: undefined })).toEqual([]);
  const restart = done({ stop: slow, state: 'ready' });
  expect(examineStopTime({ server, jobs: [...others, restart], container: undefined })).toMatchObject([
    { level: 'fail' },
  ]);
});
