import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { eventually } from '../../../test/support/eventually.ts';
import { FleetMetrics, type HostReading, MetricsNews } from '../../protocol/entities/metrics.ts';
import { agentMetrics } from '../../protocol/operations/metrics.ts';
import { type AgentScript, type CoreBed, openCoreBed, type ScriptedAgent } from '../core-bed.ts';
import { type Identity, localIdentity } from '../people/identity.ts';

let bed: CoreBed;
let agent: ScriptedAgent;
let hostId: string;
let ids: readonly string[];
let followers: Set<(reading: HostReading) => void>;
const endings: (() => void)[] = [];
const at = '2026-01-02T03:04:05.000Z';

const reading = (servers: HostReading['servers'], load = 1): HostReading => ({
  host: { at, cpus: 4, load: [load, 1, 1], disks: [] },
  servers,
});
let newest: HostReading;

const answer: AgentScript = async (data, { progress, signal }) => {
  progress(newest);
  if (!agentMetrics.request.parse(data).follow) return {};
  const tell = (next: HostReading): void => progress(next);
  followers.add(tell);
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  followers.delete(tell);
  return {};
};

beforeEach(async () => {
  followers = new Set();
  bed = await openCoreBed();
  hostId = await bed.host('box-1');
  agent = await bed.agent(hostId, { 'agent.metrics': answer });
  await bed.host('box-2');
  const made = [];
  for (const [index, name] of ['alpha', 'beta'].entries()) {
    const env = { ADMIN_PASSWORD: 'x', GAME_PORT: `${17000 + index * 2}`, DIRECT_PORT: `${17001 + index * 2}` };
    made.push(await bed.ask(localIdentity, 'server.create', { name, image: 'little', env, host: 'box-1' }));
  }
  ids = z
    .array(z.object({ id: z.string() }))
    .parse(made)
    .map(({ id }) => id);
  newest = reading(ids.map((id) => ({ id, at, cpusBusy: 0.5, memoryBytes: 100 })));
});
afterEach(async () => {
  for (const end of endings.splice(0)) end();
  await bed.close();
});

/** Follows as someone; the pieces so far. */
function follow(identity: Identity): { readonly pieces: MetricsNews[]; readonly end: () => void } {
  const pieces: MetricsNews[] = [];
  const ending = new AbortController();
  endings.push(() => ending.abort());
  const progress = (data: unknown): void => void pieces.push(MetricsNews.parse(data));
  void bed.ask(identity, 'fleet.metrics', { follow: true }, { signal: ending.signal, progress });
  return { pieces, end: () => ending.abort() };
}
const tell = (next: HostReading): void => {
  newest = next;
  for (const follower of followers) follower(next);
};
/** Lets the time pass in which readings are gathered, until it is so. */
const until = (what: string, isSo: () => boolean): Promise<unknown> =>
  eventually(what, async () => {
    bed.clock.advance(300);
    return isSo();
  });

describe('metrics', () => {
  test('are asked of hosts that are there, once', async () => {
    const now = FleetMetrics.parse(await bed.ask(localIdentity, 'fleet.metrics', {}));
    expect(now.hosts).toEqual([{ id: hostId, name: 'box-1', at, cpus: 4, load: [1, 1, 1], disks: [] }]);
    expect(now.servers.map(({ name, host, cpusBusy }) => [name, host, cpusBusy])).toEqual([
      ['alpha', 'box-1', 0.5],
      ['beta', 'box-1', 0.5],
    ]);
    expect(followers.size).toBe(0);
  });

  test('that are followed say what changes, and hosts are followed once for all who watch', async () => {
    const first = follow(localIdentity);
    const second = follow(localIdentity);
    await until('both to know', () => [first, second].every(({ pieces }) => pieces.at(-1)?.servers.length === 2));
    expect(followers.size).toBe(1);
    const told = first.pieces.length;
    tell(reading(newest.servers.map((server) => ({ ...server, at: '2026-01-02T03:04:10.000Z' }))));
    tell(reading([{ id: ids[0] ?? '', at, cpusBusy: 0.75 }]));
    await until('the news', () => first.pieces.length > told);
    expect(first.pieces.at(-1)).toEqual({
      isFirst: false,
      hosts: [],
      servers: [{ id: ids[0], at, cpusBusy: 0.75 }],
      goneHosts: [],
      goneServers: [ids[1]],
    });
    await agent.disconnect();
    await until('the host to go', () => first.pieces.at(-1)?.goneHosts.length === 1);
  });

  test('that are the same as before are no news', async () => {
    const { pieces } = follow(localIdentity);
    await until('the first', () => pieces.at(-1)?.servers.length === 2);
    const told = pieces.length;
    tell({ ...newest, host: { ...newest.host, at: '2026-01-02T03:04:10.000Z' } });
    tell(reading(newest.servers, 2));
    await until('the news', () => pieces.length > told);
    expect(pieces).toHaveLength(told + 1);
    expect(pieces.at(-1)).toMatchObject({ hosts: [{ load: [2, 1, 1] }], servers: [] });
  });

  test('are no longer asked for when nobody has watched for a while', async () => {
    const { pieces, end } = follow(localIdentity);
    await until('the first', () => pieces.length > 0 && followers.size === 1);
    end();
    await eventually('the host to be left alone', async () => {
      bed.clock.advance(11_000);
      return followers.size === 0;
    });
    const again = follow(localIdentity);
    await until('a first piece and a full one', () => again.pieces.at(-1)?.servers.length === 2);
    expect(again.pieces[0]?.isFirst).toBe(true);
  });

  test('of a server that is another host’s are not believed', async () => {
    newest = reading([{ id: 'no-server-of-this-host', at }]);
    const { pieces } = follow(localIdentity);
    await until('the host', () => pieces.some(({ hosts }) => hosts.length === 1));
    expect(pieces.flatMap(({ servers }) => servers)).toEqual([]);
    expect(await bed.ask(localIdentity, 'fleet.metrics', {})).toMatchObject({ servers: [] });
  });

  test('are shown to each of what they may see', async () => {
    const viewer = await bed.person([{ role: 'viewer', scope: { kind: 'server', id: ids[0] ?? '' } }]);
    const { pieces } = follow(viewer);
    await until('what is theirs', () => pieces.at(-1)?.servers.length === 1);
    tell(reading(newest.servers.map((server) => ({ ...server, cpusBusy: 1 }))));
    await until('its news', () => pieces.flatMap(({ servers }) => servers).length === 2);
    expect(new Set(pieces.flatMap(({ servers }) => servers.map(({ id }) => id)))).toEqual(new Set([ids[0]]));
    expect(pieces.flatMap(({ hosts }) => hosts)).toEqual([]);
    expect(await bed.ask(viewer, 'fleet.metrics', {})).toMatchObject({ hosts: [], servers: [{ name: 'alpha' }] });
    expect(await bed.codeOf(viewer, 'server.metrics', { server: 'beta' })).toBe('NOT_FOUND');
    expect(await bed.codeOf(viewer, 'host.metrics', { host: 'box-1' })).toBe('FORBIDDEN');
    const nobody = await bed.person([]);
    expect(await bed.codeOf(nobody, 'fleet.metrics', {})).toBe('FORBIDDEN');
    expect(await bed.codeOf(localIdentity, 'fleet.metrics', { follow: true })).toBe('UNSUPPORTED');
  });

  test('of a host that does not answer are left out', async () => {
    const other = await bed.host('box-3');
    await bed.agent(other, { 'agent.metrics': () => new Promise(() => undefined) });
    const asking = bed.ask(localIdentity, 'fleet.metrics', {});
    let isDone = false;
    void asking.then(() => {
      isDone = true;
    });
    await eventually('an answer without it', async () => {
      bed.clock.advance(1_000);
      return isDone;
    });
    expect(FleetMetrics.parse(await asking).hosts.map(({ name }) => name)).toEqual(['box-1']);
  });
});
