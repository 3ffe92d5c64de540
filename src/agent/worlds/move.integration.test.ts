import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { silentLog } from '../../platform/log.ts';
import type { Step } from '../../protocol/entities/job.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { testServer } from '../servers/server-bed.ts';
import { type MoveDeps, type Moved, moveServer } from './move.ts';
import { openPlacements, type Placements } from './placements.ts';
import { contentOf, makeBase, makeOddTree } from './tree-bed.ts';

const alpha = testServer();

describe('moving a server', () => {
  let bed: ReturnType<typeof makeBase>;
  let first: string;
  let second: string;
  let original: string;
  /** What the server was made to run from, in order. */
  let ranFrom: string[];

  beforeEach(async () => {
    bed = makeBase();
    first = join(bed.base, 'first');
    second = join(bed.base, 'second');
    ranFrom = [];
    await mkdir(first);
    await mkdir(second);
    await mkdir(join(first, 'alpha'));
    await makeOddTree(join(first, 'alpha'));
    original = await contentOf(join(first, 'alpha'));
  });
  afterEach(() => bed.remove());

  const open = (): Promise<Placements> =>
    openPlacements({ folder: join(bed.base, 'placements'), dataRoot: first, log: silentLog });

  /** An agent over the same disk. Where the work awaits `point` for the `dieAt`th time, it never goes on: it was killed. */
  const agent = async (isSameDisk: boolean, dieAt = Number.POSITIVE_INFINITY) => {
    const dead = Promise.withResolvers<'dead'>();
    let points = 0;
    const point = async (): Promise<void> => {
      points += 1;
      if (points !== dieAt) return;
      dead.resolve('dead');
      await new Promise(() => undefined);
    };
    const placements = await open();
    const deps: MoveDeps = {
      placements: {
        ...placements,
        async write(id, placement, leaves) {
          await point();
          await placements.write(id, placement, leaves);
          await point();
        },
      },
      lifecycle: {
        async remove() {
          await point();
          // The game's last save, after everything was copied once.
          await writeFile(join(placements.folderOf(alpha), 'last-save'), 'the newest chunk');
          original = await contentOf(placements.folderOf(alpha));
          await point();
          return { state: 'stopped', saved: 'confirmed', ended: 'quit', seconds: 1 };
        },
        async create() {
          await point();
          ranFrom.push(placements.folderOf(alpha));
          return { state: 'ready', readyAt: '2026-01-01T00:00:00.000Z' };
        },
      },
      clock: systemClock,
      roots: [first, second],
      work: join(bed.base, 'work'),
      isSameDisk: async () => isSameDisk,
    };
    const steps: Step[] = [];
    const run = (to = second, signal = new AbortController().signal): Promise<Moved | 'dead'> =>
      Promise.race([moveServer(deps, alpha, to, { report: (step) => steps.push(step), signal }), dead.promise]);
    return { deps, placements, run, steps };
  };

  it('takes the folder over in one step on the same disk, and runs the server there', async () => {
    const { run, placements } = await agent(true);
    expect(await run()).toMatchObject({ folder: join(second, 'alpha'), from: join(first, 'alpha'), state: 'ready' });
    expect(existsSync(join(first, 'alpha'))).toBe(false);
    expect(await contentOf(join(second, 'alpha'))).toBe(original);
    expect(placements.originals()).toEqual([]);
    expect(ranFrom).toEqual([join(second, 'alpha')]);
  });

  it('copies to another disk, compares, and keeps the original under another name', async () => {
    const { run, placements, steps } = await agent(false);
    const moved = await run();
    const [kept] = placements.originals();
    expect(moved).toMatchObject({ folder: join(second, 'alpha'), originalAt: kept?.path });
    expect(kept?.path).toMatch(/\/first\/alpha\.moved-\d{8}T\d{6}Z$/);
    expect(await contentOf(join(second, 'alpha'))).toBe(original);
    expect(await contentOf(kept?.path ?? '')).toBe(original);
    expect(steps.map(({ step }) => step)).toContain('comparing the copy with the original');
    expect(await readdir(second)).toEqual(['alpha']);
    expect((await open()).folderOf(alpha)).toBe(join(second, 'alpha'));
  });

  for (const isSameDisk of [true, false]) {
    it(`leaves one whole world in force wherever it is killed${isSameDisk ? ', on the same disk' : ''}`, async () => {
      let kills = 0;
      for (let dieAt = 1; ; dieAt += 1) {
        const there = (await open()).rootOf(alpha);
        const to = there === first ? second : first;
        const killed = await agent(isSameDisk, dieAt);
        if ((await killed.run(to)) !== 'dead') break;
        kills += 1;
        // The next process of the agent knows one folder, and a whole world is in it.
        const after = await agent(isSameDisk);
        expect(await contentOf(after.placements.folderOf(alpha)), `killed at ${dieAt}`).toBe(original);
        expect(await after.run(to)).toMatchObject({ folder: join(to, 'alpha') });
        expect(await contentOf(join(to, 'alpha'))).toBe(original);
        expect(existsSync(join(there, 'alpha'))).toBe(false);
        expect((await open()).find('s1')?.moving).toBeUndefined();
      }
      // Two more where the original is noted before it is renamed.
      expect(kills).toBe(isSameDisk ? 9 : 11);
      for (const { path } of (await open()).originals()) expect(await contentOf(path)).toBe(original);
    }, 60_000);
  }

  it('stays where it was when it is cancelled, and says so', async () => {
    const { deps, placements } = await agent(false);
    const ending = new AbortController();
    const doing = {
      report: ({ step }: Step) => {
        if (step.startsWith('comparing')) ending.abort(new ZedopsError('CANCELLED', 'server.move was cancelled'));
      },
      signal: ending.signal,
    };
    await expect(moveServer(deps, alpha, second, doing)).rejects.toMatchObject({
      code: 'CANCELLED',
      message: `server.move was cancelled; alpha stays in ${join(first, 'alpha')}`,
    });
    expect(placements.rootOf(alpha)).toBe(first);
    expect(ranFrom).toEqual([join(first, 'alpha')]);
    expect(await contentOf(join(first, 'alpha'))).toBe(original);
  });

  it('stays where it was when the copy is not the same', async () => {
    const { deps, placements } = await agent(false);
    const doing = {
      report: ({ step }: Step) => {
        if (!step.startsWith('comparing')) return;
        // Somebody else's hand, at the worst moment.
        void rename(join(second, 'alpha.arriving', 'last-save'), join(second, 'alpha.arriving', 'lost-save'));
      },
      signal: new AbortController().signal,
    };
    await expect(moveServer(deps, alpha, second, doing)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/"last-save" \(missing\), "lost-save" \(extra\); alpha stays in/),
    });
    expect(placements.rootOf(alpha)).toBe(first);
  });

  it('says where it lies when it does not start there', async () => {
    const { deps } = await agent(true);
    const create = (): Promise<never> => Promise.reject(new ZedopsError('CONFLICT', 'The port is taken'));
    const doing = { report: () => undefined, signal: new AbortController().signal };
    await expect(
      moveServer({ ...deps, lifecycle: { ...deps.lifecycle, create } }, alpha, second, doing),
    ).rejects.toMatchObject({ message: expect.stringContaining(`alpha lies in ${join(second, 'alpha')} now`) });
  });

  it('refuses what is no data root, what is taken, and what is not there, before it stops anything', async () => {
    const { run, placements } = await agent(true);
    await expect(run('/etc')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(run(`${second}/../first/alpha`)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await mkdir(join(second, 'alpha'));
    await expect(run()).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(placements.find('s1')?.moving).toBeUndefined();
    await rename(join(first, 'alpha'), join(first, 'elsewhere'));
    await expect(run()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await rename(second, join(bed.base, 'gone'));
    await expect(run()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(ranFrom).toEqual([]);
  });

  it('does nothing to a server that lies there already', async () => {
    const { run } = await agent(true);
    expect(await run(first)).toEqual({ folder: join(first, 'alpha'), state: 'ready', readyAt: expect.any(String) });
    expect(await contentOf(join(first, 'alpha'))).toBe(original);
  });
});
