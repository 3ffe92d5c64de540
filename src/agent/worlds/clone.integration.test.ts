import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { silentLog } from '../../platform/log.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { type CloneDeps, type Cloned, cloneServer } from './clone.ts';
import { openPlacements, type Placements, refuseUnplaced } from './placements.ts';
import { contentOf, makeBase, makeOddTree } from './tree-bed.ts';

const alpha: DesiredServer = {
  id: 's1',
  name: 'alpha',
  revision: 1,
  power: 'off',
  image: { template: 'simulator', reference: 'simulator', pull: 'never' },
  env: {},
  secretKeys: [],
  game: { worldName: 'alpha', ports: [], volumes: [{ folder: 'data', path: '/data' }], stopSeconds: 60 },
  limits: {},
  deleted: false,
};
const bravo: DesiredServer = { ...alpha, id: 's2', name: 'bravo' };

describe('cloning a world', () => {
  let bed: ReturnType<typeof makeBase>;
  let root: string;
  let original: string;
  const open = (): Promise<Placements> =>
    openPlacements({ folder: join(bed.base, 'placements'), dataRoot: root, log: silentLog });

  beforeEach(async () => {
    bed = makeBase();
    root = join(bed.base, 'root');
    await mkdir(join(root, 'alpha'), { recursive: true });
    await makeOddTree(join(root, 'alpha'));
    original = await contentOf(join(root, 'alpha'));
  });
  afterEach(() => bed.remove());

  /** An agent over the same disk; at its `dieAt`th point it stops for ever, as one that was killed. */
  const agent = async (
    dieAt: number,
    create: CloneDeps['lifecycle']['create'] = async () => ({ state: 'stopped' }),
  ) => {
    const dead = Promise.withResolvers<'dead'>();
    let points = 0;
    const point = async (): Promise<void> => {
      points += 1;
      if (points !== dieAt) return;
      dead.resolve('dead');
      await new Promise(() => undefined);
    };
    const placements = await open();
    const deps: CloneDeps = {
      placements: {
        ...placements,
        async write(id, placement) {
          await point();
          await placements.write(id, placement);
          await point();
        },
      },
      lifecycle: {
        async create(server, doing) {
          await point();
          return create(server, doing);
        },
      },
      looker: { look: async () => undefined },
      saveWorld: async () => undefined,
      clock: systemClock,
      work: join(bed.base, 'work'),
    };
    const doing = { report: () => undefined, signal: new AbortController().signal };
    const run = (): Promise<Cloned | 'dead'> =>
      Promise.race([cloneServer(deps, alpha, bravo, false, doing), dead.promise]);
    return { run, placements };
  };

  it('goes on wherever it was killed, and never touches the first world', async () => {
    let kills = 0;
    for (let dieAt = 1; ; dieAt += 1) {
      const { run } = await agent(dieAt);
      const outcome = await run();
      if (outcome !== 'dead') break;
      kills += 1;
      expect(await contentOf(join(root, 'alpha')), `killed at ${dieAt}`).toBe(original);
      const again = await agent(Number.POSITIVE_INFINITY);
      expect(await again.run()).toMatchObject({ folder: join(root, 'bravo'), copy: 'exact' });
      expect(await contentOf(join(root, 'bravo'))).toBe(original);
      expect((await readdir(root)).sort()).toEqual(['alpha', 'bravo']);
      await bed.forget(join(root, 'bravo'), join(bed.base, 'placements'));
    }
    expect(kills).toBe(5);
  }, 60_000);

  it('refuses to make an empty world where the copy did not arrive', async () => {
    const { run } = await agent(2);
    expect(await run()).toBe('dead');
    const placements = await open();
    expect(() => refuseUnplaced(placements, bravo, [root])).toThrow(/did not arrive/);
    expect(() => refuseUnplaced(placements, alpha, [root])).not.toThrow();
    expect(() => refuseUnplaced(placements, alpha, ['/elsewhere'])).toThrow(ZedopsError);
  });

  it('never removes a copy that is in its place', async () => {
    const { run } = await agent(Number.POSITIVE_INFINITY, () => Promise.reject(new ZedopsError('CONFLICT', 'no port')));
    await expect(run()).rejects.toMatchObject({ message: 'no port' });
    expect(existsSync(join(root, 'bravo'))).toBe(true);
  });
});
