import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAgent } from '../../src/agent/agent.ts';
import { greet } from '../../src/agent/link/link.ts';
import { contentOf, makeOddTree } from '../../src/agent/worlds/tree-bed.ts';
import { type CoreBed, holding, openCoreBed } from '../../src/manager/core-bed.ts';
import type { Identity } from '../../src/manager/people/identity.ts';
import { findHost } from '../../src/manager/store/hosts.ts';
import { listRelocations } from '../../src/manager/store/relocations.ts';
import { findServer } from '../../src/manager/store/servers.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { silentLog } from '../../src/platform/log.ts';
import { newId } from '../../src/protocol/id.ts';
import { createWirePair, type Wire } from '../../src/protocol/wire.ts';
import { createFakeRuntime, type FakeRuntime } from '../fakes/fake-runtime.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';

/** A host with a real agent over an engine in memory. */
export interface Box {
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

/** Two hosts under one manager, and the server `alpha` on the first of them, with a world of odd files. */
export interface TwoBoxes {
  readonly bed: CoreBed;
  readonly base: string;
  readonly admin: Identity;
  readonly one: Box;
  readonly two: Box;
  /** What was in its world at first. */
  readonly original: string;
  worldOf(box: Box): Promise<string>;
  /** Moves it to the second host. */
  move(id?: string): Promise<unknown>;
  /** Name of the host it is on, by the manager. */
  hostNow(): Promise<string | undefined>;
  /** Resolves when it is shown as ready on that host. */
  shownReady(host: string): Promise<boolean>;
  /** Resolves when nothing of a move is left in the store. */
  cleared(): Promise<boolean>;
  /** One of the two runs it, whole, and the manager says which; the other has nothing of it in force. */
  settled(): Promise<Box>;
  close(): Promise<void>;
}

/** Opens them. */
export async function openTwoBoxes(): Promise<TwoBoxes> {
  const bed = await openCoreBed();
  const base = await mkdtemp(join(tmpdir(), 'zedops-relocate-'));
  const admin = await bed.person([holding('admin')]);
  const one = await makeBox(bed, base, 'box-1');
  const two = await makeBox(bed, base, 'box-2');
  const ports = { GAME_PORT: String(await freePort()), DIRECT_PORT: String(await freePort()) };
  const env = { ADMIN_PASSWORD: 'Adm1n-secret-of-alpha', ...ports };
  await bed.ask(admin, 'server.create', { name: 'alpha', host: 'box-1', image: 'little', env });
  await makeOddTree(join(one.root, 'alpha/data'));
  await rm(join(one.root, 'alpha/data/pipe'));
  const worldOf = (box: Box): Promise<string> => contentOf(join(box.root, 'alpha/data'));
  const original = await worldOf(one);
  const hostNow = async (): Promise<string | undefined> => (await findServer(bed.core.store.db, 'alpha'))?.hostName;
  const cleared = (): Promise<boolean> =>
    eventually('the move to be cleared away', async () => {
      bed.clock.advance(31_000);
      return (await listRelocations(bed.core.store.db)).length === 0;
    });
  return {
    ...{ bed, base, admin, one, two, original, worldOf, hostNow, cleared },
    move: (id = newId()) => bed.ask(admin, 'server.relocate', { server: 'alpha', toHost: 'box-2' }, { id }),
    shownReady: (host) =>
      eventually('it to be shown', async () => {
        const shown = JSON.stringify(await bed.ask(admin, 'server.show', { server: 'alpha' }));
        return shown.includes('"state":"ready"') && shown.includes(host);
      }),
    async settled() {
      await cleared();
      const now = (await hostNow()) === 'box-1' ? one : two;
      const other = now === one ? two : one;
      await eventually('it to run', () => now.isRunning());
      if (await other.isRunning()) throw new Error('alpha runs in two places');
      if ((await worldOf(now)) !== original) throw new Error('the world is another one');
      for (const name of ['alpha', 'alpha.arriving']) {
        if (existsSync(join(other.root, name))) throw new Error(`${name} is on the other host as well`);
      }
      return now;
    },
    async close() {
      await one.end();
      await two.end();
      await bed.close();
      await rm(base, { recursive: true, force: true });
    },
  };
}

async function makeBox(bed: CoreBed, base: string, name: string): Promise<Box> {
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
