import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readLogEvent } from './log-events.ts';
import { createLogReader } from './log-reader.ts';

const rows = readFileSync(join(import.meta.dirname, 'log-corpus.txt'), 'utf8')
  .split('\n')
  .filter((row) => row !== '' && !row.startsWith('#'))
  .map((row) => {
    const bar = row.indexOf(' | ');
    const [level = '', category = '', event = '', ...about] = row.slice(0, bar).split(' ');
    return { expected: { level, category, event, about: about.join(' ') }, line: row.slice(bar + 3) };
  });

describe('the corpus', () => {
  const reader = createLogReader();
  test.each(rows)('$line', ({ line, expected }) => {
    const record = reader.read(line, 1);
    const event = readLogEvent(record.line);
    const isMore = record.line.kind === 'continuation';
    expect({
      level: isMore ? '+' : (record.header?.level ?? '-'),
      category: record.header?.category ?? '-',
      event: event?.kind ?? '-',
      about: event?.player ?? event?.mod ?? '-',
    }).toEqual(expected);
    if (record.line.kind !== 'entry') expect(record.line.message).toBe(line);
  });
});

test('a stack trace has the header of its first line, and a line of another program has none', () => {
  const reader = createLogReader();
  const lines = ['ERROR: Lua f:0> broken', '\tat one', 'STACK TRACE', 'hello', '\tat two'];
  const headers = lines.map((line, index) => reader.read(line, index + 1).header);
  expect(headers.map((header) => header?.seq)).toEqual([1, 1, 1, undefined, undefined]);
});

test('no line is slow to read', () => {
  const begun = performance.now();
  for (const opening of ['connection: guid=', 'Got message:ChatMessage{', 'Workshop: ', 'User ', 'The player ']) {
    readLogEvent({ kind: 'plain', message: opening + 'author=\'username="ID='.repeat(50_000) });
  }
  expect(performance.now() - begun).toBeLessThan(1_000);
});
