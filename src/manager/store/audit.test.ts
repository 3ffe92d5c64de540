import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { type AuditBegin, beginAudit, endAudit, listAudit } from './audit.ts';
import { openStore, type Store } from './database.ts';

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zedops-audit-'));
  store = await openStore(folder, createFakeClock(0));
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

function row(id: string, more: Partial<AuditBegin> = {}): AuditBegin {
  const actor = { kind: 'person', id: 'p1', name: 'ann@example.org' } as const;
  const rest = {
    requestId: `r-${id}`,
    subject: 'server.stop',
    target: 'alpha',
    details: { server: 'alpha' },
    from: '192.0.2.1',
  };
  return { id, at: 1_000, actor, ...rest, ...more };
}

async function ids(filter: Partial<Parameters<typeof listAudit>[1]> = {}): Promise<readonly string[]> {
  return (await listAudit(store.db, { limit: 100, ...filter })).map(({ id }) => id);
}

test('a row is there from the beginning, and says later how it ended', async () => {
  await beginAudit(store.db, row('a', { target: undefined, details: undefined }));
  expect(await listAudit(store.db, { limit: 1 })).toEqual([
    {
      id: 'a',
      at: '1970-01-01T00:00:01.000Z',
      requestId: 'r-a',
      actor: { kind: 'person', id: 'p1', name: 'ann@example.org' },
      subject: 'server.stop',
      outcome: 'begun',
      details: null,
      from: '192.0.2.1',
    },
  ]);
  await endAudit(store.db, 'a', { outcome: 'CONFLICT', message: 'alpha is busy', durationMs: 1.5, target: 'alpha' });
  expect(await listAudit(store.db, { limit: 1 })).toMatchObject([
    { outcome: 'CONFLICT', message: 'alpha is busy', durationMs: 1.5, target: 'alpha' },
  ]);
});

test('rows come newest first, as many as wanted, from a time on', async () => {
  for (const [id, at] of [
    ['a', 1],
    ['c', 3],
    ['b', 2],
    ['d', 3],
  ] as const)
    await beginAudit(store.db, row(id, { at }));
  expect(await ids()).toEqual(['d', 'c', 'b', 'a']);
  expect(await ids({ limit: 2 })).toEqual(['d', 'c']);
  expect(await ids({ since: 2 })).toEqual(['d', 'c', 'b']);
});

test('rows are found by subject, noun, and who it was, and by nothing that only looks like it', async () => {
  const local = { kind: 'local', id: '', name: 'local' } as const;
  await beginAudit(store.db, row('a', { subject: 'server.stop', at: 1 }));
  await beginAudit(store.db, row('b', { subject: 'server.start', at: 2, actor: local }));
  await beginAudit(store.db, row('c', { subject: 'serverless.start', at: 3 }));
  await beginAudit(store.db, row('d', { subject: 'server', at: 4 }));
  expect(await ids({ subject: 'server' })).toEqual(['d', 'b', 'a']);
  expect(await ids({ subject: 'server.stop' })).toEqual(['a']);
  for (const subject of ['serv', 'server.', '%', 'server.%', '']) expect(await ids({ subject })).toEqual([]);
  expect(await ids({ actor: 'ann@example.org', subject: 'server' })).toEqual(['d', 'a']);
  expect(await ids({ actor: 'p1' })).toEqual(['d', 'c', 'a']);
  expect(await ids({ actor: 'local' })).toEqual(['b']);
});
