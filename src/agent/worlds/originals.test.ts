import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeRuntime, type FakeRuntime } from '../../../test/fakes/fake-runtime.ts';
import { createFakeClock, type FakeClock } from '../../platform/fake-clock.ts';
import { silentLog } from '../../platform/log.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import type { NewEvent } from '../events/journal.ts';
import { testServer } from '../servers/server-bed.ts';
import { createOriginals, keepOriginals, keptMs, type Originals } from './originals.ts';
import { claimFolder } from './ownership.ts';
import { openPlacements, type Placements } from './placements.ts';
import { makeBase } from './tree-bed.ts';

const alpha = testServer();
const left = 'alpha.moved-20260101T000000Z';
const running = new AbortController().signal;

describe('worlds that moves have left behind', () => {
  let bed: ReturnType<typeof makeBase>;
  let first: string;
  let second: string;
  let clock: FakeClock;
  let fake: FakeRuntime;
  let placements: Placements;
  let told: NewEvent[];
  let forgotten: string[];
  let known: DesiredServer[];

  beforeEach(async () => {
    bed = makeBase();
    first = join(bed.base, 'first');
    second = join(bed.base, 'second');
    clock = createFakeClock(Date.parse('2026-01-01T00:00:00Z'));
    fake = createFakeRuntime();
    told = [];
    forgotten = [];
    known = [alpha];
    for (const folder of [join(second, 'alpha'), join(first, left), join(bed.base, 'outside')]) {
      await mkdir(folder, { recursive: true });
      await claimFolder(folder, alpha, () => false);
      await writeFile(join(folder, 'world'), 'abc');
    }
    placements = await open();
    await placements.write('s1', { root: second }, { path: join(first, left), at: clock.now() });
  });
  afterEach(() => bed.remove());

  const open = (): Promise<Placements> =>
    openPlacements({ folder: join(bed.base, 'placements'), dataRoot: first, log: silentLog });
  const originals = (): Originals =>
    createOriginals({
      placements,
      registry: { find: (id) => known.find((server) => server.id === id) },
      runtime: fake.runtime,
      roots: [first, second],
      forgetRest: async (id) => void forgotten.push(id),
      tell: (event) => told.push(event),
      clock,
      log: silentLog,
    });

  it('stay for 24 h and are removed then, also by an agent that was started anew', async () => {
    clock.advance(keptMs - 1);
    await originals().removeDue(running);
    expect(existsSync(join(first, left))).toBe(true);
    clock.advance(1);
    placements = await open();
    await originals().removeDue(running);
    expect(await readdir(first)).toEqual([]);
    expect(forgotten).toEqual([]);
    expect(await readFile(join(second, 'alpha/world'), 'utf8')).toBe('abc');
    expect((await open()).originals()).toEqual([]);
    expect((await open()).folderOf(alpha)).toBe(join(second, 'alpha'));
    expect(told).toMatchObject([{ kind: 'original-removed', serverId: 's1' }]);
  });

  it('go by the clock of an agent that runs on', async () => {
    const ending = new AbortController();
    const removed = Promise.withResolvers<void>();
    const tell = (event: NewEvent): void => {
      told.push(event);
      removed.resolve();
    };
    const registry = { find: () => alpha };
    const forgetRest = async (): Promise<void> => undefined;
    const parts = { placements, registry, runtime: fake.runtime, roots: [first, second], forgetRest, tell, clock };
    const keeping = keepOriginals(createOriginals({ ...parts, log: silentLog }), clock, ending.signal);
    await expect.poll(() => clock.pending()).toBe(1);
    clock.advance(keptMs);
    await removed.promise;
    expect(existsSync(join(first, left))).toBe(false);
    ending.abort();
    await keeping;
    expect(clock.pending()).toBe(0);
  });

  it('go on being removed where an agent was killed in the middle', async () => {
    clock.advance(keptMs);
    await rename(join(first, left), join(first, `.purging-${left}`));
    await rm(join(first, `.purging-${left}`, '.zedops-server.json'));
    await originals().removeDue(running);
    expect(await readdir(first)).toEqual([]);
    expect(placements.originals()).toEqual([]);
  });

  it('leave no note of a server that this host does not know any more', async () => {
    known = [];
    clock.advance(keptMs);
    await originals().removeDue(running);
    expect(forgotten).toEqual(['s1']);
    expect(await readdir(join(bed.base, 'placements'))).toEqual([]);
  });

  it.each([
    [
      'is another server’s',
      async () => {
        await rm(join(first, left, '.zedops-server.json'));
        await claimFolder(join(first, left), { id: 's2', name: 'beta' }, () => false);
      },
    ],
    ['has no mark', () => rm(join(first, left, '.zedops-server.json'))],
    [
      'is a link',
      async () => {
        await rename(join(first, left), join(first, 'away'));
        await symlink(join(bed.base, 'outside'), join(first, left));
      },
    ],
    ['is bound into a container', async () => fake.bindForeign('backup-of-mine', join(first, left))],
    ['is the last one, because the folder in force has gone', () => rm(join(second, 'alpha'), { recursive: true })],
  ])('stay where what lies there %s, and that is told once', async (_, change) => {
    await change();
    const before = await readdir(first);
    clock.advance(keptMs);
    const keeper = originals();
    await keeper.removeDue(running);
    await keeper.removeDue(running);
    expect(await readdir(first)).toEqual(before);
    expect(await readFile(join(bed.base, 'outside/world'), 'utf8')).toBe('abc');
    expect(told).toMatchObject([{ kind: 'original-kept', serverId: 's1' }]);
    expect(placements.originals()).toHaveLength(1);
  });

  it.each([
    ['a name that no move gives', () => join(second, 'alpha')],
    ['a place outside the data roots', () => join(bed.base, left)],
    ['a place within another folder', () => join(first, 'alpha', left)],
    ['a way out of a data root', () => `${first}/../outside/${left}`],
    ['a way that ends above', () => `${first}/..`],
  ])('are not taken to be at %s', async (_, path) => {
    for (const folder of [join(bed.base, left), join(first, 'alpha', left), join(bed.base, 'outside', left)]) {
      await mkdir(folder, { recursive: true });
      await claimFolder(folder, alpha, () => false);
    }
    await placements.write('s1', { root: second }, { path: path(), at: 0 });
    await placements.dropOriginal('s1', join(first, left));
    clock.advance(keptMs);
    await originals().removeDue(running);
    expect(told).toMatchObject([{ kind: 'original-kept' }]);
    for (const folder of [join(second, 'alpha'), join(bed.base, left), join(first, 'alpha', left)]) {
      expect(existsSync(folder)).toBe(true);
    }
    expect(existsSync(join(bed.base, 'outside', left))).toBe(true);
    await expect(originals().removeOf('s1')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('wait for a move that goes on, and for an engine that does not answer', async () => {
    clock.advance(keptMs);
    await placements.write('s1', { root: second, moving: { from: join(second, 'alpha'), to: first } });
    await originals().removeDue(running);
    expect(existsSync(join(first, left))).toBe(true);
    expect(told).toEqual([]);
  });

  it('go with their server’s purge, however young', async () => {
    expect(await originals().removeOf('s2')).toEqual({ files: 0, bytes: 0 });
    expect(await originals().removeOf('s1')).toMatchObject({ files: 2 });
    expect(await readdir(first)).toEqual([]);
    expect(placements.originals()).toEqual([]);
  });

  it('are removed after a day that has passed, not after one that the clock was set ahead by', async () => {
    const all = originals();
    clock.set(keptMs);
    await all.removeDue(running);
    expect(existsSync(join(first, left))).toBe(true);
    clock.advance(keptMs);
    await all.removeDue(running);
    expect(existsSync(join(first, left))).toBe(false);
  });
});
