import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { serverKill, serverRestart, serverStart, serverStop } from '../../protocol/operations/server.ts';
import { serverRebuild, serverRename } from '../../protocol/operations/server-edit.ts';
import { createRebuildBed, type RebuildBed } from './rebuild-bed.ts';

let bed: RebuildBed;

beforeEach(async () => {
  bed = await createRebuildBed();
});
afterEach(() => bed.dispose());

describe('a rebuild', () => {
  test('makes the new container while the old one runs, and removes the old one when the new one is ready', async () => {
    const steps: string[] = [];
    const reply = await bed.ask(serverRebuild, bed.edited(), { onStep: ({ step }) => steps.push(step) });
    expect(reply).toMatchObject({ state: 'ready', stop: { saved: 'confirmed', ended: 'quit' } });
    expect(steps.indexOf('creating the new container beside the old one')).toBeLessThan(
      steps.indexOf('saving the world'),
    );
    await bed.expectWhole('good');
    const compose = await readFile(join(bed.dataRoot, 'alpha/compose.yaml'), 'utf8');
    expect(compose).toContain('GAME_KIND: good');
    expect(compose).toContain('container_name: simulator-alpha');
  });

  test('goes back to the old container when the new game ends before it is ready', async () => {
    await expect(bed.ask(serverRebuild, bed.edited({}, 'broken'))).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('alpha has its old container again'),
    });
    await bed.expectWhole(undefined);
    expect(bed.observed('s1')?.waiting).toEqual([{ setting: 'GAME_KIND', after: 'broken' }]);
    expect(await readFile(join(bed.dataRoot, 'alpha/compose.yaml'), 'utf8')).not.toContain('GAME_KIND');
  });

  test.each(['create', 'rename', 'start'] as const)(
    'leaves the old container as it was when %s fails',
    async (method) => {
      bed.fake.failNext(method, new Error('the engine is broken'));
      await expect(bed.ask(serverRebuild, bed.edited())).rejects.toThrow();
      await bed.expectWhole(undefined);
    },
  );

  test('starts no new game beside the old one that someone has started meanwhile', async () => {
    const { runtime } = bed.fake;
    const { rename, start } = runtime;
    runtime.rename = async (id, name) => {
      await rename(id, name);
      const old = bed.fake.containers().find(({ observed }) => observed.name.includes('.old-'));
      if (name === 'simulator-alpha' && old) await bed.fake.byHand(() => start(old.observed.id));
    };
    await bed.restart();
    await expect(bed.ask(serverRebuild, bed.edited())).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/was started by someone else; alpha has its old container again/),
    });
    await bed.expectWhole(undefined);
  });

  test('cancelled, goes back to the old container', async () => {
    const asking = bed.ask(serverRebuild, bed.edited({}, 'silent'), { id: 'rebuild1' });
    const refused = expect(asking).rejects.toMatchObject({ code: 'CANCELLED' });
    await eventually('the new one to run', () => bed.whatRuns().some(({ spec }) => spec.env.GAME_KIND === 'silent'));
    expect((await bed.cancel('rebuild1')).state).toBe('cancelled');
    await refused;
    await bed.expectWhole(undefined);
  });

  test('killed meanwhile, does not start the old game again', async () => {
    const asking = bed.ask(serverRebuild, bed.edited({}, 'silent'));
    const refused = expect(asking).rejects.toThrow();
    await eventually('the new one to run', () => bed.whatRuns().some(({ spec }) => spec.env.GAME_KIND === 'silent'));
    await bed.ask(serverKill, bed.edited({ power: 'off' }, 'silent'));
    await refused;
    expect(await bed.fake.runtime.list()).toMatchObject([{ name: 'simulator-alpha', status: 'exited' }]);
  });

  test('of a stopped server leaves it stopped', async () => {
    await bed.ask(serverStop, bed.server({ power: 'off' }));
    expect(await bed.ask(serverRebuild, bed.edited({ power: 'off' }))).toEqual({ state: 'stopped' });
    expect(await bed.fake.runtime.list()).toMatchObject([{ name: 'simulator-alpha', status: 'created' }]);
  });

  test('stops the running game by the password it has, not by the one it is to have', async () => {
    const secret = bed.server({ env: { RCON_PASSWORD: 'another-password' } });
    expect(await bed.ask(serverRebuild, secret)).toMatchObject({ stop: { saved: 'confirmed', ended: 'quit' } });
  });
});

describe('settings that changed', () => {
  test('are told as waiting, and are there after a restart', async () => {
    const next = bed.edited();
    bed.tell([next]);
    await eventually('the difference to be told', () => bed.observed('s1')?.waiting?.length === 1);
    expect(bed.observed('s1')).toMatchObject({ waiting: [{ setting: 'GAME_KIND', after: 'good' }] });
    expect(await bed.ask(serverRestart, bed.edited())).toMatchObject({ state: 'ready', stop: { saved: 'confirmed' } });
    await bed.expectWhole('good');
    await eventually('nothing to wait', () => bed.observed('s1')?.waiting?.length === 0);
  });

  test('are there after a start, and a start of the same settings keeps the container', async () => {
    await bed.ask(serverStop, bed.server({ power: 'off' }));
    const [before] = await bed.fake.runtime.list();
    await bed.ask(serverStart, bed.server());
    expect(await bed.fake.runtime.list()).toMatchObject([{ id: before?.id }]);
    await bed.ask(serverStop, bed.server({ power: 'off' }));
    await bed.ask(serverStart, bed.edited());
    await bed.expectWhole('good');
  });

  test('made while this host was away are applied at its return, where they were not to wait', async () => {
    const next = bed.edited();
    bed.tell([{ ...next, applyRevision: next.revision }]);
    await eventually('the rebuild', () => bed.whatRuns().some(({ spec }) => spec.env.GAME_KIND === 'good'));
    await eventually('its end', async () =>
      (await bed.jobs()).some(({ subject, state }) => subject === 'server.rebuild' && state === 'done'),
    );
    await bed.expectWhole('good');
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
    expect(await bed.world()).toBe('the world');
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
