import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AdoptionWay } from '../../protocol/entities/adoption.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { createBed, original, quiet, server } from './adoption-bed.ts';

describe('an adoption', () => {
  let base: string;
  let bed: ReturnType<typeof createBed>;
  const steps: string[] = [];
  const doing = { report: ({ step }: { step: string }) => void steps.push(step), signal: quiet };
  const file = 'Saves/Multiplayer/alpha/map_1_1.bin';
  const target = (): string => join(bed.dataRoot, 'alpha/data');

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'zedops-adopt-'));
    bed = createBed(base);
    await mkdir(bed.dataRoot);
    steps.length = 0;
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

  test('keeps a copy that a game ran on, and says where', async () => {
    await bed.world(placeOf('copy'));
    bed.fail();
    const request = { jobId: 'job-00000001', source: bed.source(placeOf('copy')), way: 'copy' } as const;
    await expect(bed.start().adopt(server, request, doing)).rejects.toThrow(
      /pz is as it was; its copy is kept as .*data\.failed-00000001/,
    );
    expect(await readFile(join(`${target()}.failed-00000001`, file), 'utf8')).toBe('the world');
  });

  test('puts everything back when it is cancelled, also one that was not running', async () => {
    await bed.world(placeOf('copy'));
    const source = bed.source(placeOf('copy'));
    bed.foreign.exit('c1');
    const ending = new AbortController();
    const report = ({ step }: { step: string }): void => {
      if (step.includes('comparing')) ending.abort(new ZedopsError('CANCELLED', 'enough'));
    };
    const adopting = bed.start().adopt(server, { jobId: 'j', source, way: 'copy' }, { report, signal: ending.signal });
    await expect(adopting).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(bed.foreign.get('c1')).toMatchObject({ name: 'pz', status: 'exited' });
    expect(existsSync(join(bed.dataRoot, 'alpha'))).toBe(false);
  });

  test('copies while the original runs, and what it changes meanwhile before it takes over', async () => {
    const place = placeOf('copy');
    await bed.world(place);
    const source = bed.source(place);
    const told: string[] = [];
    const report = ({ step }: { step: string }): void => {
      if (told.at(-1) !== step) told.push(step);
      if (step !== 'data: reading the copy back') return;
      expect(bed.foreign.get('c1').status).toBe('running');
      writeFileSync(join(place, file), 'a later world');
      writeFileSync(join(place, 'Server/new.ini'), 'PVP=true');
      rmSync(join(place, 'link'));
    };
    await bed.start().adopt(server, { jobId: 'j', source, way: 'copy' }, { report, signal: quiet });
    expect(await readFile(join(target(), file), 'utf8')).toBe('a later world');
    expect(await readdir(target())).toEqual(['Saves', 'Server']);
    expect(existsSync(join(target(), 'Server/new.ini'))).toBe(true);
    const stopped = told.indexOf('stopping pz');
    expect(told.findIndex((step) => step.startsWith('data: copying the world'))).toBeLessThan(stopped);
    expect(told.findIndex((step) => step.startsWith('data: comparing'))).toBeGreaterThan(stopped);
    expect(await readdir(join(base, 'work'))).toEqual([]);
  });

  test('says what is stuck when the engine fails on the way back, and tries again at the next start', async () => {
    await bed.world(placeOf('copy'));
    bed.fail();
    const request = { jobId: 'j', source: bed.source(placeOf('copy')), way: 'copy' } as const;
    const adopting = bed.start();
    const failure = new ZedopsError('UNREACHABLE', 'The engine does not answer');
    bed.foreign.failNext('start', failure);
    await expect(adopting.adopt(server, request, doing)).rejects.toThrow(/not everything could be put back/);
    expect(bed.foreign.get('c1').status).toBe('exited');
    await bed.start().putBackLeft(() => false);
    expect(bed.foreign.get('c1')).toMatchObject({ name: 'pz', status: 'running' });
    await bed.start().putBackLeft(() => false);
  });

  test('refuses what another uses, what is another’s, and what would be written over', async () => {
    const place = placeOf('copy');
    await bed.world(place);
    const request = { jobId: 'j', source: bed.source(place), way: 'copy' } as const;
    const asked = (change: object = {}): Promise<unknown> =>
      bed.start().adopt(server, { ...request, ...change }, doing);
    bed.foreign.add({ ...original, id: 'c2', name: 'twin', mounts: [{ type: 'bind', from: place, to: '/x' }] });
    await expect(asked()).rejects.toThrow('The container twin runs with');
    bed.foreign.exit('c2');
    await mkdir(join(target(), 'Saves'), { recursive: true });
    await expect(asked()).rejects.toThrow('nothing is written over');
    await expect(asked({ way: undefined })).rejects.toMatchObject({ hint: expect.stringContaining('--copy') });
    await expect(asked({ way: 'in-place' })).rejects.toThrow();
    await rm(join(bed.dataRoot, 'alpha'), { recursive: true });
    await expect(asked({ way: 'in-place' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await symlink(place, join(base, 'link'));
    const linked = { source: { kind: 'folder', path: join(base, 'link') } };
    await expect(asked(linked)).rejects.toMatchObject({ code: 'FORBIDDEN', hint: expect.stringContaining(place) });
    bed.servers.set('s2', { ...server, id: 's2', name: 'other' });
    await bed.world(join(bed.dataRoot, 'other/data'));
    const others = { source: { kind: 'folder', path: join(bed.dataRoot, 'other') } };
    await expect(asked(others)).rejects.toThrow('belongs to the server other');
    await expect(asked({ source: { kind: 'folder', path: base } })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(bed.foreign.get('c1')).toMatchObject({ name: 'pz', status: 'running' });
  });

  test('adopts a bare folder', async () => {
    await bed.world(join(base, 'bare/data'));
    const source = { kind: 'folder', path: join(base, 'bare') } as const;
    bed.foreign.add({ ...original, status: 'exited' });
    expect(await bed.start().adopt(server, { jobId: 'j', source, way: 'copy' }, doing)).toEqual({
      state: 'ready',
      readyAt: '2026-01-01T00:00:00.000Z',
    });
    expect(await readFile(join(target(), file), 'utf8')).toBe('the world');
  });
});
