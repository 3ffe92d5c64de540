import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FakeContainer } from '../../test/fakes/fake-runtime.ts';
import { eventually } from '../../test/support/eventually.ts';
import type { Job } from '../protocol/entities/job.ts';
import type { DesiredServer } from '../protocol/entities/server.ts';
import { ZedopsError } from '../protocol/errors.ts';
import { serverCreate, serverKill, serverRestart, serverStart, serverStop } from '../protocol/operations/server.ts';
import { serverRebuild, serverRename } from '../protocol/operations/server-edit.ts';
import { serverDelete } from '../protocol/operations/server-removal.ts';
import { type AgentBed, createAgentBed, goodGame } from './agent-bed.ts';

let bed: AgentBed;
let world: string;
/** Most containers of the server that ever ran at one time. */
let mostAtOnce: number;
/** What `GAME_KIND` says that the game does when it starts. */
const kinds: Readonly<Record<string, (container: FakeContainer) => void>> = {
  good: (container) => {
    for (const line of goodGame.start) container.print(line);
  },
  broken: (container) => container.exit(1),
  silent: () => undefined,
};

beforeEach(async () => {
  bed = await createAgentBed({
    ...goodGame,
    save: () => running().print('LOG  : General     f:0, t:1763710000000> Saving finish'),
    quit: () => running().exit(0),
  });
  mostAtOnce = 0;
  bed.fake.onStart((container) => {
    kinds[container.spec.env.GAME_KIND ?? 'good']?.(container);
    mostAtOnce = Math.max(mostAtOnce, whatRuns().length);
  });
  await bed.ask(serverCreate, bed.server());
  world = join(bed.dataRoot, 'alpha/data/Saves/Multiplayer/alpha/map.bin');
  await mkdir(join(world, '..'), { recursive: true });
  await writeFile(world, 'the world');
});
afterEach(() => bed.dispose());

function whatRuns(): readonly FakeContainer[] {
  return bed.fake
    .containers()
    .filter(({ observed }) => observed.status === 'running')
    .map(({ face }) => face);
}

function running(): FakeContainer {
  const [one] = whatRuns();
  if (!one) throw new Error('nothing runs');
  return one;
}

function edited(change: Partial<DesiredServer> = {}, kind = 'good'): DesiredServer {
  const { env } = bed.server();
  return bed.server({ env: { ...env, GAME_KIND: kind }, ...change });
}

async function ended(id: string): Promise<Job> {
  return eventually('the job to end', async () =>
    (await bed.jobs()).find((job) => job.id === id && job.state !== 'running'),
  );
}

/** What must be so whatever happened: one container, in place, running what it should, and the world untouched. */
async function expectWhole(kind: string | undefined): Promise<void> {
  const containers = await bed.fake.runtime.list();
  expect(containers).toMatchObject([{ name: 'simulator-alpha', status: 'running' }]);
  expect(running().spec.env.GAME_KIND).toBe(kind);
  expect(mostAtOnce).toBe(1);
  expect(await readFile(world, 'utf8')).toBe('the world');
  await eventually('readiness to be seen', () => bed.observed('s1')?.readyAt);
}

describe('a rebuild', () => {
  test('makes the new container while the old one runs, and removes the old one when the new one is ready', async () => {
    const steps: string[] = [];
    const reply = await bed.ask(serverRebuild, edited(), { onStep: ({ step }) => steps.push(step) });
    expect(reply).toMatchObject({ state: 'ready', stop: { saved: 'confirmed', ended: 'quit' } });
    expect(steps.indexOf('creating the new container beside the old one')).toBeLessThan(
      steps.indexOf('saving the world'),
    );
    await expectWhole('good');
    const compose = await readFile(join(bed.dataRoot, 'alpha/compose.yaml'), 'utf8');
    expect(compose).toContain('GAME_KIND: good');
    expect(compose).toContain('container_name: simulator-alpha');
  });

  test('goes back to the old container when the new game ends before it is ready', async () => {
    await expect(bed.ask(serverRebuild, edited({}, 'broken'))).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('alpha has its old container again'),
    });
    await expectWhole(undefined);
    expect(bed.observed('s1')?.waiting).toEqual([{ setting: 'GAME_KIND', after: 'broken' }]);
    expect(await readFile(join(bed.dataRoot, 'alpha/compose.yaml'), 'utf8')).not.toContain('GAME_KIND');
  });

  test.each(['create', 'rename', 'start'] as const)(
    'leaves the old container as it was when %s fails',
    async (method) => {
      bed.fake.failNext(method, new Error('the engine is broken'));
      await expect(bed.ask(serverRebuild, edited())).rejects.toThrow();
      await expectWhole(undefined);
    },
  );

  test('cancelled, goes back to the old container', async () => {
    const asking = bed.ask(serverRebuild, edited({}, 'silent'), { id: 'rebuild1' });
    const refused = expect(asking).rejects.toMatchObject({ code: 'CANCELLED' });
    await eventually('the new one to run', () => whatRuns().some(({ spec }) => spec.env.GAME_KIND === 'silent'));
    expect((await bed.cancel('rebuild1')).state).toBe('cancelled');
    await refused;
    await expectWhole(undefined);
  });

  test('killed meanwhile, does not start the old game again', async () => {
    const asking = bed.ask(serverRebuild, edited({}, 'silent'));
    const refused = expect(asking).rejects.toThrow();
    await eventually('the new one to run', () => whatRuns().some(({ spec }) => spec.env.GAME_KIND === 'silent'));
    await bed.ask(serverKill, edited({ power: 'off' }, 'silent'));
    await refused;
    expect(await bed.fake.runtime.list()).toMatchObject([{ name: 'simulator-alpha', status: 'exited' }]);
  });

  test('of a stopped server leaves it stopped', async () => {
    await bed.ask(serverStop, bed.server({ power: 'off' }));
    expect(await bed.ask(serverRebuild, edited({ power: 'off' }))).toEqual({ state: 'stopped' });
    expect(await bed.fake.runtime.list()).toMatchObject([{ name: 'simulator-alpha', status: 'created' }]);
  });

  test('stops the running game by the password it has, not by the one it is to have', async () => {
    const secret = bed.server({ env: { RCON_PASSWORD: 'another-password' } });
    expect(await bed.ask(serverRebuild, secret)).toMatchObject({ stop: { saved: 'confirmed', ended: 'quit' } });
  });
});

describe('settings that changed', () => {
  test('are told as waiting, and are there after a restart', async () => {
    const next = edited();
    bed.tell([next]);
    await eventually('the difference to be told', () => bed.observed('s1')?.waiting?.length === 1);
    expect(bed.observed('s1')).toMatchObject({ waiting: [{ setting: 'GAME_KIND', after: 'good' }] });
    expect(await bed.ask(serverRestart, edited())).toMatchObject({ state: 'ready', stop: { saved: 'confirmed' } });
    await expectWhole('good');
    await eventually('nothing to wait', () => bed.observed('s1')?.waiting?.length === 0);
  });

  test('are there after a start, and a start of the same settings keeps the container', async () => {
    await bed.ask(serverStop, bed.server({ power: 'off' }));
    const [before] = await bed.fake.runtime.list();
    await bed.ask(serverStart, bed.server());
    expect(await bed.fake.runtime.list()).toMatchObject([{ id: before?.id }]);
    await bed.ask(serverStop, bed.server({ power: 'off' }));
    await bed.ask(serverStart, edited());
    await expectWhole('good');
  });

  test('made while this host was away are applied at its return, where they were not to wait', async () => {
    const next = edited();
    bed.tell([{ ...next, applyRevision: next.revision }]);
    await eventually('the rebuild', () => whatRuns().some(({ spec }) => spec.env.GAME_KIND === 'good'));
    await eventually('its end', async () =>
      (await bed.jobs()).some(({ subject, state }) => subject === 'server.rebuild' && state === 'done'),
    );
    await expectWhole('good');
  });
});

describe('an agent killed in the middle', () => {
  const places = [1, 2, 3, 4, 5, 6].flatMap((nth) => [[nth, 'before'] as const, [nth, 'after'] as const]);

  test.each(places)('of a rebuild, at deed %i, %s it: goes on and ends it', async (nth, when) => {
    const died = bed.dieAt(nth, when);
    bed.ask(serverRebuild, edited(), { id: 'rebuild1' }).catch(() => undefined);
    await died;
    await bed.restart();
    expect(await ended('rebuild1')).toMatchObject({ state: 'done', recovered: 'resumed' });
    await expectWhole('good');
  });

  const undoing = [4, 5, 6, 7, 8].flatMap((nth) => [[nth, 'before'] as const, [nth, 'after'] as const]);

  test.each(undoing)('of a rebuild that fails, at deed %i, %s it: the old container is back', async (nth, when) => {
    const died = bed.dieAt(nth, when);
    bed.ask(serverRebuild, edited({}, 'broken'), { id: 'rebuild1' }).catch(() => undefined);
    await died;
    await bed.restart();
    expect(await ended('rebuild1')).toMatchObject({ state: 'failed', recovered: 'resumed' });
    await expectWhole(undefined);
  });

  const cancelling = [1, 2, 3].flatMap((nth) => [[nth, 'before'] as const, [nth, 'after'] as const]);

  test.each(cancelling)('of undoing a cancelled rebuild, at deed %i, %s it: goes on undoing it', async (nth, when) => {
    bed.ask(serverRebuild, edited({}, 'silent'), { id: 'rebuild1' }).catch(() => undefined);
    await eventually('the new one to run', () => whatRuns().some(({ spec }) => spec.env.GAME_KIND === 'silent'));
    const died = bed.dieAt(nth, when);
    bed.cancel('rebuild1').catch(() => undefined);
    await died;
    await bed.restart();
    expect(await ended('rebuild1')).toMatchObject({ state: 'cancelled', recovered: 'undone' });
    await expectWhole(undefined);
  });

  test.each([
    [1, 'before'],
    [1, 'after'],
  ] as const)('of a rename, at deed %i, %s it: it has its new name', async (nth, when) => {
    const died = bed.dieAt(nth, when);
    bed.ask(serverRename, bed.server({ name: 'bravo', folder: 'alpha' }), { id: 'rename1' }).catch(() => undefined);
    await died;
    await bed.restart();
    expect(await ended('rename1')).toMatchObject({ state: 'done', recovered: 'resumed' });
    expect(await bed.fake.runtime.list()).toMatchObject([{ name: 'simulator-bravo', status: 'running' }]);
  });
});

describe('an engine that goes away in the middle', () => {
  const places = [1, 2, 3, 4, 5].flatMap((nth) => [[nth, 'before'] as const, [nth, 'after'] as const]);

  test.each(places)('of a rebuild, at deed %i, %s it: the old container is back', async (nth, when) => {
    bed.loseAt(nth, when);
    await expect(bed.ask(serverRebuild, edited())).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await expectWhole(undefined);
  });

  test.each(['before', 'after'] as const)('when the old container goes, %s it: that is done again', async (when) => {
    bed.loseAt(6, when);
    expect(await bed.ask(serverRebuild, edited())).toMatchObject({ state: 'ready' });
    await expectWhole('good');
  });

  test('and one that refuses once to remove the old container is asked again', async () => {
    bed.fake.failNext('remove', new ZedopsError('CONFLICT', 'removal is already in progress'));
    expect(await bed.ask(serverRebuild, edited())).toMatchObject({ state: 'ready' });
    await expectWhole('good');
  });

  test('and one that keeps refusing is told of, with the new game running', async () => {
    for (let time = 0; time < 3; time += 1) {
      bed.fake.failNext('remove', new ZedopsError('CONFLICT', 'the driver is busy'));
    }
    await expect(bed.ask(serverRebuild, edited())).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'alpha has its new container, and the old one could not be removed: the driver is busy',
    });
    expect(running().spec.env.GAME_KIND).toBe('good');
    expect(await bed.ask(serverRebuild, edited())).toMatchObject({ state: 'ready' });
    await expectWhole('good');
  });

  const left = [3, 4, 5, 6].flatMap((nth) => [[nth, 'before'] as const, [nth, 'after'] as const]);

  test.each(left)('and a rebuild that was left at deed %i is gone on with, %s it', async (nth, when) => {
    const died = bed.dieAt(nth, 'before');
    bed.ask(serverRebuild, edited(), { id: 'rebuild1' }).catch(() => undefined);
    await died;
    await bed.restart({ loses: when });
    const { state, recovered } = await ended('rebuild1');
    expect(recovered).toBe('resumed');
    await expectWhole(state === 'done' ? 'good' : undefined);
  });
});

describe('a rename', () => {
  test('of a running server stops nothing and moves nothing', async () => {
    const bravo = bed.server({ name: 'bravo', folder: 'alpha' });
    expect(await bed.ask(serverRename, bravo)).toEqual({ name: 'bravo', folder: join(bed.dataRoot, 'alpha') });
    expect(await bed.fake.runtime.list()).toMatchObject([{ name: 'simulator-bravo', status: 'running' }]);
    expect(bed.told).toEqual([]);
    expect(await readFile(join(bed.dataRoot, 'alpha/compose.yaml'), 'utf8')).toContain(
      'container_name: simulator-bravo',
    );
    await eventually('the name to be told', () => bed.observed('s1')?.name === 'bravo');
    const again = bed.server({ name: 'bravo', folder: 'alpha', env: { ...bravo.env, GAME_KIND: 'good' } });
    await bed.ask(serverRebuild, again);
    const [container] = bed.fake.containers();
    expect(container?.face.spec.mounts).toMatchObject([{ hostPath: join(bed.dataRoot, 'alpha/data') }]);
    expect(await readFile(world, 'utf8')).toBe('the world');
  });

  test('to a name that another container has fails, and changes nothing', async () => {
    const [spec] = bed.fake.containers().map(({ face }) => face.spec);
    if (!spec) throw new Error('there is no container');
    await bed.fake.runtime.create({ ...spec, name: 'simulator-bravo', labels: { 'zedops.server.id': 'other' } });
    const asking = bed.ask(serverRename, bed.server({ name: 'bravo', folder: 'alpha' }));
    await expect(asking).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await bed.fake.runtime.list()).map(({ name }) => name)).toContain('simulator-alpha');
  });
});

test('a delete removes what a replacement left beside', async () => {
  const died = bed.dieAt(4, 'before');
  bed.ask(serverRebuild, edited(), { id: 'rebuild1' }).catch(() => undefined);
  await died;
  await bed.restart();
  await ended('rebuild1');
  await bed.ask(serverDelete, edited({ power: 'off', deleted: true }));
  expect(await bed.fake.runtime.list()).toEqual([]);
  expect(await readFile(world, 'utf8')).toBe('the world');
});
