import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { silentLog } from '../../platform/log.ts';
import { type EventJournal, openEventJournal } from './journal.ts';

const clock = createFakeClock(Date.UTC(2026, 0, 1));
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zedops-journal-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (): Promise<EventJournal> => openEventJournal(folder, clock, silentLog, 10);

async function tell(journal: EventJournal, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) journal.tell({ kind: 'ready', text, serverId: 's1' });
  await journal.flushed();
}

const textsAfter = (journal: EventJournal, seq: number): string[] =>
  journal.read(seq).events.map(({ seq: number, text }) => `${number} ${text}`);

describe('the journal of events', () => {
  test('goes on with its numbers after a restart', async () => {
    const first = await open();
    await tell(first, 'a', 'b');
    const second = await open();
    await tell(second, 'c');
    expect(second.stream).toBe(first.stream);
    expect(textsAfter(second, 1)).toEqual(['2 b', '3 c']);
    expect(second.read(3)).toEqual({ events: [], lost: 0 });
  });

  test('gives only what is on disk', async () => {
    const journal = await open();
    let heard = 0;
    journal.subscribe(() => {
      heard += 1;
    });
    journal.tell({ kind: 'ready', text: 'a' });
    expect(journal.read(0).events).toEqual([]);
    await journal.flushed();
    expect(textsAfter(journal, 0)).toEqual(['1 a']);
    expect(heard).toBe(1);
  });

  test('is bounded, and counts what a reader that was away too long has lost', async () => {
    const journal = await open();
    for (let number = 1; number <= 45; number += 1) await tell(journal, 'x');
    expect((await readdir(folder)).toSorted()).toEqual(['current.jsonl', 'older.jsonl']);
    const { events, lost } = journal.read(5);
    expect(events.length).toBeLessThanOrEqual(20);
    expect(lost).toBe((events[0]?.seq ?? 0) - 6);
    expect(events.at(-1)?.seq).toBe(45);
    const again = await open();
    expect(again.read(5)).toEqual({ events, lost });
  });

  test('survives a line that a power cut has cut off', async () => {
    await tell(await open(), 'a', 'b');
    await appendFile(join(folder, 'current.jsonl'), '{"seq":3,"at":"2026-');
    await tell(await open(), 'c');
    expect(textsAfter(await open(), 0)).toEqual(['1 a', '2 b', '3 c']);
  });

  test('begins another numbering where nothing is left', async () => {
    const first = await open();
    await tell(first, 'a');
    await rm(folder, { recursive: true });
    expect((await open()).stream).not.toBe(first.stream);
  });
});
