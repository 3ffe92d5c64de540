import { expect, test } from 'vitest';
import { parseImageTemplate } from '../../zomboid/images/read-image-template.ts';
import { worldRisks } from './world-risks.ts';

function image(id: string) {
  const imageText = `title: A trial
registry: example.org/${id}
tag: latest
build: { env: BRANCH, values: { stable: 42, legacy: 41 }, tags: { old: 41, new: 42 } }
volumes: { data: /data }
ports: [{ name: game, port: 16261 }]
facts: { branch: BRANCH, map: MAP }
`;
  const parsed = parseImageTemplate(id, imageText, '# Branch.\nBRANCH=\n\n# Map.\nMAP=\n');
  if ('faults' in parsed) throw new Error(parsed.faults.join('\n'));
  return parsed.template;
}

const before = { template: image('one'), env: { BRANCH: 'stable', MAP: 'A' }, reference: 'example.org/one:latest' };

test('nothing that the world depends on: no risk', () => {
  expect(worldRisks(before, { ...before, reference: 'example.org/one:next' })).toEqual([]);
});

test.each([
  ['map', { env: { BRANCH: 'stable', MAP: 'B' } }, ['the map changes from A to B']],
  ['no map', { env: { BRANCH: 'stable', MAP: '' } }, ['the map changes from A to the game’s own']],
  [
    'branch',
    { env: { BRANCH: 'legacy', MAP: 'A' } },
    ['the game changes from build 42 to 41', 'the branch changes from stable to legacy'],
  ],
  ['image', { template: image('two') }, ['the image changes from one to two']],
])('%s', (_, change, risks) => {
  expect(worldRisks(before, { ...before, ...change })).toEqual(risks);
});

test('the tag tells the build where the env does not', () => {
  const old = { ...before, env: { MAP: 'A' }, reference: 'registry.example:5000/one:old' };
  expect(worldRisks(old, { ...old, reference: 'registry.example:5000/one:new' })).toEqual([
    'the game changes from build 41 to 42',
  ]);
});
