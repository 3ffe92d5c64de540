import { expect, test } from 'vitest';
import { serverActions } from '../actions.ts';
import { createKeymap, keymap, type Place, readKeys } from './keymap.ts';

/** Places whose keys are heard at the same time. */
const together: readonly (readonly Place[])[] = [
  ['fleet', 'server', 'list', 'everywhere'],
  ['log', 'server', 'everywhere'],
  ...(['hosts', 'people', 'tokens', 'audit'] as const).map((place): readonly Place[] => [
    place,
    'rows',
    'list',
    'everywhere',
  ]),
];

test('no key means two things at once', () => {
  for (const places of together) {
    const keys = keymap.filter(({ place }) => places.includes(place)).flatMap(({ keys: some }) => some);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  }
});

test('every action on a server has a key', () => {
  for (const { id } of serverActions) expect(createKeymap(new Map(), false).keyFor(id)).not.toBe('');
});

test('one’s own keys take the place of those of the table', () => {
  const own = createKeymap(readKeys('server.stop=x, quit=Q ctrl+c,'), false);
  expect(own.keyFor('quit')).toBe('Q');
  expect(own.find('x', ['server'])).toBe('server.stop');
  expect(own.find('S', ['server'])).toBeUndefined();
});

test('who only looks has no key that changes anything', () => {
  const looking = createKeymap(new Map(), true);
  expect(looking.bindings.some(({ changes }) => changes)).toBe(false);
  expect(looking.find('S', ['server'])).toBeUndefined();
});

test('keys for an action there is none of are refused', () => {
  expect(() => readKeys('server.stpo=x')).toThrow(/"server.stpo" is no action.*server.stop/);
});

test('a key that is given to something else does not do what it did', () => {
  const own = createKeymap(readKeys('server.kill=s, doctor=x'), false);
  expect(own.find('s', ['fleet', 'server', 'everywhere'])).toBe('server.kill');
  expect(own.keyFor('server.start')).toBe('');
  expect(own.find('x', ['hosts', 'rows', 'everywhere'])).toBe('doctor');
});

test.each([
  ['server.stop=ctl+x', /server.stop: "ctl\+x" is no key/],
  ['open=entr', /open: "entr" is no key.*enter/],
  ['server.stop=x, server.start=x', /"x" stands for both server.start and server.stop/],
  ['quit=', /quit needs a key/],
  ['quit', /"quit" names no key/],
])('%s is refused, naming the key', (text, message) => {
  expect(() => readKeys(text)).toThrow(message);
});

test('keys by their names, letters of any script and keys held down are keys', () => {
  expect(readKeys('server.stop=ctrl+x f5, redraw=ü, logs=').get('server.stop')).toEqual(['ctrl+x', 'f5']);
});
