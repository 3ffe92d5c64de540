import { expect, test } from 'vitest';
import { type ObservedServer, ServerState } from './entities/server.ts';
import { type DerivedState, deriveState, type StateEvidence } from './server-state.ts';

const at = '2026-01-01T00:00:00.000Z';
const look: ObservedServer = { id: 's1', name: 'alpha', at, revision: 1 };
const container = (status: NonNullable<ObservedServer['container']>['status']): ObservedServer['container'] => ({
  id: 'c1',
  name: 'simulator-alpha',
  image: 'simulator',
  status,
});
const doing = (subject: string, step = 'at it', percent?: number): ObservedServer['activity'] => ({
  id: 'r1',
  subject,
  actor: 'local',
  step,
  since: at,
  ...(percent === undefined ? {} : { percent }),
});
const on = { power: 'on', deleted: false } as const;
const off = { power: 'off', deleted: false } as const;
const gone = { power: 'off', deleted: true } as const;
const crash = { at, exitCode: 1, oomKilled: false, expected: false };
const failure = { subject: 'server.start', message: 'port 16261 is taken', at };

test.each<[string, StateEvidence['desired'], Partial<ObservedServer> | undefined, DerivedState]>([
  ['nothing heard yet', on, undefined, { state: 'unknown', detail: 'no word yet' }],
  ['not looked at yet', on, {}, { state: 'unknown', detail: 'its host has not looked yet' }],
  ['no container, world there', on, { data: 'present' }, { state: 'missing', detail: expect.any(String) }],
  ['no container, no world', on, { data: 'missing' }, { state: 'lost', detail: 'neither container nor world' }],
  ['no container after a failed start', on, { data: 'missing', failure }, { state: 'failed', detail: failure.message }],
  [
    'a stop that waits for its players',
    off,
    {
      container: container('running'),
      readyAt: at,
      activity: {
        id: 'r1',
        subject: 'server.stop',
        actor: 'local',
        step: 'stop in 5 minutes',
        since: at,
        waiting: true,
      },
    },
    { state: 'ready', detail: 'stop in 5 minutes' },
  ],
  [
    'two containers for one server',
    on,
    { container: container('running'), readyAt: at, conflict: ['copy', 'simulator-alpha'] },
    { state: 'failed', detail: '2 containers say they are this server: copy, simulator-alpha; none is touched' },
  ],
  ['made, never started', off, { container: container('created') }, { state: 'stopped' }],
  [
    'made anew by someone, after one that crashed',
    on,
    { container: container('created'), lastExit: crash },
    { state: 'stopped' },
  ],
  [
    'running, world loading',
    on,
    { container: container('running'), phase: 'loading world' },
    { state: 'starting', detail: 'loading world' },
  ],
  ['running, nothing known', on, { container: container('running') }, { state: 'starting' }],
  ['takes players', on, { container: container('running'), readyAt: at }, { state: 'ready' }],
  ['takes players though it should be off', off, { container: container('running'), readyAt: at }, { state: 'ready' }],
  ['paused by hand', on, { container: container('paused'), readyAt: at }, { state: 'paused' }],
  ['restarted by the engine', on, { container: container('restarting') }, { state: 'restarting' }],
  [
    'ended as meant',
    off,
    { container: container('exited'), lastExit: { ...crash, expected: true } },
    { state: 'stopped' },
  ],
  [
    'ended by itself',
    on,
    { container: container('exited'), lastExit: crash },
    { state: 'crashed', detail: 'exit code 1' },
  ],
  [
    'ended, nobody knows how',
    on,
    { container: container('dead'), lastExit: { at, oomKilled: false, expected: false } },
    { state: 'crashed', detail: 'exit code unknown' },
  ],
  [
    'a crash that was looked into',
    on,
    {
      container: container('exited'),
      lastExit: { ...crash, crash: { id: 'c1', class: 'port-taken', reason: 'another program has a port' } },
      breaker: { since: at, crashes: 5, minutes: 12 },
    },
    {
      state: 'crashed',
      detail: 'another program has a port; gave up after 5 crashes in 12 min: zedops start alpha',
    },
  ],
  [
    'out of memory, starts again',
    on,
    { container: container('exited'), lastExit: { ...crash, oomKilled: true }, restartAt: at },
    { state: 'crashed', detail: `out of memory, starts again at ${at}` },
  ],
  ['could not start', on, { container: container('exited'), failure }, { state: 'failed', detail: failure.message }],
  ['failed once, is meant to be off', off, { container: container('exited'), failure }, { state: 'stopped' }],
  ['being created', on, { activity: doing('server.create') }, { state: 'creating', detail: 'at it' }],
  [
    'being pulled',
    on,
    { activity: doing('server.create', 'pulling image', 41.6) },
    { state: 'pulling', detail: 'pulling image 42 %' },
  ],
  [
    'being started',
    on,
    { container: container('created'), activity: doing('server.start') },
    { state: 'starting', detail: 'at it' },
  ],
  [
    'being stopped',
    off,
    { container: container('running'), readyAt: at, activity: doing('server.stop') },
    { state: 'stopping', detail: 'at it' },
  ],
  [
    'being killed',
    off,
    { container: container('running'), activity: doing('server.kill') },
    { state: 'stopping', detail: 'at it' },
  ],
  [
    'being deleted',
    gone,
    { container: container('running'), activity: doing('server.delete') },
    { state: 'stopping', detail: 'at it' },
  ],
  [
    'being restarted',
    on,
    { container: container('exited'), activity: doing('server.restart') },
    { state: 'restarting', detail: 'at it' },
  ],
  [
    'busy with what changes no state',
    on,
    { container: container('running'), readyAt: at, activity: doing('server.export') },
    { state: 'ready' },
  ],
  ['deleted', gone, { data: 'present' }, { state: 'deleted' }],
  [
    'deleted, and its container is there all the same',
    gone,
    { container: container('exited'), data: 'present' },
    { state: 'deleted', detail: 'its container is still there' },
  ],
  ['deleted, and nothing is left of it', gone, { data: 'missing' }, { state: 'deleted', detail: 'no world is there' }],
  [
    'deleted, on a host that cannot look',
    gone,
    { data: 'missing', blind: 'Docker does not answer' },
    { state: 'deleted' },
  ],
  ['being purged', gone, { data: 'present', activity: doing('server.purge') }, { state: 'deleted', detail: 'at it' }],
  [
    'being restored',
    off,
    { data: 'present', activity: doing('server.restore') },
    { state: 'creating', detail: 'at it' },
  ],
  ['deleted and never heard of', gone, undefined, { state: 'deleted' }],
  [
    'the agent cannot look',
    on,
    { blind: 'Docker does not answer', container: container('running'), readyAt: at },
    { state: 'unknown', detail: 'Docker does not answer' },
  ],
])('%s', (_, desired, observed, expected) => {
  const seen = observed === undefined ? undefined : { ...look, ...observed };
  expect(deriveState({ desired, observed: seen, hostOnline: true })).toEqual(expected);
});

/** Every combination of evidence there is, as far as the state may depend on it. */
function* everyEvidence(): Generator<StateEvidence> {
  const statuses = ['created', 'running', 'paused', 'restarting', 'exited', 'dead'] as const;
  const subjects = ['create', 'start', 'stop', 'restart', 'kill', 'delete', 'restore', 'purge', 'export'].map(
    (verb) => `server.${verb}`,
  );
  const observations = [
    [{}, ...statuses.map((status) => ({ container: container(status) }))],
    [{}, { data: 'present' as const }, { data: 'missing' as const }],
    [{}, { readyAt: at }],
    [{}, { phase: 'loading' }],
    [{}, ...subjects.map((subject) => ({ activity: doing(subject) })), { activity: doing('server.create', 'pulling') }],
    [{}, { lastExit: crash }, { lastExit: { ...crash, expected: true } }],
    [{}, { failure }],
    [{}, { blind: 'no engine' }],
  ].reduce<Partial<ObservedServer>[]>(
    (all, some) => all.flatMap((one) => some.map((more) => ({ ...one, ...more }))),
    [{}],
  );
  for (const hostOnline of [true, false]) {
    for (const desired of [on, off, gone, { power: 'on', deleted: true } as const]) {
      yield { desired, observed: undefined, hostOnline };
      for (const observed of observations) yield { desired, observed: { ...look, ...observed }, hostOnline };
    }
  }
}

test('over every combination: each state is reached, and none is claimed without its evidence', () => {
  const reached = new Set<ServerState>();
  const wrong: unknown[] = [];
  for (const evidence of everyEvidence()) {
    const { desired, observed, hostOnline } = evidence;
    const { state } = deriveState(evidence);
    reached.add(state);
    const isDeleted = desired.deleted && observed?.activity === undefined;
    const mustBe = isDeleted ? 'deleted' : !hostOnline || observed?.blind !== undefined ? 'unknown' : undefined;
    const right =
      (mustBe === undefined || state === mustBe) &&
      (state !== 'ready' || (observed?.container?.status === 'running' && observed.readyAt !== undefined)) &&
      (state !== 'crashed' || observed?.lastExit?.expected === false) &&
      (state !== 'failed' || observed?.failure !== undefined) &&
      (state !== 'stopped' || (observed?.container !== undefined && observed.container.status !== 'running')) &&
      (state !== 'lost' || (observed?.container === undefined && observed?.data === 'missing'));
    if (!right) wrong.push({ evidence, state });
  }
  expect(wrong.slice(0, 3)).toEqual([]);
  expect([...reached].sort()).toEqual([...ServerState.options].sort());
});
