import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeClock, type FakeClock } from '../platform/fake-clock.ts';
import { resolvePaths } from '../platform/files/paths.ts';
import type { Log } from '../platform/log.ts';
import type { HostFacts } from '../protocol/entities/host.ts';
import type { Job } from '../protocol/entities/job.ts';
import type { LogItem } from '../protocol/entities/log.ts';
import type { DesiredServer, ObservedServer } from '../protocol/entities/server.ts';
import { ZedopsError } from '../protocol/errors.ts';
import { Forwarded } from '../protocol/forward.ts';
import { newId } from '../protocol/id.ts';
import { agentJobs, agentLogs, agentWatch } from '../protocol/operations/agent.ts';
import { findOperation, operations } from '../protocol/operations/index.ts';
import { systemHello } from '../protocol/operations/system.ts';
import { createPeer, type Incoming, type Peer } from '../protocol/peer.ts';
import { type Grant, type Permission, type Role, rolePermissions } from '../protocol/permissions.ts';
import { protocolVersion } from '../protocol/version.ts';
import { createWirePair } from '../protocol/wire.ts';
import { type Endings, type ManagerCore, openCore } from './core.ts';
import type { Identity } from './people/identity.ts';
import { createPasswords } from './people/passwords.ts';
import { activateLocalHost, findHost } from './store/hosts.ts';
import { insertPerson, replaceGrants } from './store/people.ts';

/** What a scripted agent answers to one operation. */
export type AgentScript = (data: unknown, incoming: Incoming) => Promise<unknown>;

/** An agent at the other end of a wire of arrays, which does what a test tells it to. */
export interface ScriptedAgent {
  readonly hostId: string;
  readonly peer: Peer;
  /** What it was asked, oldest first. */
  readonly asked: { readonly subject: string; readonly id: string; readonly data: unknown }[];
  /** The newest desired state it was told of each server, by id. */
  readonly desired: Map<string, DesiredServer>;
  readonly jobs: Map<string, Job>;
  /** Tells the manager something about one server. */
  observe(server: ObservedServer): void;
  /** Ends the connection and resolves when that is known here. */
  disconnect(): Promise<void>;
}

/** Roles with their permissions, and the whole fleet as their scope. */
export function holding(role: Role): Grant {
  return { role, scope: { kind: 'global' } };
}

/** A core with a real store below a temporary folder, for tests. */
export interface CoreBed {
  /** As it is now: after a restart, the new one. */
  readonly core: ManagerCore;
  /** Ends the core and opens it again on the same folder. */
  restart(): Promise<void>;
  readonly clock: FakeClock;
  readonly folder: string;
  /** Messages of warnings and errors. */
  readonly troubles: string[];
  /** Makes a person with these grants, signed in. */
  person(grants: readonly Grant[], limitedTo?: readonly Permission[]): Promise<Identity>;
  ask(identity: Identity | undefined, subject: string, data: unknown, options?: AskOptions): Promise<unknown>;
  /** The code of the error it fails with, or `ok`. */
  codeOf(identity: Identity | undefined, subject: string, data: unknown, options?: AskOptions): Promise<string>;
  /** Puts an active host on the list and returns its id. */
  host(name: string): Promise<string>;
  /** Connects a scripted agent and resolves when the manager mirrors it. */
  agent(hostId: string, scripts?: Readonly<Record<string, AgentScript>>): Promise<ScriptedAgent>;
  /** Every byte the manager has written below its folder, as Latin-1. */
  bytesOnDisk(): Promise<string>;
  close(): Promise<void>;
}

/** What a question of {@link CoreBed.ask} may come with. */
export interface AskOptions {
  readonly id?: string;
  readonly signal?: AbortSignal;
  readonly progress?: (data: unknown) => void;
}

/** An image template for tests: two ports, RCON, and a password that is needed. */
const imageYaml = `title: A game of few words
registry: example.org/little
tag: latest
ports:
  - { name: game, env: GAME_PORT, port: 16261 }
  - { name: direct, env: DIRECT_PORT, port: 16262 }
rcon: { env: RCON_PORT, port: 27015, password: RCON_PASSWORD }
volumes: { data: /data }
world: { env: SERVER_NAME }
`;
const envTemplate = `# @section General

# Name of the world.
# @kind text
SERVER_NAME=

# Password of the admin.
# @kind secret @required
ADMIN_PASSWORD=

# @section Network

# Port of the game.
# @kind port
GAME_PORT=16261

# Second port.
# @kind port
DIRECT_PORT=16262

# Port of RCON.
# @kind port
RCON_PORT=27015

# Password of RCON.
# @kind secret
RCON_PASSWORD=
`;

/** Opens a core with no host and no person. */
export async function openCoreBed(): Promise<CoreBed> {
  const folder = await mkdtemp(join(tmpdir(), 'zedops-core-'));
  const paths = resolvePaths({ env: { ZEDOPS_HOME: folder }, uid: 1000 });
  const images = join(paths.config, 'images', 'little');
  await mkdir(images, { recursive: true });
  await writeFile(join(images, 'image.yaml'), imageYaml);
  await writeFile(join(images, '.env.template'), envTemplate);
  const clock = createFakeClock(Date.UTC(2026, 0, 2, 3, 4, 5));
  const troubles: string[] = [];
  const log: Log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (fields, message) => void troubles.push(`${message} ${String(fields.error)}`),
    error: (fields, message) => void troubles.push(`${message} ${String(fields.error)}`),
    with: () => log,
  };
  const passwords = createPasswords({ ln: 4, r: 8, p: 1 });
  let endings: Endings = [];
  const open = (): Promise<ManagerCore> =>
    openCore({ paths, clock, log, names: [], listens: () => [], passwords }, endings);
  const end = async (): Promise<void> => {
    for (const each of endings.toReversed()) await each();
    endings = [];
  };
  let core = await open();

  const ask: CoreBed['ask'] = (identity, subject, data, { id = newId(), signal, progress } = {}) => {
    // Rows of the audit are sorted by time.
    clock.advance(1);
    return core.gateway.handle(subject, data, {
      asker: { identity, from: '192.0.2.7' },
      id,
      signal: signal ?? new AbortController().signal,
      ...(progress ? { progress } : {}),
    });
  };

  return {
    get core() {
      return core;
    },
    async restart() {
      await end();
      core = await open();
    },
    clock,
    folder,
    troubles,
    ask,
    async person(grants, limitedTo) {
      const id = newId(clock.now());
      const email = `${id}@example.org`;
      const { db } = core.store;
      await insertPerson(db, { id, email, passwordHash: 'x', createdAt: clock.now(), signedInAt: clock.now() });
      await replaceGrants(db, id, grants);
      const actor = { kind: limitedTo ? 'token' : 'person', id, name: email } as const;
      const came = limitedTo ? { tokenId: newId(), limitedTo } : { sessionId: newId() };
      return { actor, grants, personId: id, ...came };
    },
    async codeOf(identity, subject, data, options) {
      try {
        await ask(identity, subject, data, options);
        return 'ok';
      } catch (error) {
        if (error instanceof ZedopsError) return error.code;
        throw error;
      }
    },
    async host(name) {
      const id = newId(clock.now());
      await activateLocalHost(core.store.db, { id, name, at: clock.now() });
      return id;
    },
    async agent(hostId, scripts = {}) {
      const host = await findHost(core.store.db, hostId);
      if (!host) throw new Error(`there is no host ${hostId}`);
      const [managerEnd, agentEnd] = createWirePair();
      core.onAgent(managerEnd, { host, serial: 'test', expiresAt: Number.POSITIVE_INFINITY }, '192.0.2.8');
      const agent = scriptAgent(hostId, agentEnd, scripts, clock);
      const subjects = operations.filter(({ runsOn }) => runsOn === 'agent').map(({ subject }) => subject);
      await agent.peer.request(systemHello, { protocol: protocolVersion, version: '1.0.0', subjects });
      await agent.mirrored;
      return agent;
    },
    async bytesOnDisk() {
      const entries = await readdir(paths.manager, { withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile()).map(({ name }) => join(paths.manager, name));
      return (await Promise.all(files.map((file) => readFile(file)))).map((bytes) => bytes.toString('latin1')).join('');
    },
    async close() {
      await end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What a test's host says of itself. */
export const hostFacts: HostFacts = {
  hostname: 'box',
  platform: 'linux',
  kernel: '6.1',
  cpus: 4,
  memoryBytes: 8e9,
  agentVersion: '1.0.0',
  nodeVersion: '24.0.0',
  dataRoot: '/srv',
  runtime: { kind: 'docker', version: '20.10.24' },
  clock: '2026-01-02T03:04:05.000Z',
};

function scriptAgent(
  hostId: string,
  wire: ReturnType<typeof createWirePair>[1],
  scripts: Readonly<Record<string, AgentScript>>,
  clock: FakeClock,
): ScriptedAgent & { readonly mirrored: Promise<void> } {
  const asked: ScriptedAgent['asked'] = [];
  const desired = new Map<string, DesiredServer>();
  const jobs = new Map<string, Job>();
  const observed = new Map<string, ObservedServer>();
  const mirrored = Promise.withResolvers<void>();
  const watchers = new Set<(server: ObservedServer) => void>();
  const at = (): string => new Date(clock.now()).toISOString();

  const take = (server: DesiredServer): void => {
    if ((desired.get(server.id)?.revision ?? 0) > server.revision) return;
    desired.set(server.id, server);
    const known = observed.get(server.id);
    observed.set(server.id, { ...known, id: server.id, name: server.name, revision: server.revision, at: at() });
  };

  const ownAnswers: Record<string, AgentScript> = {
    'agent.watch': async (data, { progress, signal }) => {
      for (const server of agentWatch.request.parse(data).desired) take(server);
      const tell = (server: ObservedServer): void => progress({ kind: 'server', server });
      watchers.add(tell);
      progress({ kind: 'snapshot', facts: hostFacts, servers: [...observed.values()] });
      // A turn later the manager has read it.
      setImmediate(mirrored.resolve);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      watchers.delete(tell);
      return {};
    },
    'agent.jobs': async (data) => {
      const { id } = agentJobs.request.parse(data);
      return { jobs: [...jobs.values()].filter((job) => id === undefined || job.id === id) };
    },
    'agent.events': (_, { signal }) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve({}), { once: true })),
    'agent.crashes': async () => ({ crashes: [] }),
    'agent.ping': async () => ({ roundTripMs: 1 }),
    'agent.logs': async (data, { progress }) => {
      agentLogs.request.parse(data);
      progress({ kind: 'lines', stream: 's', first: 1, count: 1, text: `${at()} o hello` } satisfies LogItem);
      return { cursor: { stream: 's', seq: 1 } };
    },
    'system.ping': async () => ({ clock: at() }),
    'server.create': async (data) => ({ ...named(data), state: 'ready' }),
    'server.start': async () => ({ state: 'ready' }),
    'server.stop': async () => ({ state: 'stopped', saved: 'confirmed', ended: 'quit', seconds: 1 }),
    'server.restart': async () => ({
      stop: { state: 'stopped', saved: 'confirmed', ended: 'quit', seconds: 1 },
      state: 'ready',
    }),
    'server.rebuild': async () => ({ state: 'ready' }),
    'server.rename': async (data) => ({ name: named(data).name, folder: '/srv/alpha' }),
    'server.kill': async () => ({ state: 'stopped', wasRunning: true }),
    'server.delete': async (data) => ({ name: named(data).name, keptAt: '/srv/alpha' }),
    'server.restore': async (data) => ({
      name: named(data).name,
      state: 'stopped',
      folder: '/srv/alpha',
      world: 'present',
    }),
    'server.purge': async (data) => ({ name: named(data).name, folder: '/srv/alpha', files: 3, bytes: 10 }),
    'server.check': async (data) => ({ check: { server: named(data).name, folder: '/srv/alpha', findings: [] } }),
    'server.export': async () => ({ compose: 'services: {}', folder: '/srv/alpha' }),
    'host.ports': async () => ({ taken: [] }),
    'host.preflight': async () => ({
      taken: [],
      disk: { path: '/srv', freeBytes: 1e12, totalBytes: 2e12 },
      image: { isPresent: true },
      folder: { path: '/srv/alpha', state: 'absent', hasWorld: false },
    }),
    'host.doctor': async () => ({ facts: hostFacts, findings: [] }),
  };

  const serve = async (incoming: Incoming): Promise<unknown> => {
    const { subject, id, data } = incoming;
    asked.push({ subject, id, data });
    const operation = findOperation(subject);
    const forwarded = operation?.audience === 'people' ? Forwarded.parse(data) : undefined;
    if (forwarded?.server) take(forwarded.server);
    const answer = scripts[subject] ?? ownAnswers[subject];
    if (!answer) throw new ZedopsError('UNSUPPORTED', `${subject} is not scripted`);
    if (operation?.lasting !== 'job' || !forwarded?.server) return answer(data, incoming);
    const { id: serverId, name: serverName } = forwarded.server;
    const job: Job = { id, subject, serverId, serverName, actor: 'x', state: 'running', startedAt: at() };
    const known = jobs.get(id);
    if (known?.state === 'done') return known.reply;
    try {
      const reply = await answer(data, incoming);
      jobs.set(id, { ...job, state: 'done', reply, endedAt: at() });
      return reply;
    } catch (error) {
      // As with a real agent: what is refused for the lock leaves no job, what fails leaves a failed one.
      if (error instanceof ZedopsError && error.code !== 'CONFLICT') jobs.set(id, { ...job, state: 'failed' });
      throw error;
    }
  };
  const peer = createPeer({ wire, serve });
  return {
    hostId,
    peer,
    asked,
    desired,
    jobs,
    mirrored: mirrored.promise,
    observe(server) {
      observed.set(server.id, server);
      for (const tell of watchers) tell(server);
    },
    async disconnect() {
      peer.close(1000, 'the test ends it');
      await peer.closed;
      // A turn later the manager knows too.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

function named(data: unknown): { readonly id: string; readonly name: string } {
  const { server } = Forwarded.parse(data);
  if (!server) throw new Error('no server came with it');
  return { id: server.id, name: server.name };
}

/** What each role may, for tables of tests. */
export function permissionsOf(roles: readonly Role[]): ReadonlySet<Permission> {
  return new Set(roles.flatMap((role) => rolePermissions[role]));
}
