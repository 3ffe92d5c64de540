import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAgent } from '../../src/agent/agent.ts';
import { greet } from '../../src/agent/link.ts';
import { contentOf, makeOddTree } from '../../src/agent/worlds/tree-bed.ts';
import { type CoreBed, holding, openCoreBed } from '../../src/manager/core-bed.ts';
import type { Identity } from '../../src/manager/identity.ts';
import { findHost } from '../../src/manager/store/hosts.ts';
import { listRelocations } from '../../src/manager/store/relocations.ts';
import { findServer } from '../../src/manager/store/servers.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { silentLog } from '../../src/platform/log.ts';
import { newId } from '../../src/protocol/id.ts';
import { agentJobs } from '../../src/protocol/operations/agent.ts';
import { createWirePair, type Wire } from '../../src/protocol/wire.ts';
import { createFakeRuntime, type FakeRuntime } from '../fakes/fake-runtime.ts';
import { eventually } from '../support/eventually.ts';

/** A host with a real agent over an engine in memory. */
interface Box {
  readonly id: string;
  readonly root: string;
  readonly fake: FakeRuntime;
  /** Told of each request about a relocation that it asks or is asked; says whether it is killed at that moment. */
  onRequest: (subject: string, isAnswer: boolean) => boolean;
  /** Resolves when it has been killed and is back. */
  back: Promise<void>;
  restart(): Promise<void>;
  end(): Promise<void>;
  isRunning(): Promise<boolean>;
}

let bed: CoreBed;
let base: string;
let one: Box;
let two: Box;
let admin: Identity;
let original: string;

async function makeBox(name: string): Promise<Box> {
  const id = await bed.host(name);
  const root = join(base, name);
  await mkdir(root, { recursive: true });
  const fake = createFakeRuntime(Date.now());
  fake.onStart((container) => container.print('LOG  : General     f:0, t:1763710000000> *** SERVER STARTED ****'));
  let ending = new AbortController();
  let ended: Promise<void> = Promise.resolve();
  let close: () => void = () => undefined;
  const box: Box = {
    id,
    root,
    fake,
    onRequest: () => false,
    back: Promise.resolve(),
    async restart() {
      ending.abort();
      close();
      await ended;
      await start();
    },
    async end() {
      ending.abort();
      close();
      await ended;
    },
    async isRunning() {
      const all = await fake.runtime.list();
      return all.some(({ status }) => status === 'running');
    },
  };
  const watched = (wire: Wire): Wire => {
    const subjects = new Map<string, string>();
    const look = (text: string): boolean => {
      const frame = JSON.parse(text);
      const isRequest = typeof frame.reply === 'string';
      if (isRequest) subjects.set(frame.reply, frame.subject);
      const subject = isRequest ? frame.subject : subjects.get(frame.subject);
      if (subject === undefined || frame.more === true || !/^(relocation|agent\.world)/.test(subject)) return true;
      if (!box.onRequest(subject, !isRequest)) return true;
      box.onRequest = () => false;
      box.back = box.restart();
      return false;
    };
    return {
      ...wire,
      send: (frame) => {
        if (typeof frame !== 'string' || look(frame)) wire.send(frame);
      },
      listen: (events) =>
        wire.listen({
          ...events,
          frame: (text) => {
            if (look(text)) events.frame(text);
          },
        }),
    };
  };
  const start = async (): Promise<void> => {
    ending = new AbortController();
    const folder = join(base, `${name}-agent`);
    const agent = await createAgent({
      ...{ runtime: fake.runtime, folder, dataRoot: root, clock: systemClock, log: silentLog, signal: ending.signal },
    });
    ended = agent.ended;
    const host = await findHost(bed.core.store.db, id);
    if (!host) throw new Error('no host');
    const [managerEnd, agentEnd] = createWirePair();
    bed.core.onAgent(managerEnd, { host, serial: 'test', expiresAt: Number.POSITIVE_INFINITY }, '192.0.2.8');
    const peer = await greet(watched(agentEnd), (incoming, asker) => agent.serve(incoming, asker), silentLog);
    close = () => peer.close(1000, 'killed');
    await eventually(`${name} to answer`, async () => bed.core.hub.find(id) !== undefined);
  };
  await start();
  return box;
}

beforeEach(async () => {
  bed = await openCoreBed();
  base = await mkdtemp(join(tmpdir(), 'zedops-relocate-'));
  admin = await bed.person([holding('admin')]);
  one = await makeBox('box-1');
  two = await makeBox('box-2');
  const env = { ADMIN_PASSWORD: 'Adm1n-secret-of-alpha' };
  await bed.ask(admin, 'server.create', { name: 'alpha', host: 'box-1', image: 'little', env });
  await makeOddTree(join(one.root, 'alpha/data'));
  await rm(join(one.root, 'alpha/data/pipe'));
  original = await worldOf(one);
}, 30_000);
afterEach(async () => {
  await one.end();
  await two.end();
  await bed.close();
  await rm(base, { recursive: true, force: true });
});

const worldOf = (box: Box): Promise<string> => contentOf(join(box.root, 'alpha/data'));
const move = (id = newId()): Promise<unknown> =>
  bed.ask(admin, 'server.relocate', { server: 'alpha', toHost: 'box-2' }, { id });
const shownReady = (host: string): Promise<boolean> =>
  eventually('it to be shown', async () => {
    const shown = JSON.stringify(await bed.ask(admin, 'server.show', { server: 'alpha' }));
    if (!shown.includes('"state":"ready"')) throw new Error(shown);
    return shown.includes('"state":"ready"') && shown.includes(host);
  });
const switched = async (): Promise<boolean> => (await hostNow()) === 'box-2';
const hostNow = async (): Promise<string | undefined> => (await findServer(bed.core.store.db, 'alpha'))?.hostName;
const cleared = (): Promise<boolean> =>
  eventually('the move to be cleared away', async () => {
    bed.clock.advance(31_000);
    return (await listRelocations(bed.core.store.db)).length === 0;
  });

/** One of the two runs it, whole, and the manager says which. */
async function settled(): Promise<Box> {
  await cleared();
  const now = (await hostNow()) === 'box-1' ? one : two;
  const other = now === one ? two : one;
  await eventually('it to run', () => now.isRunning());
  expect(await other.isRunning()).toBe(false);
  expect(await worldOf(now)).toBe(original);
  expect(existsSync(join(other.root, 'alpha'))).toBe(false);
  expect(existsSync(join(other.root, 'alpha.arriving'))).toBe(false);
  return now;
}

describe('moving a server to another host', () => {
  test('brings all of it, runs it there, and keeps the original for a day', async () => {
    const reply = await move();
    expect(reply).toMatchObject({ name: 'alpha', folder: join(two.root, 'alpha'), state: 'ready' });
    expect(await settled()).toBe(two);
    expect(await one.fake.runtime.list()).toEqual([]);
    const [kept] = await readdir(one.root);
    expect(kept).toMatch(/^alpha\.moved-/);
    expect(await contentOf(join(one.root, kept ?? '', 'data'))).toBe(original);
    await shownReady('box-2');
    expect(await bed.codeOf(admin, 'server.restart', { server: 'alpha' })).toBe('ok');
    // And back again, beside what it left there.
    await bed.ask(admin, 'server.relocate', { server: 'alpha', toHost: 'box-1' });
    expect(await settled()).toBe(one);
  }, 60_000);

  test('stays where it was when it does not start there', async () => {
    two.fake.failNext('create', new Error('no such image'));
    await expect(move()).rejects.toThrow();
    expect(await settled()).toBe(one);
    expect(await readdir(two.root)).toEqual([]);
  }, 60_000);

  test('stays where it was when it is cancelled', async () => {
    const id = newId();
    const moving = move(id).catch((error: unknown) => error);
    two.onRequest = (subject, isAnswer) => {
      if (subject === 'relocation.read' && isAnswer) void bed.codeOf(admin, 'job.cancel', { job: id });
      return false;
    };
    expect(await moving).toMatchObject({ code: 'CANCELLED' });
    expect(await settled()).toBe(one);
    expect(await readdir(two.root)).toEqual([]);
  }, 60_000);

  test('touches nothing that is in its way', async () => {
    await mkdir(join(two.root, 'alpha'));
    await writeFile(join(two.root, 'alpha/precious'), '');
    await expect(move()).rejects.toMatchObject({ code: 'CONFLICT' });
    await rm(join(two.root, 'alpha'), { recursive: true });
    await mkdir(join(two.root, 'alpha.arriving'));
    await writeFile(join(two.root, 'alpha.arriving/precious'), '');
    await expect(move()).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await readdir(join(two.root, 'alpha.arriving'))).toEqual(['precious']);
    await cleared();
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

  test('is undone where the host it went to is gone for good, with the world that was kept', async () => {
    await move();
    expect(await settled()).toBe(two);
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
    await cleared();
    expect(await hostNow()).toBe('box-1');
    expect(await one.isRunning()).toBe(true);
    expect(await worldOf(one)).toBe(original);
    expect(await readdir(one.root)).toEqual(['alpha']);
    await shownReady('box-1');
    expect(await bed.codeOf(admin, 'server.restart', { server: 'alpha' })).toBe('ok');
    expect(await bed.codeOf(admin, 'server.take-back', { server: 'alpha', toHost: 'box-1' })).toBe('CONFLICT');
  }, 60_000);

  test('is undone where the host it goes to dies after the switch', async () => {
    // It dies as it is told that it is in force: the third step, after a look and the stop.
    let steps = 0;
    two.onRequest = (subject, isAnswer) => {
      if (subject === 'relocation.step' && isAnswer) steps += 1;
      if (steps === 3) void two.end();
      return false;
    };
    const moving = move().catch((error: unknown) => error);
    await eventually('the switch', switched);
    await two.end();
    await moving;
    await eventually('it to be away', async () => bed.core.hub.find(two.id) === undefined);
    await bed.ask(admin, 'host.revoke', { host: 'box-2' });
    const taken = await bed.ask(admin, 'server.take-back', { server: 'alpha', toHost: 'box-1' });
    expect(taken).toMatchObject({ fromHost: 'box-2', done: true });
    expect(taken).not.toHaveProperty('problem');
    expect(await hostNow()).toBe('box-1');
    expect(await one.isRunning()).toBe(true);
    expect(await worldOf(one)).toBe(original);
  }, 60_000);

  test('is refused, and changes nothing, where no world was kept', async () => {
    await move();
    expect(await settled()).toBe(two);
    await two.end();
    await bed.ask(admin, 'host.revoke', { host: 'box-2' });
    const [kept = ''] = await readdir(one.root);
    await rename(join(one.root, kept), join(base, 'elsewhere'));
    expect(await bed.codeOf(admin, 'server.take-back', { server: 'alpha', toHost: 'box-1' })).toBe('NOT_FOUND');
    expect(await hostNow()).toBe('box-2');
    expect(await listRelocations(bed.core.store.db)).toEqual([]);
    expect(await readdir(one.root)).toEqual([]);
  }, 60_000);

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
        const moving = move(id).catch((error: unknown) => error);
        await moving;
        await box.back;
        if (died === '') break;
        await eventually(`the job to end after a kill at ${died}`, async () => {
          const link = bed.core.hub.find(two.id);
          const jobs = link ? (await link.request(agentJobs, { id })).jobs : [];
          return jobs.every(({ state }) => state !== 'running');
        });
        const now = await settled();
        if (now === two) {
          await bed.ask(admin, 'server.relocate', { server: 'alpha', toHost: 'box-1' });
          expect(await settled()).toBe(one);
        }
      }
    }, 240_000);
  }
});
