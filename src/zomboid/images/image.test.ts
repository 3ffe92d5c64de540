import { expect, test } from 'vitest';
import { namedKeys, parseImage } from './image.ts';

const least = `
title: An image
registry: ghcr.io/someone/zomboid
tag: latest
volumes: { data: /data }
ports: [{ name: game, port: 16261 }]
`;

function faultsOf(text: string, id = 'mine'): readonly string[] {
  const parsed = parseImage(id, text);
  return 'faults' in parsed ? parsed.faults : [];
}

test('the least an image says is completed', () => {
  expect(parseImage('mine', least)).toEqual({
    image: {
      ...{ id: 'mine', title: 'An image', registry: 'ghcr.io/someone/zomboid', tag: 'latest', tags: [] },
      ...{ pull: 'missing', runtimes: ['docker'], volumes: { data: '/data' }, stopSeconds: 300, world: {}, facts: {} },
      ports: [{ name: 'game', port: 16261, protocol: 'udp' }],
    },
  });
});

test('it tells which keys of the env it speaks of, and where', () => {
  const parsed = parseImage(
    'mine',
    `${least}rcon: { env: RCON_PORT, port: 27015, password: PW }\nfacts: { mods: MODS }\n`,
  );
  expect('image' in parsed && Object.fromEntries(namedKeys(parsed.image))).toEqual({
    ...{ RCON_PORT: 'rcon.env', PW: 'rcon.password', MODS: 'facts.mods' },
  });
});

test.each([
  ['an unknown field', `${least}volume: {}`, /volume/],
  ['a field twice', `${least}tag: '1'`, /Map keys must be unique at line 7, column 1/],
  ['text that is no YAML', 'title: [', /at line 1, column/],
  ['an alias, of which bombs are made', `${least.replace('An image', '&a x')}process: { command: [*a] }`, /alias/i],
  ['nothing', '', /expected object/],
  ['a tag in the registry', least.replace('/zomboid', '/zomboid:1'), /^registry: is no image reference/],
  ['a tag that is none', least.replace('latest', '-x'), /^tag: is no tag/],
  ['a folder that climbs', least.replace('/data', '/data/../etc'), /^volumes.data: is no plain absolute path/],
  ['a folder that is the root', least.replace('/data', '/'), /^volumes.data/],
  ['no data folder', least.replace('data:', 'bin:'), /^volumes.data/],
  ['a port of the system', least.replace('16261', '80'), /^ports.0.port/],
  ['a process without a command', `${least}runtimes: [process]`, /^process: is missing/],
  ['a key that is none', `${least}world: { env: 'A B' }`, /^world.env: is no name/],
  ['a build nobody has', `${least}build: { env: A, values: { x: 43 } }`, /^build.values.x/],
])('%s is a fault that says where', (_, text, expected) => {
  expect(faultsOf(text)[0]).toMatch(expected);
});

test.each(['', '-x', 'Upper', '../etc', 'a b', 'a'.repeat(64)])('"%s" is no name for an image', (id) => {
  expect(faultsOf(least, id)).toHaveLength(1);
});
