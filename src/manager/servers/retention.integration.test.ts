import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { eventually } from '../../../test/support/eventually.ts';
import { ServerSummary } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { newId } from '../../protocol/id.ts';
import { type AgentScript, type CoreBed, holding, openCoreBed } from '../core-bed.ts';
import type { Identity } from '../people/identity.ts';
import { listAudit } from '../store/audit.ts';

let bed: CoreBed;
let hostId: string;
let admin: Identity;
const hourMs = 3_600_000;
const alpha = { name: 'alpha', image: 'little', env: { ADMIN_PASSWORD: 'Adm1n-secret' } };

beforeEach(async () => {
  bed = await openCoreBed();
  hostId = await bed.host('box-1');
  admin = await bed.person([holding('admin')]);
});
afterEach(() => bed.close());

async function deleted(): Promise<readonly ServerSummary[]> {
  return z.object({ servers: z.array(ServerSummary) }).parse(await bed.ask(admin, 'server.list', { deleted: true }))
    .servers;
}

const fail: AgentScript = async () => {
  throw new ZedopsError('FORBIDDEN', '/srv/alpha is a symbolic link');
};

async function states(): Promise<readonly string[]> {
  const rows = await listAudit(bed.core.store.db, { subject: 'server.purge', limit: 50 });
  return rows.map(({ actor, target, outcome }) => `${actor.name} ${target} ${outcome}`);
}

describe('a deleted server', () => {
  test('says when it is purged and where its world lies, by the setting or by --keep', async () => {
    await bed.agent(hostId);
    await bed.ask(admin, 'server.create', alpha);
    await bed.ask(admin, 'server.delete', { server: 'alpha' });
    const [usual] = await deleted();
    expect(usual).toMatchObject({ name: 'alpha', state: 'deleted', deletion: { keptAt: '/srv/alpha' } });
    const span = (summary: ServerSummary | undefined): number =>
      Date.parse(summary?.deletion?.purgeAt ?? '') - Date.parse(summary?.deletion?.deletedAt ?? '');
    expect(span(usual)).toBe(7 * 24 * hourMs);
    // Deleting it again without a word about the time changes nothing.
    bed.clock.advance(5_000);
    await bed.ask(admin, 'server.delete', { server: 'alpha' });
    expect((await deleted())[0]?.deletion).toEqual(usual?.deletion);
    await bed.ask(admin, 'server.delete', { server: 'alpha', keep: 'forever' });
    expect((await deleted())[0]?.deletion).toEqual({ ...usual?.deletion, purgeAt: undefined });
    expect(await bed.codeOf(admin, 'server.delete', { server: 'alpha', keep: 60 })).toBe('INVALID_INPUT');
  });

  test('is purged when its time is up, through the audit, and its name and ports are free', async () => {
    const agent = await bed.agent(hostId);
    await bed.ask(admin, 'server.create', alpha);
    await bed.ask(admin, 'server.delete', { server: 'alpha', keep: 3600 });
    bed.clock.advance(hourMs - 120_000);
    expect(await bed.codeOf(admin, 'server.create', alpha)).toBe('CONFLICT');
    bed.clock.advance(180_000);
    await eventually('the row to be purged', async () => (await deleted()).length === 0);
    expect(agent.asked.filter(({ subject }) => subject === 'server.purge')).toHaveLength(1);
    expect(await states()).toEqual(['retention alpha ok']);
    await bed.ask(admin, 'server.create', alpha);
  });

  test('is never forgotten while its host is away, and purged when that is back', async () => {
    const agent = await bed.agent(hostId);
    await bed.ask(admin, 'server.create', alpha);
    await bed.ask(admin, 'server.delete', { server: 'alpha', keep: 3600 });
    await agent.disconnect();
    expect(await bed.codeOf(admin, 'server.purge', { server: 'alpha', confirm: 'alpha' })).toBe('UNREACHABLE');
    bed.clock.advance(2 * hourMs);
    expect(await deleted()).toMatchObject([{ name: 'alpha', staleSeconds: expect.any(Number) }]);
    expect(await bed.codeOf(admin, 'server.create', alpha)).toBe('UNREACHABLE');
    await bed.agent(hostId);
    await eventually('the row to be purged', async () => (await deleted()).length === 0);
    expect(await states()).toEqual(['retention alpha ok', expect.stringContaining('alpha UNREACHABLE')]);
  });

  test('is forgotten by those who may delete it, while its host is away, with its name typed', async () => {
    const agent = await bed.agent(hostId);
    await bed.ask(admin, 'server.create', alpha);
    const forget = { server: 'alpha', confirm: 'alpha' };
    expect(await bed.codeOf(admin, 'server.forget', forget)).toBe('CONFLICT');
    await bed.ask(admin, 'server.delete', { server: 'alpha' });
    await expect(bed.ask(admin, 'server.forget', forget)).rejects.toThrow('box-1 is online');
    await agent.disconnect();
    const operator = await bed.person([holding('operator')]);
    expect(await bed.codeOf(operator, 'server.forget', forget)).toBe('FORBIDDEN');
    expect(await bed.codeOf(admin, 'server.forget', { ...forget, confirm: 'alhpa' })).toBe('INVALID_INPUT');
    expect(await deleted()).toHaveLength(1);
    expect(await bed.ask(admin, 'server.forget', forget)).toEqual({
      name: 'alpha',
      host: 'box-1',
      keptAt: '/srv/alpha',
    });
    expect(await deleted()).toEqual([]);
    const rows = await listAudit(bed.core.store.db, { subject: 'server.forget', limit: 50 });
    expect(rows.map(({ target, outcome }) => `${target} ${outcome}`)).toEqual([
      'alpha ok',
      'alpha INVALID_INPUT',
      'alpha FORBIDDEN',
      'alpha CONFLICT',
      'alpha CONFLICT',
    ]);
    // Its host, should it come back, has nothing asked of it, and the name is somebody else's by then.
    const again = await bed.agent(hostId);
    await bed.ask(admin, 'server.create', alpha);
    expect(again.asked.map(({ subject }) => subject)).not.toContain('server.purge');
  });

  test('is not purged by a clock that ran ahead of its host’s', async () => {
    let hostClock = bed.clock.now();
    const clock: AgentScript = async () => ({ clock: new Date(hostClock).toISOString() });
    const agent = await bed.agent(hostId, { 'system.ping': clock });
    await bed.ask(admin, 'server.create', alpha);
    await bed.ask(admin, 'server.delete', { server: 'alpha', keep: 3600 });
    bed.clock.advance(hourMs + 60_000);
    await eventually('it to be said', () => bed.troubles.some((text) => text.includes('not by their host’s')));
    expect(await deleted()).toHaveLength(1);
    expect(agent.asked.map(({ subject }) => subject)).not.toContain('server.purge');
    hostClock += hourMs;
    bed.clock.advance(60_000);
    await eventually('it to be purged', async () => (await deleted()).length === 0);
  });

  test('is not purged by a clock that was set ahead before as much time has passed', async () => {
    const agent = await bed.agent(hostId);
    await bed.ask(admin, 'server.create', alpha);
    await bed.ask(admin, 'server.delete', { server: 'alpha', keep: 3600 });
    bed.clock.set(8 * 24 * hourMs);
    bed.clock.advance(60_000);
    await eventually('it to be said', () => bed.troubles.some((text) => text.includes('set ahead')));
    expect(await deleted()).toHaveLength(1);
    bed.clock.advance(hourMs - 60_001);
    await bed.ask(admin, 'server.list', {});
    expect(await deleted()).toHaveLength(1);
    expect(agent.asked.map(({ subject }) => subject)).not.toContain('server.purge');
    bed.clock.advance(60_000);
    await eventually('it to be purged', async () => (await deleted()).length === 0);
  });

  test('whose purge ended while nobody heard of it is still told of, by its job', async () => {
    await bed.agent(hostId);
    await bed.ask(admin, 'server.create', alpha);
    await bed.ask(admin, 'server.delete', { server: 'alpha' });
    const id = newId();
    await bed.ask(admin, 'server.purge', { server: 'alpha', confirm: 'alpha' }, { id });
    expect(await deleted()).toHaveLength(0);
    expect(await bed.ask(admin, 'job.show', { job: id })).toMatchObject({
      job: { state: 'done', serverName: 'alpha' },
    });
    const other = await bed.host('box-2');
    await bed.agent(other);
    const elsewhere = await bed.person([{ role: 'admin', scope: { kind: 'host', id: other } }]);
    expect(await bed.codeOf(elsewhere, 'job.show', { job: id })).toBe('NOT_FOUND');
  });

  test('that cannot be purged keeps its name and its time, and is tried again ever more seldom', async () => {
    const agent = await bed.agent(hostId, { 'server.purge': fail });
    await bed.ask(admin, 'server.create', alpha);
    await bed.ask(admin, 'server.delete', { server: 'alpha', keep: 3600 });
    const [before] = await deleted();
    const tries = (): number => agent.asked.filter(({ subject }) => subject === 'server.purge').length;
    bed.clock.advance(hourMs + 60_000);
    await eventually('a first try', () => bed.troubles.some((text) => text.includes('could not be purged')));
    expect((await deleted())[0]?.deletion).toEqual(before?.deletion);
    bed.clock.advance(61_000);
    await eventually('a second try', () => tries() === 2);
    await eventually('it to be over', () => bed.troubles.filter((text) => text.includes('be purged')).length === 2);
    bed.clock.advance(61_000);
    await bed.ask(admin, 'server.list', {});
    expect(tries()).toBe(2);
  });

  test('is purged by hand only with its name, only when it is deleted, and only by who may', async () => {
    await bed.agent(hostId);
    await bed.ask(admin, 'server.create', alpha);
    const purge = { server: 'alpha', confirm: 'alpha' };
    expect(await bed.codeOf(admin, 'server.purge', purge)).toBe('CONFLICT');
    await bed.ask(admin, 'server.delete', { server: 'alpha' });
    expect(await bed.codeOf(admin, 'server.purge', { server: 'alpha', confirm: 'alpah' })).toBe('INVALID_INPUT');
    expect(await bed.codeOf(await bed.person([holding('operator')]), 'server.purge', purge)).toBe('FORBIDDEN');
    expect(await bed.codeOf(await bed.person([holding('operator')]), 'server.restore', purge)).toBe('FORBIDDEN');
    expect(await bed.ask(admin, 'server.purge', purge)).toMatchObject({ files: 3 });
    expect(await deleted()).toEqual([]);
    expect(await bed.codeOf(admin, 'server.purge', purge)).toBe('NOT_FOUND');
  });

  test('is restored as it was, off, and not where another has its ports by now', async () => {
    const agent = await bed.agent(hostId);
    await bed.ask(admin, 'server.create', alpha);
    expect(await bed.codeOf(admin, 'server.restore', { server: 'alpha' })).toBe('CONFLICT');
    await bed.ask(admin, 'server.delete', { server: 'alpha' });
    expect(await bed.codeOf(admin, 'server.start', { server: 'alpha' })).toBe('CONFLICT');
    await bed.ask(admin, 'server.restore', { server: 'alpha' });
    expect(await deleted()).toEqual([]);
    expect([...agent.desired.values()]).toMatchObject([{ name: 'alpha', power: 'off', deleted: false }]);
    await bed.ask(admin, 'server.delete', { server: 'alpha' });
    await bed.ask(admin, 'server.restore', { server: 'alpha' });
    expect(await deleted()).toEqual([]);
  });

  test('stays deleted, with its time, when it could not be restored', async () => {
    await bed.agent(hostId, { 'server.restore': fail });
    await bed.ask(admin, 'server.create', alpha);
    await bed.ask(admin, 'server.delete', { server: 'alpha' });
    const before = await deleted();
    expect(await bed.codeOf(admin, 'server.restore', { server: 'alpha' })).toBe('FORBIDDEN');
    expect((await deleted())[0]?.deletion).toEqual(before[0]?.deletion);
  });

  test('whose host was lost in the middle of a purge is purged when it comes back', async () => {
    const begun = Promise.withResolvers<void>();
    const hang: AgentScript = (_, { signal }) => {
      begun.resolve();
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const agent = await bed.agent(hostId, { 'server.purge': hang });
    await bed.ask(admin, 'server.create', alpha);
    await bed.ask(admin, 'server.delete', { server: 'alpha' });
    const lost = bed.codeOf(admin, 'server.purge', { server: 'alpha', confirm: 'alpha' });
    await begun.promise;
    await agent.disconnect();
    expect(await lost).toBe('UNREACHABLE');
    expect(await deleted()).toHaveLength(1);
    await bed.agent(hostId);
    bed.clock.advance(61_000);
    await eventually('it to be settled', async () => {
      bed.clock.advance(1_000);
      const [left] = await deleted();
      return left === undefined || Date.parse(left.deletion?.purgeAt ?? '') > bed.clock.now();
    });
  });
});
