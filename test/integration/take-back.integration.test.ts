import { existsSync } from 'node:fs';
import { readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CoreBed, holding } from '../../src/manager/core-bed.ts';
import type { Identity } from '../../src/manager/people/identity.ts';
import { listRelocations } from '../../src/manager/store/relocations.ts';
import { eventually } from '../support/eventually.ts';
import { type Box, openTwoBoxes, type TwoBoxes } from './two-boxes.ts';

let boxes: TwoBoxes;
let bed: CoreBed;
let admin: Identity;
let one: Box;
let two: Box;

beforeEach(async () => {
  boxes = await openTwoBoxes();
  ({ bed, admin, one, two } = boxes);
}, 30_000);
afterEach(() => boxes.close());

describe('a move between hosts', () => {
  test('is undone where the host it went to is gone for good, with the world that was kept', async () => {
    await boxes.move();
    expect(await boxes.settled()).toBe(two);
    await writeFile(join(two.root, 'alpha/data/played-since'), '');
    const back = () => bed.ask(admin, 'server.take-back', { server: 'alpha', toHost: 'box-1' });
    await expect(back()).rejects.toMatchObject({ code: 'CONFLICT', hint: 'zedops server move alpha --to-host box-1' });
    await two.end();
    await eventually('it to be away', async () => bed.core.hub.find(two.id) === undefined);
    await expect(back()).rejects.toMatchObject({
      code: 'CONFLICT',
      hint: expect.stringContaining('host revoke box-2'),
    });
    expect(await one.isRunning()).toBe(false);
    await bed.ask(admin, 'host.revoke', { host: 'box-2' });
    const viewer = await bed.person([holding('viewer')]);
    expect(await bed.codeOf(viewer, 'server.take-back', { server: 'alpha', toHost: 'box-1' })).toBe('FORBIDDEN');
    expect(await back()).toMatchObject({ name: 'alpha', fromHost: 'box-2', done: true, keptSince: expect.any(String) });
    await boxes.cleared();
    expect(await boxes.hostNow()).toBe('box-1');
    expect(await one.isRunning()).toBe(true);
    expect(await boxes.worldOf(one)).toBe(boxes.original);
    expect(await readdir(one.root)).toEqual(['alpha']);
    await boxes.shownReady('box-1');
    expect(await bed.codeOf(admin, 'server.restart', { server: 'alpha' })).toBe('ok');
    expect(await bed.codeOf(admin, 'server.take-back', { server: 'alpha', toHost: 'box-1' })).toBe('CONFLICT');
  }, 60_000);

  test('stays undone when the dead host joins again: its copy is stopped, and what was played there is kept', async () => {
    await boxes.move();
    expect(await boxes.settled()).toBe(two);
    await writeFile(join(two.root, 'alpha/data/played-since'), '');
    await two.end();
    await eventually('it to be away', async () => bed.core.hub.find(two.id) === undefined);
    await bed.ask(admin, 'host.revoke', { host: 'box-2' });
    await bed.ask(admin, 'server.take-back', { server: 'alpha', toHost: 'box-1' });
    expect(await two.isRunning()).toBe(true);
    for (const _ of ['at once', 'and when its agent starts anew']) {
      await two.restart();
      await eventually('the copy to be stopped', async () => !(await two.isRunning()));
    }
    // Whatever its own host would do by itself, it does not run it.
    expect(await one.isRunning()).toBe(true);
    expect(await boxes.hostNow()).toBe('box-1');
    expect(existsSync(join(two.root, 'alpha/data/played-since'))).toBe(true);
    await boxes.shownReady('box-1');
    // Nor does it get lost where alpha is to go there again.
    await expect(boxes.move()).rejects.toMatchObject({ code: 'CONFLICT' });
    await boxes.cleared();
    expect(existsSync(join(two.root, 'alpha/data/played-since'))).toBe(true);
    expect(await one.isRunning()).toBe(true);
    expect(await two.isRunning()).toBe(false);
  }, 60_000);

  test('has ended for those who work with it, though the first host has not heard of it', async () => {
    let steps = 0;
    one.onRequest = (subject, isAnswer) => {
      // First it is told to stop it, and at the end to let it go.
      if (subject === 'agent.world-step' && !isAnswer) steps += 1;
      if (steps === 2) void one.end();
      return false;
    };
    await boxes.move();
    await eventually('it to be away', async () => bed.core.hub.find(one.id) === undefined);
    expect(await listRelocations(bed.core.store.db)).toMatchObject([{ phase: 'settled' }]);
    const edit = { server: 'alpha', memoryMb: 4096 };
    expect(await bed.ask(admin, 'server.edit', edit)).toMatchObject({ name: 'alpha' });
    expect(await bed.codeOf(admin, 'server.restart', { server: 'alpha' })).toBe('ok');
    expect(await bed.codeOf(admin, 'server.relocate', { server: 'alpha', toHost: 'box-1' })).toBe('UNREACHABLE');
    one.onRequest = () => false;
    await one.restart();
    expect(await boxes.settled()).toBe(two);
  }, 60_000);

  test('is undone where the host it goes to dies after the switch', async () => {
    // It dies as it is told that it is in force: the third step, after a look and the stop.
    let steps = 0;
    two.onRequest = (subject, isAnswer) => {
      if (subject === 'relocation.step' && isAnswer) steps += 1;
      if (steps === 3) void two.end();
      return false;
    };
    const moving = boxes.move().catch((error: unknown) => error);
    await eventually('the switch', async () => (await boxes.hostNow()) === 'box-2');
    await two.end();
    await moving;
    await eventually('it to be away', async () => bed.core.hub.find(two.id) === undefined);
    await bed.ask(admin, 'host.revoke', { host: 'box-2' });
    const taken = await bed.ask(admin, 'server.take-back', { server: 'alpha', toHost: 'box-1' });
    expect(taken).toMatchObject({ fromHost: 'box-2', done: true });
    expect(taken).not.toHaveProperty('problem');
    expect(await boxes.hostNow()).toBe('box-1');
    expect(await one.isRunning()).toBe(true);
    expect(await boxes.worldOf(one)).toBe(boxes.original);
  }, 60_000);

  test('is refused, and changes nothing, where no world was kept', async () => {
    await boxes.move();
    expect(await boxes.settled()).toBe(two);
    await two.end();
    await bed.ask(admin, 'host.revoke', { host: 'box-2' });
    const [kept = ''] = await readdir(one.root);
    await rename(join(one.root, kept), join(boxes.base, 'elsewhere'));
    expect(await bed.codeOf(admin, 'server.take-back', { server: 'alpha', toHost: 'box-1' })).toBe('NOT_FOUND');
    expect(await boxes.hostNow()).toBe('box-2');
    expect(await listRelocations(bed.core.store.db)).toEqual([]);
    expect(await readdir(one.root)).toEqual([]);
  }, 60_000);
});
