import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { eventually } from '../../../test/support/eventually.ts';
import { FleetNews } from '../../protocol/entities/fleet.ts';
import { type CoreBed, openCoreBed, type ScriptedAgent } from '../core-bed.ts';
import { type Identity, localIdentity } from '../people/identity.ts';

let bed: CoreBed;
let agent: ScriptedAgent;
let ids: readonly string[];
const endings: (() => void)[] = [];

beforeEach(async () => {
  bed = await openCoreBed();
  agent = await bed.agent(await bed.host('box-1'));
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
});
afterEach(async () => {
  for (const end of endings.splice(0)) end();
  await bed.close();
});

/** Watches as someone; the pieces so far. */
function watch(identity: Identity): FleetNews[] {
  const pieces: FleetNews[] = [];
  const ending = new AbortController();
  endings.push(() => ending.abort());
  const progress = (data: unknown): void => void pieces.push(FleetNews.parse(data));
  void bed.ask(identity, 'fleet.watch', {}, { signal: ending.signal, progress });
  return pieces;
}

/** Lets the time pass in which changes are gathered, until it is so. */
const until = (what: string, isSo: () => boolean): Promise<unknown> =>
  eventually(what, async () => {
    bed.clock.advance(200);
    return isSo();
  });

const ready = (id: string, name: string, count?: number) => ({
  id,
  name,
  at: '2026-01-02T03:04:06.000Z',
  revision: 1,
  container: { id: 'c', name, image: 'little', status: 'running' as const },
  readyAt: '2026-01-02T03:04:06.000Z',
  ...(count === undefined ? {} : { players: { at: '2026-01-02T03:04:06.000Z', count, players: [] } }),
});

describe('the live view', () => {
  test('is whole at first, and then says what changes', async () => {
    const pieces = watch(localIdentity);
    await until('the first piece', () => pieces.length === 1);
    expect(pieces[0]).toMatchObject({ isFirst: true, isWhole: true, goneServers: [] });
    expect(pieces[0]?.servers.map(({ name }) => name)).toEqual(['alpha', 'beta']);
    expect(pieces[0]?.hosts.map(({ name, servers }) => [name, servers])).toEqual([
      ['box-1', 2],
      ['box-2', 0],
    ]);
    agent.observe(ready(ids[0] ?? '', 'alpha', 12));
    await until('news', () => pieces.length === 2);
    expect(pieces[1]).toMatchObject({
      isFirst: false,
      servers: [{ name: 'alpha', state: 'ready', playersOnline: 12 }],
      hosts: [],
    });
    expect(pieces[1]?.servers).toHaveLength(1);
  });

  test('says nothing while nothing changes', async () => {
    const pieces = watch(localIdentity);
    await until('the first piece', () => pieces.length === 1);
    agent.observe(ready(ids[0] ?? '', 'alpha'));
    await until('news', () => pieces.length === 2);
    agent.observe({ ...ready(ids[0] ?? '', 'alpha'), at: '2026-01-02T03:05:06.000Z' });
    const other = watch(localIdentity);
    await until('another viewer’s first piece', () => other.length === 1);
    expect(pieces).toHaveLength(2);
  });

  test('shows what is only written in the store, and what is gone', async () => {
    const pieces = watch(localIdentity);
    await until('the first piece', () => pieces.length === 1);
    await bed.ask(localIdentity, 'host.invite', { name: 'box-3' });
    await until('the invited host', () => pieces.some(({ hosts }) => hosts.some(({ name }) => name === 'box-3')));
    await bed.ask(localIdentity, 'host.remove', { host: 'box-2' });
    await until('a host gone', () => pieces.some(({ goneHosts }) => goneHosts.length === 1));
    await agent.disconnect();
    await until('unknown servers', () =>
      ['alpha', 'beta'].every((name) =>
        pieces.some(({ servers }) => servers.some((row) => row.name === name && row.state === 'unknown')),
      ),
    );
  });

  test('shows nobody what they may not see', async () => {
    const viewer = await bed.person([{ role: 'viewer', scope: { kind: 'server', id: ids[1] ?? '' } }]);
    const pieces = watch(viewer);
    await until('the first piece', () => pieces.length === 1);
    agent.observe(ready(ids[0] ?? '', 'alpha'));
    agent.observe(ready(ids[1] ?? '', 'beta'));
    await until('news', () => pieces.length > 1);
    expect(new Set(pieces.flatMap(({ servers }) => servers.map(({ name }) => name)))).toEqual(new Set(['beta']));
    expect(pieces[0]?.hosts.map(({ name, servers }) => [name, servers])).toEqual([['box-1', 1]]);
    const nobody = await bed.person([]);
    expect(await bed.codeOf(nobody, 'fleet.watch', {}, { progress: () => undefined })).toBe('FORBIDDEN');
    expect(await bed.codeOf(undefined, 'fleet.watch', {}, { progress: () => undefined })).toBe('UNAUTHENTICATED');
    expect(await bed.codeOf(localIdentity, 'fleet.watch', {})).toBe('UNSUPPORTED');
  });

  test('reads nothing and leaves no timer behind when nobody watches', async () => {
    const before = bed.clock.pending();
    const pieces = watch(localIdentity);
    await until('the first piece', () => pieces.length === 1);
    for (const end of endings.splice(0)) end();
    expect(bed.clock.pending()).toBeLessThanOrEqual(before);
  });
});
