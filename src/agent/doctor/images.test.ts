import { expect, test } from 'vitest';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import type { ImageSurvey } from '../runtime/runtime.ts';
import type { KeptContainer } from '../runtime/upkeep.ts';
import { testServer } from '../servers/server-bed.ts';
import { examineImages } from './images.ts';

const image = { template: 'danixu', reference: 'danixu:latest', pull: 'missing' } as const;
const server = testServer({ image });
const container: KeptContainer = {
  ...{ name: 'danixu-alpha', serverId: 's1', isStopped: false, ports: [] },
  ...{ image: 'danixu:latest', imageId: 'sha256:new' },
};

async function examine(
  change: Partial<KeptContainer>,
  answer: ImageSurvey,
  { servers = [server], digests = ['sha256:here'] }: { servers?: readonly DesiredServer[]; digests?: string[] } = {},
) {
  const asked: string[] = [];
  const found = await examineImages({
    ...{ containers: [{ ...container, ...change }], servers },
    image: async (reference) => (reference === 'gone:1' ? undefined : { id: 'sha256:new', digests }),
    async registry(reference) {
      asked.push(reference);
      return answer;
    },
  });
  return { found, asked };
}

const same: ImageSurvey = { registry: 'has-it', digest: 'sha256:here' };

test('a container of an older image is rebuilt', async () => {
  expect((await examine({}, same)).found).toMatchObject([{ level: 'ok' }]);
  expect((await examine({ imageId: 'sha256:old' }, same)).found).toMatchObject([
    { check: 'image of alpha', level: 'warn', fix: 'zedops server rebuild alpha' },
    { level: 'ok' },
  ]);
  // What was made of another reference is no older image of this one.
  expect((await examine({ imageId: 'sha256:old', image: 'other:1' }, same)).found).toMatchObject([{ level: 'ok' }]);
});

test('a registry is asked once for an image, and what it has newer is pulled', async () => {
  const second = testServer({ id: 's2', name: 'beta', image });
  const newer = { registry: 'has-it', digest: 'sha256:there' } as const;
  const { found, asked } = await examine({}, newer, { servers: [server, second] });
  expect(asked).toEqual(['danixu:latest']);
  expect(found).toMatchObject([
    { level: 'warn', fix: 'zedops server rebuild alpha --pull, then without --pull: beta' },
  ]);
});

test('a registry that does not answer is no error', async () => {
  for (const registry of ['unreachable', 'refuses', 'has-not'] as const) {
    expect((await examine({}, { registry, problem: 'no route' })).found).toMatchObject([
      { level: 'ok', message: 'whether its registry has a newer one is not known: no route' },
    ]);
  }
});

test('an image of no registry, one named by its digest and one that is never pulled are not asked for', async () => {
  const built = await examine({}, same, { digests: [] });
  const fixed = await examine({}, same, {
    servers: [testServer({ image: { ...image, reference: 'danixu@sha256:here' } })],
  });
  const never = await examine({}, same, { servers: [testServer({ image: { ...image, pull: 'never' } })] });
  const gone = await examine({}, same, { servers: [testServer({ image: { ...image, reference: 'gone:1' } })] });
  expect([built, fixed, never, gone].map(({ found, asked }) => [found.length, asked.length])).toEqual(
    Array.from({ length: 4 }, () => [0, 0]),
  );
});
