import { expect, test } from 'vitest';
import { serverActions } from './actions.ts';
import { createKeymap, keymap, type Place, readKeys } from './keymap.ts';

/** Places whose keys are heard at the same time. */
const together: readonly (readonly Place[])[] = [
  ['fleet', 'server', 'list', 'everywhere'],
  ['log', 'server', 'everywhere'],
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
