import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { systemClock } from '../platform/clock.ts';
import { silentLog } from '../platform/log.ts';
import { serverKill, serverStart } from '../protocol/operations/server.ts';
import { createPeer, type Peer } from '../protocol/peer.ts';
import { createWirePair } from '../protocol/wire.ts';
import { handleOnAgent } from './context.ts';
import { type Jobs, openJobs } from './jobs/jobs.ts';
import { createServe, type Server } from './serve.ts';
import { createExclusive } from './servers/exclusive.ts';
import { createLocks } from './servers/locks.ts';
import { createObserver } from './servers/observer.ts';
import { openRegistry } from './servers/registry.ts';
import { testServer } from './servers/server-bed.ts';

const server = testServer();
const actor = { kind: 'person', id: 'p1', name: 'ann@example.org' } as const;

describe('a job left undone', () => {
  let base: string;
  let jobs: Jobs;
  let answering: Server;
  let manager: Peer;
  let started: string[];

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'zedops-serve-'));
    const before = await openJobs(join(base, 'jobs'), systemClock, silentLog);
    const start = {
      ...{ id: 'job-left', subject: serverStart.subject, serverId: server.id, serverName: server.name },
      ...{ actor: 'bob@example.org', input: { server: server.name } },
    };
    const begun = Promise.withResolvers<void>();
    const never = async (): Promise<unknown> => {
      begun.resolve();
      return new Promise(() => undefined);
    };
    void before.run(start, never, () => undefined, new AbortController().signal);
    await begun.promise;
    await before.flushed();

    jobs = await openJobs(join(base, 'jobs'), systemClock, silentLog);
    const registry = await openRegistry(join(base, 'servers'), silentLog);
    await registry.accept(server);
    const [locks, observer] = [createLocks(systemClock), createObserver(systemClock)];
    started = [];
    const handlers = [
      handleOnAgent(serverStart, async (_, { id }) => {
        started.push(id);
        return { state: 'starting' } as const;
      }),
      handleOnAgent(serverKill, async () => ({ state: 'stopped', wasRunning: true }) as const),
    ];
    answering = createServe({
      handlers: new Map(handlers.map((bound) => [bound.subject, bound])),
      runExclusive: createExclusive({ locks, observer, clock: systemClock }),
      ...{ registry, locks, jobs, observer, clock: systemClock, log: silentLog },
    });
    const [managerEnd, agentEnd] = createWirePair();
    const agent: Peer = createPeer({ wire: agentEnd, serve: (incoming) => answering.serve(incoming, agent) });
    manager = createPeer({ wire: managerEnd, serve: () => Promise.reject(new Error('not asked')) });
  });
  afterEach(async () => {
    manager.close(1000, 'over');
    await jobs.flushed();
    await rm(base, { recursive: true, force: true });
  });

  const asked = { actor, input: { server: server.name }, server };

  test('has its server before anyone who comes while the host is still being looked at', async () => {
    await expect(
      manager.request({ ...serverStart, request: z.unknown() }, asked, { id: 'job-late' }),
    ).rejects.toMatchObject({
      code: 'CONFLICT',
      hint: 'zedops job watch job-left',
      message: expect.stringContaining('bob@example.org'),
    });
    expect(started).toEqual([]);
    answering.resumeJobs();
    await jobs.watch('job-left', () => undefined, new AbortController().signal);
    await manager.request({ ...serverStart, request: z.unknown() }, asked, { id: 'job-late' });
    expect(started).toEqual(['job-left', 'job-late']);
  });

  test('is joined by who asked for it, and a kill passes it', async () => {
    const joined = manager.request({ ...serverStart, request: z.unknown() }, asked, { id: 'job-left' });
    await manager.request({ ...serverKill, request: z.unknown() }, asked);
    answering.resumeJobs();
    expect(await joined).toEqual({ state: 'starting' });
    expect(started).toEqual(['job-left']);
  });
});
