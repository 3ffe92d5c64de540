import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { silentLog } from '../../platform/log.ts';
import { HostSummary } from '../../protocol/entities/host.ts';
import { type ObservedServer, ServerDetails } from '../../protocol/entities/server.ts';
import { hostRenew } from '../../protocol/operations/host.ts';
import { serverList } from '../../protocol/operations/server.ts';
import { systemHello, systemPing } from '../../protocol/operations/system.ts';
import { createPeer } from '../../protocol/peer.ts';
import { closeCodes, createWirePair } from '../../protocol/wire.ts';
import { type CoreBed, openCoreBed } from '../core-bed.ts';
import { localIdentity } from '../people/identity.ts';
import { findHost } from '../store/hosts.ts';
import { openMirror } from './mirror.ts';

let bed: CoreBed;
let hostId: string;

beforeEach(async () => {
  bed = await openCoreBed();
  hostId = await bed.host('box-1');
});
afterEach(() => bed.close());

async function box(): Promise<HostSummary> {
  const reply = await bed.ask(localIdentity, 'host.show', { host: 'box-1' });
  return z.object({ host: HostSummary }).parse(reply).host;
}

async function alpha(): Promise<ServerDetails> {
  const reply = await bed.ask(localIdentity, 'server.show', { server: 'alpha' });
  return z.object({ server: ServerDetails }).parse(reply).server;
}

async function createAlpha(): Promise<string> {
  const env = { ADMIN_PASSWORD: 'Adm1n-secret' };
  await bed.ask(localIdentity, 'server.create', { name: 'alpha', host: 'box-1', image: 'little', env });
  return (await alpha()).id;
}

function ready(id: string, change: Partial<ObservedServer> = {}): ObservedServer {
  const at = new Date(bed.clock.now()).toISOString();
  const container = { id: 'c', name: 'little-alpha', image: 'little', status: 'running' } as const;
  return { id, name: 'alpha', at, revision: 1, container, data: 'present', readyAt: at, ...change };
}

/** A connection of a host that says nothing by itself. */
async function silentWire() {
  const host = await findHost(bed.core.store.db, hostId);
  if (!host) throw new Error('no host');
  const [managerEnd, wire] = createWirePair();
  bed.core.onAgent(managerEnd, { host, serial: 'x', expiresAt: Number.POSITIVE_INFINITY }, '192.0.2.8');
  return createPeer({ wire, serve: () => new Promise(() => undefined) });
}

describe('a host', () => {
  test('is online from its hello on, with its facts, and offline when its connection ends', async () => {
    expect((await box()).connection).toBe('offline');
    const agent = await bed.agent(hostId);
    await expect.poll(async () => (await box()).latencyMs).toBeTypeOf('number');
    expect(await box()).toMatchObject({ connection: 'online', facts: { hostname: 'box' } });
    await agent.disconnect();
    const gone = await box();
    expect(gone).toMatchObject({ connection: 'offline', facts: { hostname: 'box' } });
    expect(gone.latencyMs).toBeUndefined();
    expect(Date.parse(gone.lastSeenAt ?? '')).toBeGreaterThan(Date.UTC(2026, 0, 2));
  });

  test('that comes again replaces its old connection, whose end then changes nothing', async () => {
    const old = await bed.agent(hostId);
    const id = await createAlpha();
    const fresh = await bed.agent(hostId);
    expect(await old.peer.closed).toMatchObject({ code: closeCodes.replaced });
    await new Promise((resolve) => setImmediate(resolve));
    expect((await box()).connection).toBe('online');
    old.observe(ready(id, { phase: 'from the old one' }));
    fresh.observe(ready(id));
    await expect.poll(async () => (await alpha()).state).toBe('ready');
    await bed.ask(localIdentity, 'server.stop', { server: 'alpha' });
    expect(fresh.asked.map(({ subject }) => subject)).toContain('server.stop');
    expect(old.asked.map(({ subject }) => subject)).not.toContain('server.stop');
  });

  test('that says no hello is not online, is served nothing, and is closed', async () => {
    const peer = await silentWire();
    const renewal = { publicKey: 'x', proof: 'x' };
    await expect(peer.request(hostRenew, renewal)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await box()).connection).toBe('offline');
    bed.clock.advance(31_000);
    expect(await peer.closed).toMatchObject({ code: closeCodes.unanswered });
  });

  test('that is too old is told so', async () => {
    const peer = await silentWire();
    const hello = peer.request(systemHello, { protocol: 0, version: '0.0.1', subjects: [] });
    await expect(hello).rejects.toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining('0.0.1') });
    expect((await box()).connection).toBe('offline');
  });

  test('may ask what agents may, and nothing that people may', async () => {
    const agent = await bed.agent(hostId);
    expect(await agent.peer.request(systemPing, {})).toHaveProperty('clock');
    await expect(agent.peer.request(serverList, {})).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(agent.peer.request(hostRenew, { publicKey: 'x', proof: 'x' })).rejects.toThrow();
    const { rows } = z.object({ rows: z.array(z.unknown()) }).parse(await bed.ask(localIdentity, 'audit.list', {}));
    expect(rows[0]).toMatchObject({ subject: 'host.renew', target: 'box-1', actor: { kind: 'agent', name: 'box-1' } });
  });

  test('without servers can be removed, and with some cannot', async () => {
    await bed.agent(hostId);
    await createAlpha();
    expect(await bed.codeOf(localIdentity, 'host.remove', { host: 'box-1' })).toBe('CONFLICT');
    await bed.host('box-2');
    expect(await bed.codeOf(localIdentity, 'host.remove', { host: 'box-2' })).toBe('ok');
    expect(await bed.codeOf(localIdentity, 'host.show', { host: 'box-2' })).toBe('NOT_FOUND');
  });
});

describe('what a host says of its servers', () => {
  test('is shown as it changes', async () => {
    const agent = await bed.agent(hostId);
    const id = await createAlpha();
    agent.observe(ready(id));
    await expect.poll(async () => (await alpha()).state).toBe('ready');
    expect(await alpha()).toMatchObject({ pending: false, readySeconds: expect.any(Number) });
    agent.observe(ready(id, { readyAt: undefined, phase: 'loading' }));
    await expect.poll(alpha).toMatchObject({ state: 'starting', detail: 'loading' });
    expect((await alpha()).readySeconds).toBeUndefined();
  });

  test('is not believed about servers of others, nor without end', async () => {
    await bed.agent(hostId);
    const id = await createAlpha();
    const thief = await bed.agent(await bed.host('box-2'));
    thief.observe(ready(id, { phase: 'stolen' }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(JSON.stringify(await alpha())).not.toContain('stolen');
    const agent = await bed.agent(hostId);
    agent.observe(ready(id, { phase: 'x'.repeat(100_000) }));
    agent.observe(ready('unknown-server'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(JSON.stringify(await alpha()).length).toBeLessThan(10_000);
  });

  test('is the last word after a restart, with its age', async () => {
    const agent = await bed.agent(hostId);
    const id = await createAlpha();
    agent.observe(ready(id));
    await expect.poll(async () => (await alpha()).state).toBe('ready');
    await agent.disconnect();
    bed.clock.advance(60_000);
    const known = await alpha();
    expect(known).toMatchObject({ state: 'unknown', detail: 'host offline' });
    expect(known.staleSeconds).toBeGreaterThanOrEqual(60);
    const { db } = bed.core.store;
    const reopened = () => openMirror({ db, clock: bed.clock, log: silentLog });
    await expect
      .poll(async () => (await reopened()).find(id))
      .toMatchObject({ observed: { id, readyAt: expect.any(String) } });
  });
});
