import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { silentLog } from '../../platform/log.ts';
import type { HostFacts } from '../../protocol/entities/host.ts';
import { openStore } from '../store/database.ts';
import { findHost, saveInvitedHost } from '../store/hosts.ts';
import { createHostNotes } from './host-notes.ts';

const facts: HostFacts = {
  hostname: 'box',
  platform: 'linux',
  kernel: '6.1',
  cpus: 2,
  memoryBytes: 1024,
  agentVersion: '1.0.0',
  nodeVersion: 'v24.0.0',
  dataRoot: '/srv',
  runtime: { kind: 'process', version: '1.0.0' },
  clock: '2026-01-01T00:00:00.000Z',
};

test('news is written at once, and what comes within a moment besides it together', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'zedops-notes-'));
  const clock = createFakeClock(1_000);
  const store = await openStore(folder, clock);
  const host = (id: string) => findHost(store.db, id);
  try {
    for (const id of ['h1', 'h2']) await saveInvitedHost(store.db, { id, name: id, at: 1 });
    const notes = createHostNotes({ db: store.db, clock, log: silentLog });
    notes.facts('h1', facts, 2);
    await expect.poll(async () => (await host('h1'))?.facts).toEqual(facts);
    notes.facts('h1', { ...facts, clock: '2026-01-01T00:01:00.000Z' }, 3);
    notes.seen('h2', 4);
    expect((await host('h2'))?.lastSeenAt).toBeUndefined();
    await clock.advance(100);
    await expect.poll(async () => (await host('h2'))?.lastSeenAt).toBe(4);
    expect(await host('h1')).toMatchObject({ lastSeenAt: 3, facts: { clock: '2026-01-01T00:01:00.000Z' } });
    notes.seen('h2', 5);
    await notes.flush();
    expect((await host('h2'))?.lastSeenAt).toBe(5);
  } finally {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
});
