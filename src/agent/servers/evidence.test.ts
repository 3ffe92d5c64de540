import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFakeClock, type FakeClock } from '../../platform/fake-clock.ts';
import { silentLog } from '../../platform/log.ts';
import type { ObservedServer } from '../../protocol/entities/server.ts';
import type { RuntimeContainer } from '../runtime/runtime.ts';
import { createEvidenceKeeper, type EvidenceKeeper } from './evidence.ts';
import { createObserver, type Observer } from './observer.ts';
import { testServer } from './server-bed.ts';

const server = testServer();
const startedAt = '2026-01-01T00:00:00.000Z';
const later = '2026-01-01T00:00:30.000Z';
const running: RuntimeContainer = {
  id: 'c1',
  name: 'simulator-alpha',
  image: 'simulator',
  serverId: 's1',
  status: 'running',
  startedAt,
};

let clock: FakeClock;
let observer: Observer;
let evidence: EvidenceKeeper;
let ending: AbortController;
let container: RuntimeContainer | undefined;
let isBound: boolean | undefined;
let isDirectBound: boolean | undefined;
let takesPassword: boolean | undefined;
let answers: boolean;
let knocks: number;
let ready: number;

const known = (): ObservedServer | undefined => observer.find('s1');
/** Lets everything that waits for nothing but promises go on. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
const pass = async (ms: number): Promise<void> => {
  clock.advance(ms);
  await settled();
};

beforeEach(() => {
  clock = createFakeClock(Date.parse(later));
  observer = createObserver(clock);
  ending = new AbortController();
  container = running;
  isBound = true;
  isDirectBound = undefined;
  takesPassword = undefined;
  answers = false;
  knocks = 0;
  ready = 0;
  observer.note(server, { container: { id: 'c1', name: 'simulator-alpha', image: 'simulator', status: 'running' } });
  evidence = createEvidenceKeeper({
    registry: { all: () => [server] },
    observer,
    looker: { last: () => container },
    clock,
    log: silentLog,
    signal: ending.signal,
    ports: async () => ({ gamePort: isBound, directPort: isDirectBound }),
    async knock() {
      knocks += 1;
      return takesPassword;
    },
    answers: async () => answers,
    onReady() {
      ready += 1;
    },
  });
});
afterEach(() => {
  ending.abort();
  expect(clock.pending()).toBe(0);
});

test('the direct port is told, and does not decide', async () => {
  isDirectBound = false;
  evidence.claim(server, 'marker', later);
  await settled();
  expect(known()).toMatchObject({ readyAt: later, evidence: { gamePort: true, directPort: false } });
  isDirectBound = true;
  await evidence.probe(server);
  expect(known()?.evidence).toMatchObject({ gamePort: true, directPort: true });
});

test('the log’s word and a bound port make a server ready, since the word was said', async () => {
  evidence.claim(server, 'marker', later);
  await settled();
  expect(known()).toMatchObject({ readyAt: later, evidence: { container: true, marker: true, gamePort: true } });
  expect(ready).toBe(1);
});

test('a port of which nothing is known is no reason against it', async () => {
  isBound = undefined;
  evidence.claim(server, 'console', later);
  await settled();
  expect(known()?.readyAt).toBe(later);
  expect(known()?.evidence?.gamePort).toBeUndefined();
  expect(known()?.evidence?.marker).toBeUndefined();
});

test('a port that is not bound is waited for, and said', async () => {
  isBound = false;
  evidence.claim(server, 'marker', later);
  await settled();
  expect(known()).toMatchObject({ phase: 'waiting for its game port', evidence: { marker: true, gamePort: false } });
  expect(known()?.readyAt).toBeUndefined();
  isBound = true;
  await pass(1_000);
  expect(known()).toMatchObject({ readyAt: '2026-01-01T00:00:31.000Z', phase: undefined });
});

test('what an earlier run said counts for nothing', async () => {
  evidence.claim(server, 'marker', '2025-12-31T23:59:59.000Z');
  await settled();
  expect(known()?.readyAt).toBeUndefined();
  expect(known()?.evidence).toBeUndefined();
});

test('what an earlier run said, read together with what this one says, takes nothing from it', async () => {
  evidence.claim(server, 'marker', '2025-12-31T23:59:00.000Z');
  evidence.claim(server, 'console', later);
  expect(known()?.evidence?.marker).toBeUndefined();
  evidence.claim(server, 'marker', later);
  await settled();
  expect(known()).toMatchObject({ readyAt: later, evidence: { marker: true } });
  expect(ready).toBe(1);
});

test('a game that ends while its port is waited for is never called ready', async () => {
  isBound = false;
  evidence.claim(server, 'marker', later);
  await settled();
  container = undefined;
  isBound = true;
  await pass(1_000);
  expect(known()?.readyAt).toBeUndefined();
});

test('output that is here before its container is waits for it', async () => {
  container = undefined;
  evidence.claim(server, 'marker', later);
  await settled();
  container = running;
  await pass(1_000);
  expect(known()?.readyAt).toBeDefined();
});

test('a console that does not answer is shown and takes nothing away', async () => {
  evidence.claim(server, 'marker', later);
  await settled();
  takesPassword = false;
  await evidence.probe(server);
  expect(known()).toMatchObject({ readyAt: later, evidence: { rcon: false } });
});

test('ports are looked at every minute, and consoles knocked at every five', async () => {
  evidence.claim(server, 'marker', later);
  await settled();
  for (let minute = 0; minute < 10; minute += 1) await pass(60_000);
  expect(knocks).toBe(2);
});

test('a ready game whose port is gone twice is not ready any more, until it is back', async () => {
  evidence.claim(server, 'marker', later);
  await settled();
  isBound = false;
  await pass(60_000);
  expect(known()?.readyAt).toBe(later);
  await pass(60_000);
  expect(known()?.readyAt).toBeUndefined();
  expect(known()?.evidence).toMatchObject({ marker: true, gamePort: false });
  isBound = true;
  await pass(1_000);
  expect(known()?.readyAt).toBe('2026-01-01T00:02:31.000Z');
});

test('a game nobody waits for is asked, where its log did not say that it is ready', async () => {
  await pass(60_000);
  expect(known()?.readyAt).toBeUndefined();
  answers = true;
  await pass(60_000);
  expect(known()?.readyAt).toBeDefined();
});

test('a clock that was set back since the start keeps no game from being ready', async () => {
  clock.set(-3_600_000);
  evidence.claim(server, 'marker', new Date(clock.now()).toISOString());
  await settled();
  expect(known()?.readyAt).toBeUndefined();
  // Its marker may be an earlier run's. What it answers now is its own.
  answers = true;
  await evidence.ask(server);
  await settled();
  expect(known()?.readyAt).toBe(startedAt);
});

test('takes note of how the session with the console is, and since when', async () => {
  const link = () => known()?.evidence?.rconLink;
  evidence.linked(server, 'unreachable');
  await pass(5_000);
  evidence.linked(server, 'unreachable');
  expect(link()).toEqual({ state: 'unreachable', since: later });
  evidence.linked(server, 'connected');
  expect(link()).toEqual({ state: 'connected', since: '2026-01-01T00:00:35.000Z' });
  evidence.linked(server, undefined);
  expect(link()).toBeUndefined();
  container = undefined;
  evidence.linked(server, 'refused');
  expect(link()).toBeUndefined();
});
