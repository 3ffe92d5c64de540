import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { contentOf } from '../../src/agent/worlds/tree-bed.ts';
import type { CoreBed } from '../../src/manager/core-bed.ts';
import type { Identity } from '../../src/manager/people/identity.ts';
import { findServer } from '../../src/manager/store/servers.ts';
import { type LogItem, linesOf } from '../../src/protocol/entities/log.ts';
import { newId } from '../../src/protocol/id.ts';
import { agentJobs, agentLogs } from '../../src/protocol/operations/agent.ts';
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

/** Lines of its console as its host has them, the oldest first, and how many gaps are between them. */
async function logOf(box: Box): Promise<{ seqs: number[]; texts: string[]; gaps: number }> {
  const server = await findServer(bed.core.store.db, 'alpha');
  const items: LogItem[] = [];
  const request = { serverId: server?.id ?? '', follow: false };
  await bed.core.hub.find(box.id)?.request(agentLogs, request, { onProgress: (item) => void items.push(item) });
  const lines = items.flatMap((item) => (item.kind === 'lines' ? [...linesOf(item)] : []));
  return {
    seqs: lines.map(({ seq }) => seq),
    texts: lines.map(({ text }) => text),
    gaps: items.filter(({ kind }) => kind === 'gap').length,
  };
}

describe('moving a server to another host', () => {
  test('brings its log along, whose lines keep their numbers, there and back', async () => {
    const say = async (box: Box, text: string): Promise<void> => {
      const [container] = await box.fake.runtime.list();
      box.fake.container(container?.serverId ?? '').print(text);
      await eventually('the line to be read', async () => (await logOf(box)).texts.includes(text));
    };
    await say(one, 'said on box-1');
    const before = await logOf(one);
    await boxes.move();
    await say(two, 'said on box-2');
    const there = await logOf(two);
    expect(there.texts.slice(0, before.texts.length)).toEqual(before.texts);
    expect(there.seqs).toEqual(there.seqs.map((_, index) => index + 1));
    expect(there.texts.filter((text) => text === 'said on box-1')).toHaveLength(1);
    expect(there.gaps).toBe(0);
    await boxes.cleared();
    await bed.ask(admin, 'server.relocate', { server: 'alpha', toHost: 'box-1' });
    await say(one, 'said on box-1 again');
    const back = await logOf(one);
    expect(back.texts.slice(0, there.texts.length)).toEqual(there.texts);
    expect(back.seqs).toEqual(back.seqs.map((_, index) => index + 1));
    // Where a world of it is kept, its log is kept for taking it back; nowhere else.
    expect(await readdir(join(boxes.base, 'box-2-agent/logs'))).toHaveLength(2);
  }, 60_000);

  test('leaves nothing of its log where it does not start', async () => {
    two.fake.failNext('create', new Error('no such image'));
    await expect(boxes.move()).rejects.toThrow();
    expect(await boxes.settled()).toBe(one);
    expect(await readdir(join(boxes.base, 'box-2-agent/logs'))).toEqual([]);
    const { texts, gaps } = await logOf(one);
    expect(texts.length).toBeGreaterThan(0);
    expect(gaps).toBe(1);
  }, 60_000);

  test('brings all of it, runs it there, and keeps the original for a day', async () => {
    const reply = await boxes.move();
    expect(reply).toMatchObject({ name: 'alpha', folder: join(two.root, 'alpha'), state: 'ready' });
    expect(await boxes.settled()).toBe(two);
    expect(await one.fake.runtime.list()).toEqual([]);
    const [kept] = await readdir(one.root);
    expect(kept).toMatch(/^alpha\.moved-/);
    expect(await contentOf(join(one.root, kept ?? '', 'data'))).toBe(boxes.original);
    await boxes.shownReady('box-2');
    expect(await bed.codeOf(admin, 'server.restart', { server: 'alpha' })).toBe('ok');
    // And back again, beside what it left there.
    await bed.ask(admin, 'server.relocate', { server: 'alpha', toHost: 'box-1' });
    expect(await boxes.settled()).toBe(one);
  }, 60_000);

  test('stays where it was when it does not start there', async () => {
    two.fake.failNext('create', new Error('no such image'));
    await expect(boxes.move()).rejects.toThrow();
    expect(await boxes.settled()).toBe(one);
    expect(await readdir(two.root)).toEqual([]);
  }, 60_000);

  test('stays where it was when it is cancelled', async () => {
    const id = newId();
    const moving = boxes.move(id).catch((error: unknown) => error);
    two.onRequest = (subject, isAnswer) => {
      if (subject === 'relocation.read' && isAnswer) void bed.codeOf(admin, 'job.cancel', { job: id });
      return false;
    };
    expect(await moving).toMatchObject({ code: 'CANCELLED' });
    expect(await boxes.settled()).toBe(one);
    expect(await readdir(two.root)).toEqual([]);
  }, 60_000);

  test('touches nothing that is in its way', async () => {
    await mkdir(join(two.root, 'alpha'));
    await writeFile(join(two.root, 'alpha/precious'), '');
    await expect(boxes.move()).rejects.toMatchObject({ code: 'CONFLICT' });
    await rm(join(two.root, 'alpha'), { recursive: true });
    await mkdir(join(two.root, 'alpha.arriving'));
    await writeFile(join(two.root, 'alpha.arriving/precious'), '');
    await expect(boxes.move()).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await readdir(join(two.root, 'alpha.arriving'))).toEqual(['precious']);
    await boxes.cleared();
    expect(await one.isRunning()).toBe(true);
  }, 60_000);

  test('needs the right to make servers there', async () => {
    const keeper = await bed.person([{ role: 'admin', scope: { kind: 'host', id: one.id } }]);
    expect(await bed.codeOf(keeper, 'server.relocate', { server: 'alpha', toHost: 'box-2' })).toBe('NOT_FOUND');
    const viewer = await bed.person([
      { role: 'admin', scope: { kind: 'host', id: one.id } },
      { role: 'viewer', scope: { kind: 'host', id: two.id } },
    ]);
    expect(await bed.codeOf(viewer, 'server.relocate', { server: 'alpha', toHost: 'box-2' })).toBe('FORBIDDEN');
    expect(await bed.codeOf(admin, 'server.relocate', { server: 'alpha', toHost: 'box-1' })).toBe('CONFLICT');
  });

  for (const which of ['one', 'two'] as const) {
    test(`has one world in force wherever host ${which} is killed`, async () => {
      for (let dieAt = 1; ; dieAt += 1) {
        const box = which === 'one' ? one : two;
        let requests = 0;
        let died = '';
        box.onRequest = (subject, isAnswer) => {
          // Reading is many times the same.
          if (/read$/.test(subject)) return false;
          requests += 1;
          if (requests === dieAt) died = `${subject}${isAnswer ? ' answered' : ''}`;
          return requests === dieAt;
        };
        const id = newId();
        const moving = boxes.move(id).catch((error: unknown) => error);
        await moving;
        await box.back;
        if (died === '') break;
        await eventually(`the job to end after a kill at ${died}`, async () => {
          const link = bed.core.hub.find(two.id);
          const jobs = link ? (await link.request(agentJobs, { id })).jobs : [];
          return jobs.every(({ state }) => state !== 'running');
        });
        const now = await boxes.settled();
        if (now === two) {
          await bed.ask(admin, 'server.relocate', { server: 'alpha', toHost: 'box-1' });
          expect(await boxes.settled()).toBe(one);
        }
      }
    }, 240_000);
  }
});
