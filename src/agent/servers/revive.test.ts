import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFakeClock, type FakeClock } from '../../platform/fake-clock.ts';
import { silentLog } from '../../platform/log.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { NewEvent } from '../events/journal.ts';
import { createExclusive } from './exclusive.ts';
import { type Hold, holdServers, openHold } from './hold.ts';
import { createLocks } from './locks.ts';
import { createObserver, type Observer } from './observer.ts';
import { openRevivals, type Revivals } from './revivals.ts';
import { reviveServers } from './revive.ts';
import { testServer } from './server-bed.ts';

const server = testServer();

let folder: string;
let clock: FakeClock;
let observer: Observer;
let revivals: Revivals;
let events: NewEvent[];
let starts: number;
let ending: AbortController;
let desired: DesiredServer;
let refuse: Error | undefined;
let hold: Hold;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
const now = (): string => new Date(clock.now()).toISOString();
const kinds = (): string[] => events.map(({ kind }) => kind);

/** Shows a run that has just begun. */
function begin(): void {
  clock.advance(1);
  const container = { id: 'c', name: 'alpha', image: 'x', status: 'running', startedAt: now() } as const;
  observer.note(server, { container, readyAt: undefined });
}

/** Shows the end of the present run, after `readyMs` in which players could come in. */
async function crash(readyMs: number | undefined): Promise<void> {
  await turn();
  if (readyMs !== undefined) observer.note(server, { readyAt: now() });
  await turn();
  clock.advance(readyMs ?? 1);
  const container = observer.find('s1')?.container;
  if (!container) throw new Error('there is no run');
  observer.note(server, {
    container: { ...container, status: 'exited', exitCode: 1 },
    readyAt: undefined,
    lastExit: { at: now(), exitCode: 1, oomKilled: false, expected: false },
  });
  await turn();
}

/** Starts an agent's reviving over what is on disk. */
async function agent(): Promise<void> {
  ending = new AbortController();
  revivals = await openRevivals(folder, silentLog);
  reviveServers({
    registry: {
      forget: async () => undefined,
      accept: async (one) => one,
      get: () => desired,
      find: () => desired,
      all: () => [desired],
    },
    observer,
    hold,
    lifecycle: {
      async start() {
        starts += 1;
        if (refuse) throw refuse;
        begin();
        return { state: 'ready', readyAt: now() };
      },
    },
    runExclusive: createExclusive({ locks: createLocks(clock), observer, clock }),
    revivals,
    crashes: { settled: async () => undefined },
    tell: (event) => events.push(event),
    clock,
    log: silentLog,
    signal: ending.signal,
  });
}

/** Waits for as long as the plan says. */
async function wait(): Promise<number> {
  const at = observer.find('s1')?.restartAt;
  if (at === undefined) throw new Error('nothing is planned');
  const ms = Date.parse(at) - clock.now();
  clock.advance(ms);
  await turn();
  return ms / 1000;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zedops-revive-'));
  clock = createFakeClock(Date.UTC(2026, 0, 1));
  observer = createObserver(clock);
  events = [];
  starts = 0;
  desired = server;
  refuse = undefined;
  hold = await openHold(folder, [], silentLog);
  await agent();
  begin();
});
afterEach(async () => {
  ending.abort();
  await revivals.flushed();
  await rm(folder, { recursive: true, force: true });
});

test('starts a crashed game again, later each time, and gives up on one that does not stay up', async () => {
  const waits: number[] = [];
  for (let count = 0; count < 4; count += 1) {
    await crash(1_000);
    waits.push(await wait());
  }
  expect(waits).toEqual([5, 10, 20, 40]);
  await crash(1_000);
  expect(observer.find('s1')).toMatchObject({ breaker: { crashes: 5, minutes: 2 } });
  expect(observer.find('s1')?.restartAt).toBeUndefined();
  clock.advance(3_600_000);
  await turn();
  expect(starts).toBe(4);
  expect(kinds()).toEqual([...Array<string>(4).fill('restart-planned'), 'gave-up']);
  expect(events.at(-1)?.text).toBe('gave up on alpha after 5 crashes in 2 min: zedops start alpha');
});

async function exhaust(): Promise<void> {
  for (let count = 0; count < 4; count += 1) {
    await crash(undefined);
    await wait();
  }
  await crash(undefined);
}

test('an agent that is restarted has not forgotten that it gave up, and says it once', async () => {
  await exhaust();
  ending.abort();
  await revivals.flushed();
  observer.note(server, { breaker: undefined });
  await turn();
  await agent();
  await turn();
  expect(observer.find('s1')?.breaker?.crashes).toBe(5);
  expect(observer.find('s1')?.restartAt).toBeUndefined();
  expect(kinds().filter((kind) => kind === 'gave-up')).toHaveLength(1);
});

test('a start by someone else counts anew', async () => {
  await exhaust();
  begin();
  await turn();
  expect(observer.find('s1')?.breaker).toBeUndefined();
  expect(kinds().at(-1)).toBe('tries-again');
  await crash(1_000);
  expect(await wait()).toBe(5);
});

test('what crashed while it is held is started once the manager has said that it is this host’s', async () => {
  ending.abort();
  await revivals.flushed();
  await mkdir(join(folder, 'servers'));
  await writeFile(join(folder, 'servers/s1.json'), '{}');
  await holdServers(folder);
  hold = await openHold(folder, [], silentLog);
  await agent();
  await crash(1_000);
  await hold.told(['s2']);
  clock.advance(3_600_000);
  await turn();
  expect(starts).toBe(0);
  expect(observer.find('s1')?.restartAt).toBeUndefined();
  await hold.told(['s1']);
  await wait();
  expect(starts).toBe(1);
});

test('a server that is to be off is not given up any more', async () => {
  await exhaust();
  desired = { ...server, power: 'off' };
  observer.note(server, {});
  await turn();
  expect(observer.find('s1')?.breaker).toBeUndefined();
});

test('a healthy hour makes up for what was before', async () => {
  await crash(1_000);
  await wait();
  await crash(1_000);
  await wait();
  await crash(3_600_000);
  expect(await wait()).toBe(5);
});

test('a start that fails counts as a crash does, and is told with its reason', async () => {
  refuse = new ZedopsError('CONFLICT', 'The port 16261/udp is taken');
  await crash(1_000);
  for (const seconds of [5, 10, 20, 40]) expect(await wait()).toBe(seconds);
  expect(observer.find('s1')?.breaker?.crashes).toBe(5);
  expect(events.find(({ kind }) => kind === 'restart-failed')?.text).toContain('16261/udp is taken');
  expect(kinds().at(-1)).toBe('gave-up');
});

test('a clock that is set ahead or back neither makes an hour healthy nor spoils one', async () => {
  await crash(1_000);
  await wait();
  await turn();
  observer.note(server, { readyAt: now() });
  await turn();
  clock.set(5 * 3_600_000);
  await crash(undefined);
  expect(await wait()).toBe(10);
  await turn();
  observer.note(server, { readyAt: now() });
  await turn();
  clock.advance(2 * 3_600_000);
  clock.set(-24 * 3_600_000);
  await crash(undefined);
  expect(await wait()).toBe(5);
  expect(starts).toBe(3);
});
