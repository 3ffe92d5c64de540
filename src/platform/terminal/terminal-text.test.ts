import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stripControls } from './terminal-text.ts';

test.each([
  ['plain text stays', 'plain text stays'],
  ['tab\tstays', 'tab\tstays'],
  ['Žluťoučký kůň 僵尸 🧟‍♂️', 'Žluťoučký kůň 僵尸 🧟‍♂️'],
  ['\u001b[31mred\u001b[0m', 'red'],
  ['\u001b[2J\u001b[1;1Hcleared', 'cleared'],
  ['\u001b]0;title\u0007after', 'after'],
  ['\u001b]8;;https://evil.example\u001b\\link\u001b]8;;\u001b\\', 'link'],
  ['\u001b]52;c;ZXZpbA==\u0007clipboard', 'clipboard'],
  ['\u001bPq#0;2;0;0;0\u001b\\sixel', 'sixel'],
  ['\u009b31mc1', 'c1'],
  ['\u009d0;title\u009cafter', 'after'],
  ['\u001bcreset', 'reset'],
  ['\u001b(0line drawing', 'line drawing'],
  ['line\r\nbreak\u0008\u007f', 'linebreak'],
  ['bell\u0007', 'bell'],
  ['\u202egnp.exe', 'gnp.exe'],
  ['\u2066isolate\u2069 \u200fmark', 'isolate mark'],
  ['cut off \u001b[', 'cut off '],
  ['cut off \u001b]0;tit', 'cut off '],
  ['\u001b\u001b[31mtwice', 'twice'],
])('%j', (text, expected) => {
  expect(stripControls(text)).toBe(expected);
});

test('nothing that a terminal obeys comes through, and a second time changes nothing', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '\u001b',
      '[',
      ']',
      '\u009b',
      '\u0007',
      '\u009c',
      '\\',
      'm',
      '0',
      ';',
      'P',
      '\u001bP',
      '\r',
      '\n',
      '\u202e',
    ),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const clean = stripControls(pieces.join(''));
      expect(clean).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      expect(stripControls(clean)).toBe(clean);
    }),
    { numRuns: 2000 },
  );
});

test('a megabyte of half sequences takes no longer than reading it', () => {
  for (const text of [
    '\u001b]'.repeat(500_000),
    '\u001b[0;'.repeat(250_000),
    '\u001b[ '.repeat(300_000),
    '\u001bP'.repeat(500_000),
  ]) {
    const begun = performance.now();
    stripControls(text);
    expect(performance.now() - begun).toBeLessThan(4000);
  }
});
