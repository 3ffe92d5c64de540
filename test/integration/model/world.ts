import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Agent, createAgent } from '../../../src/agent/agent.ts';
import { greet } from '../../../src/agent/link/link.ts';
import { type Endings, type ManagerCore, openCore } from '../../../src/manager/core.ts';
import { localIdentity } from '../../../src/manager/people/identity.ts';
import { createPasswords } from '../../../src/manager/people/passwords.ts';
import { idOfNewServer } from '../../../src/manager/servers/new-server.ts';
import { activateLocalHost, findHost } from '../../../src/manager/store/hosts.ts';
import { createFakeClock } from '../../../src/platform/fake-clock.ts';
import { resolvePaths } from '../../../src/platform/files/paths.ts';
import type { Log } from '../../../src/platform/log.ts';
import { type ErrorCode, ZedopsError } from '../../../src/protocol/errors.ts';
import { newId } from '../../../src/protocol/id.ts';
import { findOperation } from '../../../src/protocol/operations/index.ts';
import type { Peer } from '../../../src/protocol/peer.ts';
import { createWirePair } from '../../../src/protocol/wire.ts';
import { createFakeRuntime, type FakeRuntime, type RuntimeMethod } from '../../fakes/fake-runtime.ts';
import { type Foreign, putForeign } from './foreign.ts';
import { createGames, type Games } from './games.ts';
import { type Life, mortalClock, mortalRuntime } from './mortal.ts';
import { createPace, type Pace } from './pace.ts';

/** What became of a request. */
export type Outcome =
  | { readonly code: 'ok'; readonly reply: unknown }
  /** `died`: the manager that was asked was killed meanwhile. */
  | { readonly code: ErrorCode | 'bug' | 'died'; readonly message: string };

/** Something that was asked of the manager. */
export interface Asked {
  readonly id: string;
  readonly subject: string;
  readonly data: unknown;
  /** Which manager was asked, counted from one. */
  readonly manager: number;
  readonly answered: Promise<Outcome>;
  /** Absent while it is under way. */
  outcome?: Outcome;
}

/** A manager with its store, an agent with its folders, an engine and games: all in this process, with one clock. */
export interface World {
  readonly pace: Pace;
  readonly fake: FakeRuntime;
  readonly games: Games;
  /** The folders below which servers may lie: the usual one first. */
  readonly roots: readonly string[];
  /** What can be adopted. */
  readonly foreign: Foreign;
  /** All that was asked, oldest first. */
  readonly asked: readonly Asked[];
  /** What happened that never should, beside what the games found. */
  readonly violations: readonly string[];
  /** The last of what was asked and logged, for whoever looks at a failure. */
  story(): string;
  core(): ManagerCore;
  /** Which manager runs, counted from one. */
  manager(): number;
  isConnected(): boolean;
  /** Asks as the owner. Under the id of an earlier request it is that request again. */
  ask(subject: string, data: unknown, id?: string): Asked;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  /** Ends the agent, orderly or in the middle of whatever it does, and starts it again in the same folders. */
  restartAgent(how: 'stopped' | 'killed'): Promise<void>;
  /**
   * Ends the manager, orderly or in the middle of whatever it does, and starts it again on the same store. The agent
   * connects again only when it is told to.
   */
  restartManager(how: 'stopped' | 'killed'): Promise<void>;
  /** Makes the engine refuse the agent's next call of a method. */
  failNext(method: RuntimeMethod): void;
  /** The engine answers, and refuses nothing. */
  healEngine(): void;
  dispose(): Promise<void>;
}

/** The one host of a world. */
export const hostName = 'box';

const memoryDisk = '/dev/shm';

/** Makes a world in which nothing has happened. */
export async function createWorld(): Promise<World> {
  const base = await mkdtemp(join(tmpdir(), 'zedops-model-'));
  const dataRoot = join(base, 'servers');
  await mkdir(dataRoot);
  const clock = createFakeClock(Date.UTC(2026, 0, 2, 3, 4, 5));
  const asked: Asked[] = [];
  const logged: string[] = [];
  const pace = createPace(clock, () => story(asked, logged));
  const fake = createFakeRuntime(() => clock.now());
  // On a file system of its own, where there is one, so that a move has to copy.
  const shelf = await mkdtemp(join(existsSync(memoryDisk) ? memoryDisk : tmpdir(), 'zedops-model-'));
  const roots = [dataRoot, shelf];
  const elsewhere = join(base, 'elsewhere');
  const takesOver = (serverId: string): boolean =>
    asked.some(
      ({ id, subject }) =>
        (subject === 'server.clone' || subject === 'server.adopt') &&
        idOfNewServer(localIdentity.actor, id) === serverId,
    );
  const games = await createGames(fake, { clock, roots, elsewhere: [elsewhere], takesOver });
  const foreign = await putForeign(fake, games, {
    container: join(elsewhere, 'legacy'),
    folder: join(dataRoot, 'old'),
  });
  const violations: string[] = [];
  const failing = new Map<RuntimeMethod, number>();

  const logOf = (who: string): Log => {
    const write = (fields: Parameters<Log['warn']>[0], message: string): void => {
      const about = JSON.stringify({ ...fields, error: fields.error === undefined ? undefined : String(fields.error) });
      const line = `${who}: ${message} ${about}`;
      if (logged.at(-1) !== line) logged.push(line);
    };
    const log: Log = { debug: write, info: write, warn: write, error: write, with: () => log };
    return log;
  };

  /** Before the agent has the engine do something. */
  const before = (method: RuntimeMethod, about: string): void => {
    const left = failing.get(method) ?? 0;
    if (left > 0) {
      failing.set(method, left - 1);
      throw new ZedopsError('INVALID_INPUT', `The engine refuses to ${method}`);
    }
    if (method !== 'start') return;
    const all = fake.containers();
    const folderOf = (id: string): string | undefined =>
      all.find(({ observed }) => observed.id === id)?.face.spec.mounts[0]?.hostPath;
    const folder = folderOf(about);
    const others = all.filter(
      ({ observed: { id, status } }) =>
        id !== about && (status === 'running' || status === 'paused') && folderOf(id) === folder,
    );
    if (folder !== undefined && others.length > 0) violations.push(`a second container was started on ${folder}`);
    const stranger = fake.foreign
      .all()
      .find(({ status, mounts }) => status === 'running' && mounts.some(({ from }) => from === folder));
    if (stranger) violations.push(`a container was started on ${folder}, with which ${stranger.name} runs`);
  };

  let managerLife: Life = { isOver: false };
  let endings: Endings = [];
  let managers = 0;
  const openManager = async (): Promise<ManagerCore> => {
    managers += 1;
    endings = [];
    const paths = resolvePaths({ env: { ZEDOPS_HOME: join(base, 'manager') }, uid: 1000 });
    const passwords = createPasswords({ ln: 4, r: 8, p: 1 });
    const log = logOf('manager');
    managerLife = { isOver: false };
    const mortal = mortalClock(clock, managerLife);
    return pace.for(openCore({ paths, clock: mortal, log, names: [], listens: () => [], passwords }, endings));
  };
  const closeManager = async (): Promise<void> => {
    for (const end of endings.toReversed()) await pace.slowly(Promise.resolve(end()));
  };
  /** Nothing that it is about still happens: its timers are gone, its store is closed, then the wire is cut. */
  const killManager = async (): Promise<void> => {
    managerLife.isOver = true;
    for (const entry of asked) {
      if (entry.manager === managers) entry.outcome ??= { code: 'died', message: 'the manager was killed' };
    }
    await core.store.close();
  };
  let core = await openManager();
  const hostId = newId(clock.now());
  await activateLocalHost(core.store.db, { id: hostId, name: hostName, at: clock.now() });

  let life: Life = { isOver: false };
  let ending = new AbortController();
  let agent: Agent;
  const startAgent = async (): Promise<Agent> => {
    life = { isOver: false };
    ending = new AbortController();
    return pace.for(
      createAgent({
        runtime: mortalRuntime(fake.runtime, life, before),
        folder: join(base, 'agent'),
        dataRoot,
        dataRoots: [shelf],
        clock: mortalClock(clock, life),
        log: logOf('agent'),
        signal: ending.signal,
      }),
    );
  };
  agent = await startAgent();

  let peer: Peer | undefined;
  const disconnect = async (): Promise<void> => {
    const now = peer;
    peer = undefined;
    now?.close(1001, 'the connection is cut');
    // The other side, and whoever asked it, hear of it a turn later.
    await pace.turns(1);
  };
  const connect = async (): Promise<void> => {
    if (peer) return;
    const host = await findHost(core.store.db, hostId);
    if (!host) throw new Error('the host is not on the list any more');
    const [managerEnd, agentEnd] = createWirePair();
    core.onAgent(managerEnd, { host, serial: 'model', expiresAt: Number.POSITIVE_INFINITY }, '192.0.2.8');
    const made = await pace.for(greet(agentEnd, agent.serve, logOf('link')));
    peer = made;
    void made.closed.then(() => {
      if (peer === made) peer = undefined;
    });
  };
  await connect();

  return {
    pace,
    fake,
    games,
    roots,
    foreign,
    asked,
    violations,
    story: () => story(asked, logged),
    core: () => core,
    manager: () => managers,
    isConnected: () => peer !== undefined,
    connect,
    disconnect,
    ask(subject, data, id = newId(clock.now())) {
      const asker = { identity: localIdentity, from: '192.0.2.7' };
      const call = { asker, id, signal: new AbortController().signal };
      // Rows of the audit are sorted by time.
      clock.advance(1);
      const answered = core.gateway.handle(subject, data, call).then(
        (reply): Outcome => ({ code: 'ok', reply }),
        (error: unknown): Outcome =>
          error instanceof ZedopsError
            ? { code: error.code, message: error.message }
            : { code: 'bug', message: error instanceof Error ? (error.stack ?? error.message) : String(error) },
      );
      const entry: Asked = { id, subject, data, manager: managers, answered };
      void answered.then((outcome) => {
        entry.outcome ??= outcome;
      });
      asked.push(entry);
      return entry;
    },
    async restartAgent(how) {
      const dying = life;
      if (how === 'killed') dying.isOver = true;
      games.hangUp();
      ending.abort();
      await disconnect();
      if (how === 'stopped') await pace.for(agent.ended);
      dying.isOver = true;
      games.hangUp();
      // What it had begun to write is on the disk before anything else happens.
      await pace.quiet();
      agent = await startAgent();
    },
    async restartManager(how) {
      if (how === 'killed') await killManager();
      else await closeManager();
      await disconnect();
      core = await openManager();
    },
    failNext(method) {
      failing.set(method, (failing.get(method) ?? 0) + 1);
    },
    healEngine() {
      failing.clear();
      fake.setReachable(true);
    },
    async dispose() {
      ending.abort();
      await disconnect();
      await closeManager();
      await pace.for(agent.ended);
      life.isOver = true;
      await games.close();
      await pace.quiet();
      for (const folder of [base, shelf]) await rm(folder, { recursive: true, force: true });
    },
  };
}

function story(asked: readonly Asked[], logged: readonly string[]): string {
  const told = asked
    .filter(({ subject }) => findOperation(subject)?.effect !== 'read')
    .map(({ id, subject, data, outcome }) => {
      const how = !outcome ? 'under way' : outcome.code === 'ok' ? 'ok' : `${outcome.code} ${outcome.message}`;
      return `${id.slice(-4)} ${subject} ${JSON.stringify(data).slice(0, 60)} → ${how.slice(0, 300)}`;
    });
  return ['-- requests', ...told.slice(-30), '-- logs', ...logged.slice(-60)].join('\n');
}
