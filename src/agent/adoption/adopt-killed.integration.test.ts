import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AdoptionWay } from '../../protocol/entities/adoption.ts';
import { createBed, quiet, server } from './adoption-bed.ts';

describe('an adoption whose agent is killed', () => {
  let base: string;
  let bed: ReturnType<typeof createBed>;
  const doing = { report: () => undefined, signal: quiet };
  const file = 'Saves/Multiplayer/alpha/map_1_1.bin';
  const target = (): string => join(bed.dataRoot, 'alpha/data');

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'zedops-adopt-'));
    bed = createBed(base);
    await mkdir(bed.dataRoot);
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  const placeOf = (way: AdoptionWay | undefined): string =>
    way === undefined ? target() : join(way === 'copy' ? base : bed.dataRoot, 'old/zomboid');

  const writeLate = async (path: string): Promise<void> => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'half');
  };

  const expectAdopted = async (way: AdoptionWay | undefined): Promise<void> => {
    expect(bed.foreign.get('c1')).toMatchObject({
      name: 'pz.before-zedops',
      status: 'exited',
      restart: { name: 'no' },
    });
    expect(bed.hasOurs()).toBe(true);
    expect(await readFile(join(target(), file), 'utf8')).toBe('the world');
    expect(await readlink(join(target(), 'link'))).toBe('/etc/passwd');
    expect(existsSync(join(placeOf(way), file))).toBe(way !== 'in-place');
  };

  const expectAsBefore = async (way: AdoptionWay | undefined): Promise<void> => {
    expect(bed.foreign.get('c1')).toMatchObject({ name: 'pz', status: 'running', restart: { name: 'unless-stopped' } });
    expect(bed.hasOurs()).toBe(false);
    expect(await readFile(join(placeOf(way), file), 'utf8')).toBe('the world');
    if (way !== undefined) expect(existsSync(target())).toBe(false);
    expect(bed.servers.size).toBe(0);
  };

  const ways = [['copy'], ['in-place'], [undefined]] as const;

  const fresh = async (way: AdoptionWay | undefined, prepare: () => void) => {
    await rm(base, { recursive: true, force: true });
    await mkdir(base);
    bed = createBed(base);
    await mkdir(bed.dataRoot);
    prepare();
    await bed.world(placeOf(way));
    return { jobId: 'job-00000001', source: bed.source(placeOf(way)), way };
  };
  type Request = Awaited<ReturnType<typeof fresh>>;

  /** Lets a process work until it has ended, or is killed after so many effects. */
  const live = async (
    effects: number,
    work: () => Promise<unknown>,
  ): Promise<{ ended: Promise<unknown> } | 'killed'> => {
    bed.allow(effects);
    const ended = work();
    let isOver = false;
    const over = (): { ended: Promise<unknown> } => {
      isOver = true;
      return { ended };
    };
    const killed = new Promise<'killed'>((resolve) => {
      const look = (): void => {
        if (bed.wasKilled()) resolve('killed');
        else if (!isOver) setImmediate(look);
      };
      look();
    });
    return Promise.race([ended.then(over, over), killed]);
  };
  /** What the next process of the agent does. What the host forgets at the end of its way back, it does not go on with. */
  const next = async (request: Request, outcome: (promise: Promise<unknown>) => Promise<void>): Promise<void> => {
    if (bed.servers.has(server.id)) await outcome(bed.start().adopt(server, request, doing));
    await bed.start().putBackLeft(() => false);
  };

  /** Runs it over and over, killed after one effect more each time, and looks at what came of it. */
  const killEverywhere = async (
    way: AdoptionWay | undefined,
    outcome: (promise: Promise<unknown>) => Promise<void>,
    check: () => Promise<void>,
    prepare: () => void = () => undefined,
  ): Promise<string[]> => {
    const points: string[] = [];
    for (let effects = 0; ; effects += 1) {
      const request = await fresh(way, prepare);
      const how = await live(effects, () => bed.start().adopt(server, request, doing));
      if (how !== 'killed') {
        await outcome(how.ended);
        await check();
        return points;
      }
      points.push(bed.killedAfter());
      bed.allow(Number.POSITIVE_INFINITY);
      await next(request, outcome);
      await check();
    }
  };
  const forward = ['restart no', 'stop the original', 'rename to pz.before-zedops', 'make ours'];
  const backward = [
    ...['note back', 'remove ours', 'rename to pz', 'restart unless-stopped', 'start the original'],
    ...['forget the server', 'drop the note'],
  ];
  /** Effects of one that fails, up to its note that it goes back. */
  const untilBack = 1 + forward.length + 1;
  const refused = async (promise: Promise<unknown>): Promise<void> => {
    // Not `rejects`: that of a killed process never comes to an end, and the test would wait for it.
    const error = await promise.catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'CONFLICT' });
  };

  test.each(ways)('goes on wherever the agent was killed (%s)', async (way) => {
    const points = await killEverywhere(
      way,
      async (promise) => {
        expect(await promise).toMatchObject({ state: 'ready', keptAs: 'pz.before-zedops' });
      },
      () => expectAdopted(way),
    );
    expect(points).toEqual(['nothing', 'note on', ...forward, 'note done']);
  });

  test.each(ways)('puts everything back wherever the agent was killed (%s)', async (way) => {
    const points = await killEverywhere(
      way,
      refused,
      () => expectAsBefore(way),
      () => bed.fail(),
    );
    expect(points).toEqual(['nothing', 'note on', ...forward, ...backward]);
  });

  test.each(ways)('puts everything back wherever the agent is killed again on the way back (%s)', async (way) => {
    const points: string[] = [];
    for (let effects = 0; ; effects += 1) {
      const request = await fresh(way, () => bed.fail());
      expect(await live(untilBack, () => bed.start().adopt(server, request, doing))).toBe('killed');
      expect(bed.killedAfter()).toBe('note back');
      const again = await live(effects, () => next(request, refused));
      if (again === 'killed') points.push(bed.killedAfter());
      bed.allow(Number.POSITIVE_INFINITY);
      if (again === 'killed') await next(request, refused);
      else await again.ended;
      await expectAsBefore(way);
      if (again !== 'killed') break;
    }
    expect(points).toEqual(['nothing', ...backward]);
  });

  // What a process that was killed between two effects on folders has left, after ours was removed.
  test.each<[string, AdoptionWay, () => Promise<void>]>([
    ['has a copy that is half removed', 'copy', () => writeLate(`${target()}.adopting/half`)],
    ['has its copy aside', 'copy', () => rename(target(), `${target()}.failed-00000001`)],
    ['has its folder home', 'in-place', () => rename(target(), placeOf('in-place'))],
    [
      'has its folder home and ours half cleared',
      'in-place',
      async () => {
        await rename(target(), placeOf('in-place'));
        await writeLate(join(bed.dataRoot, 'alpha/server.env'));
      },
    ],
    ['has lost its manifests', 'copy', () => rm(join(base, 'work'), { recursive: true, force: true })],
  ])('puts everything back where a killed agent %s', async (_, way, leave) => {
    const request = await fresh(way, () => bed.fail());
    expect(await live(untilBack + 1, () => bed.start().adopt(server, request, doing))).toBe('killed');
    expect(bed.killedAfter()).toBe('remove ours');
    await leave();
    bed.allow(Number.POSITIVE_INFINITY);
    await next(request, refused);
    await expectAsBefore(way);
    const left = way === 'copy' ? ['alpha/data.failed-00000001'] : [];
    const there = await readdir(bed.dataRoot, { recursive: true });
    expect(there.filter((name) => /^alpha.[^/]*$/.test(name))).toEqual(left);
  });

  test('goes on with an original that something else stopped while the agent was dead', async () => {
    const request = await fresh('copy', () => undefined);
    expect(await live(2, () => bed.start().adopt(server, request, doing))).toBe('killed');
    expect(bed.killedAfter()).toBe('restart no');
    bed.foreign.exit('c1');
    bed.allow(Number.POSITIVE_INFINITY);
    await next(request, async (promise) => {
      expect(await promise).toMatchObject({ state: 'ready' });
    });
    await expectAdopted('copy');
  });
});
