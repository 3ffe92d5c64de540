import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { LogItem } from '../../protocol/entities/log.ts';
import { serverLogs } from '../../protocol/operations/server.ts';
import { systemHello } from '../../protocol/operations/system.ts';
import { createPeer } from '../../protocol/peer.ts';
import { createWirePair } from '../../protocol/wire.ts';
import { type CoreBed, openCoreBed, type ScriptedAgent } from '../core-bed.ts';
import { type Identity, localIdentity } from '../people/identity.ts';

let bed: CoreBed;
let agent: ScriptedAgent;
let ids: readonly string[];
let viewer: Identity;

beforeEach(async () => {
  bed = await openCoreBed();
  agent = await bed.agent(await bed.host('box-1'));
  const made = [];
  for (const [index, name] of ['alpha', 'beta'].entries()) {
    const env = {
      ADMIN_PASSWORD: 'Adm1n-secret',
      GAME_PORT: `${17000 + index * 2}`,
      DIRECT_PORT: `${17001 + index * 2}`,
    };
    made.push(await bed.ask(localIdentity, 'server.create', { name, image: 'little', env }));
  }
  ids = z
    .array(z.object({ id: z.string() }))
    .parse(made)
    .map(({ id }) => id);
  viewer = await bed.person([{ role: 'viewer', scope: { kind: 'server', id: ids[0] ?? '' } }]);
});
afterEach(() => bed.close());

const Jobs = z.object({
  jobs: z.array(z.object({ id: z.string(), serverName: z.string() })),
  silentHosts: z.array(z.string()),
});

describe('jobs', () => {
  test('are those of servers one may read', async () => {
    const all = Jobs.parse(await bed.ask(localIdentity, 'job.list', {}));
    expect(all.jobs.map(({ serverName }) => serverName).toSorted()).toEqual(['alpha', 'beta']);
    const mine = Jobs.parse(await bed.ask(viewer, 'job.list', {}));
    expect(mine.jobs.map(({ serverName }) => serverName)).toEqual(['alpha']);
    const job = all.jobs.find(({ serverName }) => serverName === 'beta')?.id;
    for (const subject of ['job.show', 'job.watch'])
      expect(await bed.codeOf(viewer, subject, { job })).toBe('NOT_FOUND');
    expect(await bed.ask(viewer, 'job.show', { job: mine.jobs[0]?.id })).toMatchObject({
      job: { serverName: 'alpha' },
    });
  });

  test('are cancelled by who may control their server', async () => {
    const job = {
      id: 'j1',
      subject: 'server.stop',
      serverId: ids[0] ?? '',
      serverName: 'alpha',
      actor: 'x',
      state: 'running',
      startedAt: '2026-01-02T03:04:05Z',
    } as const;
    agent.jobs.set('j1', job);
    const both = await bed.person([
      ...viewer.grants,
      { role: 'operator', scope: { kind: 'server', id: ids[1] ?? '' } },
    ]);
    expect(await bed.codeOf(both, 'job.cancel', { job: 'j1' })).toBe('FORBIDDEN');
    const { rows } = z.object({ rows: z.array(z.unknown()) }).parse(await bed.ask(localIdentity, 'audit.list', {}));
    expect(rows[0]).toMatchObject({ subject: 'job.cancel', target: 'alpha', outcome: 'FORBIDDEN' });
  });

  test('of a host that is away cannot be known', async () => {
    await agent.disconnect();
    expect(await bed.ask(localIdentity, 'job.list', {})).toEqual({ jobs: [], silentHosts: ['box-1'] });
    expect(await bed.codeOf(localIdentity, 'job.show', { job: 'j1' })).toBe('UNREACHABLE');
  });
});

describe('a log', () => {
  test('called over HTTP comes as progress, and is neither followed nor thrown away', async () => {
    const items: unknown[] = [];
    const progress = (item: unknown): void => void items.push(item);
    const reply = await bed.ask(viewer, 'server.logs', { server: 'alpha', tail: 10 }, { progress });
    expect(reply).toEqual({ cursor: { stream: 's', seq: 1 } });
    expect(items).toMatchObject([{ kind: 'lines', count: 1 }]);
    expect(await bed.codeOf(viewer, 'server.logs', { server: 'alpha', follow: true }, { progress })).toBe(
      'UNSUPPORTED',
    );
    expect(await bed.codeOf(viewer, 'server.logs', { server: 'alpha' })).toBe('UNSUPPORTED');
    await agent.disconnect();
    expect(await bed.codeOf(viewer, 'server.logs', { server: 'alpha' }, { progress })).toBe('UNREACHABLE');
  });

  test('is followed over a connection, which also answers a greeting, and ends with it', async () => {
    const [managerEnd, wire] = createWirePair();
    bed.core.onClient(managerEnd, { identity: viewer, from: '192.0.2.9' });
    const peer = createPeer({ wire, serve: async () => undefined });
    expect(await peer.request(systemHello, { protocol: 1, version: '1', subjects: [] })).toHaveProperty('subjects');
    const items: LogItem[] = [];
    const followed = peer.request(
      serverLogs,
      { server: 'alpha', follow: true, tail: 5 },
      { onProgress: (item) => items.push(item) },
    );
    await expect
      .poll(() => items.map((item) => (item.kind === 'notice' ? item.notice : item.kind)))
      .toEqual(['not-running', 'lines', 'live']);
    await expect(peer.request(serverLogs, { server: 'beta', follow: true })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    peer.close(1000, 'the viewer signs out');
    await expect(followed).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await bed.core.gateway.idle();
  });
});
