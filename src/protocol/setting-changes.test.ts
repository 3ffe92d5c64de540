import { expect, test } from 'vitest';
import { type MadeOf, settingChanges } from './setting-changes.ts';

const alpha: MadeOf = {
  image: { template: 'little', reference: 'example.org/little:1', pull: 'missing' },
  env: { GAME_PORT: '16261', MAP: 'Muldraugh, KY', ADMIN_PASSWORD: 'canary-one' },
  secretKeys: ['ADMIN_PASSWORD'],
  game: {
    worldName: 'alpha',
    ports: [{ name: 'game', port: 16_261, protocol: 'udp' }],
    volumes: [{ folder: 'data', path: '/data' }],
    stopSeconds: 60,
  },
  limits: { memoryMb: 4096 },
};

test('nothing differs from itself, whatever its pull policy', () => {
  expect(settingChanges(alpha, { ...alpha, image: { ...alpha.image, pull: 'always' } })).toEqual([]);
});

test('tells what is set, changed and gone, and a port once by its key', () => {
  const after: MadeOf = {
    ...alpha,
    image: { ...alpha.image, reference: 'example.org/little:2' },
    env: { GAME_PORT: '16300', ADMIN_PASSWORD: 'canary-two', LONG: 'x'.repeat(500) },
    game: { ...alpha.game, ports: [{ name: 'game', port: 16_300, protocol: 'udp' }] },
    limits: { memoryMb: 6144, cpus: 2 },
  };
  const changes = settingChanges(alpha, after);
  expect(changes).toEqual([
    { setting: 'image', before: 'example.org/little:1', after: 'example.org/little:2' },
    { setting: 'memory', before: '4096 MiB', after: '6144 MiB' },
    { setting: 'cpus', after: '2' },
    { setting: 'ADMIN_PASSWORD', before: 'set', after: 'changed' },
    { setting: 'GAME_PORT', before: '16261', after: '16300' },
    { setting: 'LONG', after: `${'x'.repeat(100)}…` },
    { setting: 'MAP', before: 'Muldraugh, KY' },
  ]);
  expect(JSON.stringify(changes)).not.toContain('canary');
});

test('a secret stays one where either side says that it is', () => {
  const open = { ...alpha, secretKeys: [], env: { ADMIN_PASSWORD: 'canary-three' } };
  expect(JSON.stringify([settingChanges(alpha, open), settingChanges(open, alpha)])).not.toContain('canary');
});

test('a key such as constructor is a key like any other', () => {
  expect(settingChanges(alpha, { ...alpha, env: { ...alpha.env, constructor: 'x' } })).toEqual([
    { setting: 'constructor', after: 'x' },
  ]);
});
