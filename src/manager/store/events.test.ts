import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { localIdentity } from '../people/identity.ts';
import { openStore } from './database.ts';
import { dropOldEvents, insertEvents, lastEventId, listEvents, readEventCursor } from './events.ts';
import { activateLocalHost } from './hosts.ts';

test('events are forgotten by age and by count, and their numbers are never used again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'zedops-events-'));
  const { db, close } = await openStore(folder, createFakeClock(0));
  await activateLocalHost(db, { id: 'h1', name: 'box-1', at: 1 });
  const put = (text: string, heardAt: number): Promise<void> =>
    insertEvents(db, 'h1', [{ at: 0, kind: 'ready', text }], heardAt);
  const texts = async (): Promise<string[]> =>
    (await listEvents(db, localIdentity, { limit: 10 })).map(({ text }) => text);

  expect(await lastEventId(db)).toBe(0);
  for (const [index, text] of ['a', 'b', 'c', 'd'].entries()) await put(text, index);
  await dropOldEvents(db, 1, 100);
  expect(await texts()).toEqual(['b', 'c', 'd']);
  await dropOldEvents(db, 1, 2);
  expect(await texts()).toEqual(['c', 'd']);
  await dropOldEvents(db, 100, 2);
  expect(await texts()).toEqual([]);
  await put('e', 100);
  expect(await lastEventId(db)).toBe(5);

  await insertEvents(db, 'h1', [], 100, { stream: 's', seq: 7 });
  await insertEvents(db, 'h1', [], 100, { stream: 't', seq: 1 });
  expect(await readEventCursor(db, 'h1')).toEqual({ stream: 't', seq: 1 });
  await close();
  await rm(folder, { recursive: true });
});
