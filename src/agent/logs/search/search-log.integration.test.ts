import { afterEach, describe, expect, test } from 'vitest';
import type { Clock } from '../../../platform/clock.ts';
import { systemClock } from '../../../platform/clock.ts';
import { createFakeClock } from '../../../platform/fake-clock.ts';
import { packageRoot } from '../../../platform/files/package-root.ts';
import type { LogBatch, LogItem } from '../../../protocol/entities/log.ts';
import type { LogFinding, LogWish } from '../../../protocol/entities/log-search.ts';
import { searchLog } from './search-log.ts';
import { type SieveThread, startSieve } from './sieve-thread.ts';

const texts = [
  'LOG  : General      f:0 st:1> fine',
  'ERROR: Lua          f:0 st:2> java.lang.NullPointerException: oops',
  '\tat some.Place.run(Place.java:7)',
  'LOG  : Network      f:0 st:3> Disconnected player "bob" 76561198000000001',
  'NullPointer says a shell',
];

function batch(first: number, lines: readonly string[] = texts): LogBatch {
  const text = lines.map((line, index) => `2026-11-21T18:00:0${index}.000000000Z o ${line}`).join('\n');
  return { kind: 'lines', stream: 's', first, count: lines.length, text };
}

const sieves: SieveThread[] = [];
afterEach(async () => {
  for (const sieve of sieves.splice(0)) await sieve.close();
});

interface Options {
  readonly until?: string;
  readonly limit?: number;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

async function search(wish: LogWish, items: readonly LogItem[], options: Options = {}) {
  const { until, limit = 100, clock = systemClock, signal = new AbortController().signal } = options;
  const sieve = startSieve({ wish, until, clock, signal, packageRoot: packageRoot() });
  sieves.push(sieve);
  const findings: LogFinding[] = [];
  const serverLog = {
    async read({ signal: over }: { readonly signal: AbortSignal }, sink: (item: LogItem) => Promise<void> | undefined) {
      for (const item of items) if (!over.aborted) await sink(item);
      return { stream: 's', seq: 0 };
    },
  };
  const end = await searchLog({
    ...{ serverLog, sieve, limit, signal },
    give: (finding) => void findings.push(finding),
  });
  const seqs = findings.flatMap((finding): (number | string)[] =>
    finding.kind === 'found'
      ? finding.lines.map(({ seq }) => seq)
      : finding.kind === 'gap'
        ? [`gap ${finding.through}`]
        : finding.lines.map(({ text }) => text),
  );
  return { findings, seqs, end };
}

describe('a search', () => {
  test('finds lines with what they say of themselves, and keeps gaps in their place', async () => {
    const gap: LogItem = { kind: 'gap', stream: 's', through: 15, count: 5, reason: 'rotated' };
    const { findings, seqs, end } = await search({ pattern: 'NullPointer|Place' }, [batch(6), gap, batch(16)]);
    expect(seqs).toEqual([7, 8, 10, 'gap 15', 17, 18, 20]);
    expect(end).toEqual({ found: 6, isCut: false });
    expect(findings[0]).toMatchObject({
      through: 10,
      lines: [
        { seq: 7, level: 'ERROR', category: 'Lua', event: 'error', message: 'java.lang.NullPointerException: oops' },
        { seq: 8, level: 'ERROR', of: 7 },
        { seq: 10, text: texts[4] },
      ],
    });
  });

  test('filters by level, category and player', async () => {
    expect((await search({ level: 'error' }, [batch(1)])).seqs).toEqual([2, 3]);
    expect((await search({ category: 'network' }, [batch(1)])).seqs).toEqual([4]);
    expect((await search({ player: 'bob' }, [batch(1)])).findings[0]).toMatchObject({
      lines: [{ seq: 4, event: 'player', player: 'bob' }],
    });
  });

  test('ends with the limit, and at the first line after its time', async () => {
    expect(await search({}, [batch(1), batch(6)], { limit: 6 })).toMatchObject({
      seqs: [1, 2, 3, 4, 5, 6],
      end: { found: 6, isCut: true },
    });
    const until = '2026-11-21T18:00:01.500000000Z';
    expect((await search({}, [batch(1), batch(6)], { until })).seqs).toEqual([1, 2]);
  });

  test('a pattern that never ends is refused, and costs its thread alone', async () => {
    const clock = createFakeClock(0);
    const endless = search({ pattern: '(a+)+$' }, [batch(1, [`${'a'.repeat(60)}!`])], { clock });
    const refused = expect(endless).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('takes too long'),
    });
    while (clock.pending() === 0) await new Promise(setImmediate);
    clock.advance(5_000);
    await refused;
  });

  test('ends with whoever asked', async () => {
    const leaving = new AbortController();
    const endless = search({ pattern: '(a+)+$' }, [batch(1, [`${'a'.repeat(60)}!`])], { signal: leaving.signal });
    leaving.abort();
    await expect(endless).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
