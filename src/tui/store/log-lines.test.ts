import { expect, test } from 'vitest';
import { createLineRing } from './log-lines.ts';

const lines = (...texts: readonly string[]): { readonly first: number; readonly text: string } => ({
  first: 1,
  text: texts.map((text) => `2026-11-21T15:00:00.000Z o ${text}`).join('\n'),
});
const kept = (ring: ReturnType<typeof createLineRing>): (string | undefined)[] =>
  Array.from({ length: ring.end() - ring.first() }, (_, index) => ring.at(ring.first() + index)?.text);

test('lines that came together are found one by one, and remarks between them', () => {
  const ring = createLineRing(100, 10_000);
  expect([ring.first(), ring.end(), ring.at(0)]).toEqual([0, 0, undefined]);
  ring.addLines(lines('one', 'two'));
  ring.addRemark('3 lines lost');
  ring.addLines(lines('three'));
  expect(kept(ring)).toEqual(['one', 'two', '3 lines lost', 'three']);
  expect(ring.at(1)).toEqual({ kind: 'line', time: '2026-11-21T15:00:00.000Z', text: 'two', loudness: 1 });
  expect(ring.at(2)).toMatchObject({ kind: 'remark', time: '' });
  expect([ring.at(-1), ring.at(4)]).toEqual([undefined, undefined]);
});

test('a stack trace is as loud as the line it belongs to, also where that came earlier', () => {
  const ring = createLineRing(100, 10_000);
  ring.addLines(lines('LOG  : General f:0 st:1> fine', 'ERROR: Lua f:0 st:1> broken'));
  ring.addLines(lines('\tat one', '\tat two'));
  ring.addRemark('some lines lost');
  ring.addLines(lines('hello', 'WARN : Mod f:0 st:1> odd'));
  const marks = Array.from({ length: ring.end() }, (_, place) => {
    const { loudness, category } = ring.at(place) ?? {};
    return [loudness, category];
  });
  expect(marks).toEqual([
    ...[
      [1, 'General'],
      [3, 'Lua'],
      [3, 'Lua'],
      [3, 'Lua'],
    ],
    [3, undefined],
    ...[
      [1, undefined],
      [2, 'Mod'],
    ],
  ]);
});

test('the oldest go where there are more than it keeps, or longer ones', () => {
  const many = createLineRing(1_000, 1_000_000);
  for (let at = 0; at < 6_000; at += 2) many.addLines(lines(`line ${at}`, `line ${at + 1}`));
  expect([many.first(), many.end()]).toEqual([5_000, 6_000]);
  expect([many.at(4_999), many.at(5_000)?.text, many.at(5_999)?.text]).toEqual([undefined, 'line 5000', 'line 5999']);
  const long = createLineRing(1_000, 1_000);
  for (let at = 0; at < 20; at += 1) long.addLines(lines(`${at} ${'x'.repeat(400)}`));
  expect(kept(long).map((text) => text?.slice(0, 2))).toEqual(['18', '19']);
  long.addLines(lines('y'.repeat(5_000)));
  expect(kept(long)).toHaveLength(1);
});
