import { expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { createKeyReader, type Key } from './key-reader.ts';

function read(...parts: readonly string[]) {
  const clock = createFakeClock(0);
  const keys: Key[] = [];
  const replies: string[] = [];
  const reader = createKeyReader({
    clock,
    onKey: (key) => void keys.push(key),
    onReply: (reply) => void replies.push(reply),
  });
  for (const part of parts) reader.take(Buffer.from(part));
  clock.advance(100);
  return { names: keys.map(({ name }) => name), keys, replies };
}

test.each([
  ['aA?', ['a', 'A', '?']],
  ['\r\t\u007f', ['enter', 'tab', 'backspace']],
  ['\u0003\u001a', ['ctrl+c', 'ctrl+z']],
  ['\u001b[A\u001bOB\u001b[1;5C', ['up', 'down', 'ctrl+right']],
  ['\u001b[5~\u001b[6~\u001b[3~', ['page-up', 'page-down', 'delete']],
  ['\u001bx', ['alt+x']],
  ['\u001b', ['escape']],
  ['\u001b\u001b[A', ['escape', 'up']],
  ['é日🧟', ['é', '日', '🧟']],
])('%j is read', (bytes, names) => {
  expect(read(bytes).names).toEqual(names);
});

test('a sequence that is cut in two is one key', () => {
  expect(read('\u001b', '[', 'A').names).toEqual(['up']);
  expect(read('\u001b[1;', '5A').names).toEqual(['ctrl+up']);
});

test('a letter that is cut in two is one letter', () => {
  const clock = createFakeClock(0);
  const names: string[] = [];
  const reader = createKeyReader({ clock, onKey: ({ name }) => void names.push(name), onReply: () => undefined });
  const bytes = Buffer.from('ü');
  reader.take(bytes.subarray(0, 1));
  reader.take(bytes.subarray(1));
  expect(names).toEqual(['ü']);
});

test('what is pasted is one text, whatever is in it', () => {
  const { keys } = read('\u001b[200~one\ntwo \u001b[A', 'three\u001b[20', '1~x');
  expect(keys).toEqual([
    { name: 'paste', text: 'one\ntwo \u001b[Athree' },
    { name: 'x', text: 'x' },
  ]);
});

test('what the terminal answers is no key', () => {
  expect(read('\u001b[?2026;2$y\u001b[?62;c\u001b[<0;3;4M\u001b[99999z')).toMatchObject({
    names: [],
    replies: ['?2026;2$y', '?62;c', '<0;3;4M'],
  });
});

test('what a mouse sends is no key, unless it is asked for', () => {
  const report = '\u001b[<0;7;3M\u001b[<0;7;3m\u001b[<64;1;1M\u001b[<2;1;1Ma';
  expect(read(report).names).toEqual(['a']);
  const keys: Key[] = [];
  const onKey = (key: Key): void => void keys.push(key);
  const reader = createKeyReader({ clock: createFakeClock(0), onKey, onReply: () => undefined, hasMouse: true });
  reader.take(Buffer.from(report));
  expect(keys.map(({ name }) => name)).toEqual(['click', 'wheel-up', 'wheel-up', 'wheel-up', 'a']);
  expect(keys[0]?.at).toEqual({ column: 6, row: 2 });
});
