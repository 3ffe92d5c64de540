import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { serverRebuild, serverRename } from '../../protocol/operations/server-edit.ts';
import { serverDelete } from '../../protocol/operations/server-removal.ts';
import { createRebuildBed, type RebuildBed } from './rebuild-bed.ts';

let bed: RebuildBed;

beforeEach(async () => {
  bed = await createRebuildBed();
});
afterEach(() => bed.dispose());

describe('an agent killed in the middle', () => {
  const places = [1, 2, 3, 4, 5, 6].flatMap((nth) => [[nth, 'before'] as const, [nth, 'after'] as const]);

  test.each(places)('of a rebuild, at deed %i, %s it: goes on and ends it', async (nth, when) => {
    const died = bed.dieAt(nth, when);
    bed.ask(serverRebuild, bed.edited(), { id: 'rebuild1' }).catch(() => undefined);
    await died;
    await bed.restart();
    expect(await bed.ended('rebuild1')).toMatchObject({ state: 'done', recovered: 'resumed' });
    await bed.expectWhole('good');
  });

  const undoing = [4, 5, 6, 7, 8].flatMap((nth) => [[nth, 'before'] as const, [nth, 'after'] as const]);

  test.each(undoing)('of a rebuild that fails, at deed %i, %s it: the old container is back', async (nth, when) => {
    const died = bed.dieAt(nth, when);
    bed.ask(serverRebuild, bed.edited({}, 'broken'), { id: 'rebuild1' }).catch(() => undefined);
    await died;
    await bed.restart();
    expect(await bed.ended('rebuild1')).toMatchObject({ state: 'failed', recovered: 'resumed' });
    await bed.expectWhole(undefined);
  });

  const cancelling = [1, 2, 3].flatMap((nth) => [[nth, 'before'] as const, [nth, 'after'] as const]);

  test.each(cancelling)('of undoing a cancelled rebuild, at deed %i, %s it: goes on undoing it', async (nth, when) => {
    bed.ask(serverRebuild, bed.edited({}, 'silent'), { id: 'rebuild1' }).catch(() => undefined);
    await eventually('the new one to run', () => bed.whatRuns().some(({ spec }) => spec.env.GAME_KIND === 'silent'));
    const died = bed.dieAt(nth, when);
    bed.cancel('rebuild1').catch(() => undefined);
    await died;
    await bed.restart();
    expect(await bed.ended('rebuild1')).toMatchObject({ state: 'cancelled', recovered: 'undone' });
    await bed.expectWhole(undefined);
  });

  test.each([
    [1, 'before'],
    [1, 'after'],
  ] as const)('of a rename, at deed %i, %s it: it has its new name', async (nth, when) => {
    const died = bed.dieAt(nth, when);
    bed.ask(serverRename, bed.server({ name: 'bravo', folder: 'alpha' }), { id: 'rename1' }).catch(() => undefined);
    await died;
    await bed.restart();
    expect(await bed.ended('rename1')).toMatchObject({ state: 'done', recovered: 'resumed' });
    expect(await bed.fake.runtime.list()).toMatchObject([{ name: 'simulator-bravo', status: 'running' }]);
  });
});

describe('an engine that goes away in the middle', () => {
  const places = [1, 2, 3, 4, 5].flatMap((nth) => [[nth, 'before'] as const, [nth, 'after'] as const]);

  test.each(places)('of a rebuild, at deed %i, %s it: the old container is back', async (nth, when) => {
    bed.loseAt(nth, when);
    await expect(bed.ask(serverRebuild, bed.edited())).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await bed.expectWhole(undefined);
  });

  test.each(['before', 'after'] as const)('when the old container goes, %s it: that is done again', async (when) => {
    bed.loseAt(6, when);
    expect(await bed.ask(serverRebuild, bed.edited())).toMatchObject({ state: 'ready' });
    await bed.expectWhole('good');
  });

  test('and one that refuses once to remove the old container is asked again', async () => {
    bed.fake.failNext('remove', new ZedopsError('CONFLICT', 'removal is already in progress'));
    expect(await bed.ask(serverRebuild, bed.edited())).toMatchObject({ state: 'ready' });
    await bed.expectWhole('good');
  });

  test('and one that keeps refusing is told of, with the new game running', async () => {
    for (let time = 0; time < 3; time += 1) {
      bed.fake.failNext('remove', new ZedopsError('CONFLICT', 'the driver is busy'));
    }
    await expect(bed.ask(serverRebuild, bed.edited())).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'alpha has its new container, and the old one could not be removed: the driver is busy',
    });
    expect(bed.running().spec.env.GAME_KIND).toBe('good');
    expect(await bed.ask(serverRebuild, bed.edited())).toMatchObject({ state: 'ready' });
    await bed.expectWhole('good');
  });

  const left = [3, 4, 5, 6].flatMap((nth) => [[nth, 'before'] as const, [nth, 'after'] as const]);

  test.each(left)('and a rebuild that was left at deed %i is gone on with, %s it', async (nth, when) => {
    const died = bed.dieAt(nth, 'before');
    bed.ask(serverRebuild, bed.edited(), { id: 'rebuild1' }).catch(() => undefined);
    await died;
    await bed.restart({ loses: when });
    const { state, recovered } = await bed.ended('rebuild1');
    // A start that nobody hears of proves nothing of the new game.
    const isProved = nth !== 5;
    expect({ state, recovered }).toEqual({ state: isProved ? 'done' : 'failed', recovered: 'resumed' });
    await bed.expectWhole(isProved ? 'good' : undefined);
  });
});

test('a delete removes what a replacement left beside', async () => {
  const died = bed.dieAt(4, 'before');
  bed.ask(serverRebuild, bed.edited(), { id: 'rebuild1' }).catch(() => undefined);
  await died;
  await bed.restart();
  await bed.ended('rebuild1');
  await bed.ask(serverDelete, bed.edited({ power: 'off', deleted: true }));
  expect(await bed.fake.runtime.list()).toEqual([]);
  expect(await bed.world()).toBe('the world');
});
