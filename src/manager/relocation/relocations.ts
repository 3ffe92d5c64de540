import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { RelocationPhase } from '../../protocol/entities/relocation.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { agentWorldReadMany, agentWorldStep, serverRelocate } from '../../protocol/operations/relocation.ts';
import { hostNamed, lacks } from '../gateway/authorize.ts';
import { type ManagerContext, serverOf } from '../gateway/context.ts';
import { createAwayHosts } from '../hosts/away-hosts.ts';
import type { HostLink, Hub } from '../hosts/hub.ts';
import type { Mirror } from '../hosts/mirror.ts';
import type { Feeds } from '../logs/feeds.ts';
import { mayDo } from '../people/identity.ts';
import { type Preflight, refuseImpossible } from '../preflight/preflight.ts';
import type { Catalog } from '../servers/catalog.ts';
import type { DesiredChange } from '../servers/desired-change.ts';
import { refuseDeleted } from '../servers/removal.ts';
import { type Db, inTransaction } from '../store/database.ts';
import type { HostRecord } from '../store/hosts.ts';
import {
  advanceRelocation,
  dropRelocation,
  findRelocation,
  insertRelocation,
  listRelocations,
  type RelocationRecord,
} from '../store/relocations.ts';
import { desiredServer, readEnvs } from '../store/server-env.ts';
import { findServer, type ServerRecord } from '../store/servers.ts';
import type { Sealing } from '../trust/sealing.ts';
import { refuseMoving, refuseUncleared } from './refuse-moving.ts';

/** What {@link createRelocations} is made of. */
export interface RelocationsDeps {
  readonly db: Db;
  readonly sealing: Sealing;
  readonly catalog: Catalog;
  readonly hub: Pick<Hub, 'find' | 'get' | 'onPresence'>;
  readonly mirror: Pick<Mirror, 'own' | 'disown'>;
  readonly feeds: Pick<Feeds, 'drop'>;
  readonly preflight: Preflight;
  /** Tells a host anew what its servers should be. */
  readonly tellAgain: (hostId: string) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Servers on their way between hosts. What is written in the store decides which host is in force, at every moment. */
export interface Relocations {
  /** The host someone wants a server to go to. @throws ZedopsError where they may not. */
  target(input: unknown, context: Pick<ManagerContext, 'identity' | 'server'>): Promise<HostRecord>;
  /** Notes that a server goes to another host, after looking whether it can. */
  change(input: unknown, context: ManagerContext): Promise<DesiredChange>;
  /** Refuses what would be done with a server that is on its way; `tx` is the transaction it would be done in. */
  refuseMoving(server: ServerRecord, tx?: Db): Promise<void>;
  /** Refuses also while the host it has left, or goes back to, has not heard of the end yet. */
  refuseUncleared(server: ServerRecord, tx?: Db): Promise<void>;
  /** The hosts whose jobs are about a server: its own, and while it is on its way, the other one. */
  hostsOf(server: ServerRecord): Promise<readonly string[]>;
  /** The host a world comes from, for the host it goes to, while that may read it. */
  source(serverId: string, agentHostId: string): Promise<HostLink>;
  /** Carries out a relocation that was taken back in the store. Says whether the first host has done it. */
  takeBack(relocation: RelocationRecord): Promise<{ readonly done: boolean; readonly problem?: string }>;
  /** Takes a relocation further at the word of the host the server goes to. */
  step(request: StepRequest): Promise<StepReply>;
  close(): void;
}

/** A step that the host a server goes to asks for. */
export interface StepRequest {
  readonly serverId: string;
  readonly jobId: string;
  readonly hostId: string;
  readonly step: 'look' | 'stop' | 'switch' | 'settle' | 'back';
  readonly report: (step: { step: string }) => void;
  readonly signal: AbortSignal;
}

/** What is told of a relocation. */
export interface StepReply {
  readonly phase: RelocationPhase | 'none';
  readonly server?: DesiredServer;
  readonly stop?: Awaited<ReturnType<typeof askedToStop>>;
}

const lookEveryMs = 30_000;
/** A host that is to take a server and stays away this long does not get it. */
const awayMs = 10 * 60_000;

/** Makes what keeps them. It clears away, for as long as it takes, what ended while a host was away. */
export function createRelocations(deps: RelocationsDeps): Relocations {
  const { db, sealing, catalog, hub, mirror, feeds, preflight, tellAgain, clock, log } = deps;
  const clearing = new Set<string>();

  /** The server is another host's from now on: nothing the first one says is taken for true any more. */
  const handOver = ({ serverId, fromHost, toHost, phase }: RelocationRecord): void => {
    mirror.disown(serverId);
    mirror.own(serverId, phase === 'back' ? fromHost : toHost);
    feeds.drop(serverId);
    tellAgain(fromHost);
    tellAgain(toHost);
  };

  const desiredOf = async (serverId: string): Promise<DesiredServer | undefined> => {
    const server = await findServer(db, serverId);
    return server?.id === serverId ? desiredServer(db, sealing, server) : undefined;
  };

  /** Tells the first host what became of it, and forgets it then. */
  const clear = async (
    relocation: RelocationRecord,
  ): Promise<{ readonly done: boolean; readonly problem?: string }> => {
    const { serverId, jobId, actor, fromHost, phase } = relocation;
    const link = hub.find(fromHost);
    if ((phase !== 'settled' && phase !== 'back') || !link || clearing.has(serverId)) return { done: false };
    clearing.add(serverId);
    try {
      let problem: string | undefined;
      const server = await desiredOf(serverId);
      if (server) {
        const step = phase === 'settled' ? ('leave' as const) : ('return' as const);
        ({ problem } = await link.request(agentWorldStep, { server, jobId, actor, step }));
        if (problem !== undefined) log.warn({ server: server.name, problem }, 'a server that came back does not run');
      }
      await dropRelocation(db, relocation, phase);
      if (phase === 'back') tellAgain(relocation.toHost);
      return { done: true, ...(problem === undefined ? {} : { problem }) };
    } catch (error) {
      log.warn({ serverId, error: asError(error) }, 'the end of a move between hosts is not carried out yet');
      return { done: false };
    } finally {
      clearing.delete(serverId);
    }
  };

  const look = async (): Promise<void> => {
    for (const relocation of await listRelocations(db)) {
      const { phase, toHost, serverId } = relocation;
      if ((phase === 'copying' || phase === 'stopped') && away.isAwayFor(toHost, awayMs)) {
        const back = await advanceRelocation(db, relocation, ['copying', 'stopped'], 'back');
        if (back) log.warn({ serverId }, 'gave up a move: the host it was to go to stays away');
        if (back) await clear(back);
      } else await clear(relocation);
    }
  };
  const away = createAwayHosts(hub, clock);
  const lookNow = (): void => {
    look().catch((error: unknown) =>
      log.error({ error: asError(error) }, 'moves between hosts could not be looked at'),
    );
  };
  const stopLooking = clock.every(lookEveryMs, lookNow);
  const stopListening = hub.onPresence((_, isOnline) => {
    if (isOnline) lookNow();
  });

  const sourceLink = ({ fromHost }: RelocationRecord): HostLink => {
    const link = hub.find(fromHost);
    if (link) return link;
    throw new ZedopsError('UNREACHABLE', 'The host the server comes from is offline');
  };

  const asked = async ({ serverId, hostId }: Pick<StepRequest, 'serverId' | 'hostId'>) => {
    const found = await findRelocation(db, serverId);
    // A host hears of the moves to itself only.
    return found?.toHost === hostId ? found : undefined;
  };

  const target: Relocations['target'] = async (input, context) => {
    const { identity } = context;
    const { toHost } = serverRelocate.request.parse(input);
    const host = await hostNamed(db, identity, toHost);
    if (mayDo(identity, 'server:create', { kind: 'host', hostId: host.id })) return host;
    const server = serverOf(context);
    throw server.hostId === host.id ? alreadyThere(server) : lacks(serverRelocate.subject, 'server:create', host.name);
  };

  return {
    target,
    async change(input, context) {
      const server = serverOf(context);
      const host = await target(input, context);
      refuseDeleted(server);
      if (server.hostId === host.id) throw alreadyThere(server);
      const first = hub.find(server.hostId);
      if (!first) throw new ZedopsError('UNREACHABLE', `${server.hostName} is offline, and the world is there`);
      if (![agentWorldStep, agentWorldReadMany].every(({ subject }) => first.knows(subject))) {
        throw new ZedopsError('UNSUPPORTED', `The agent of ${server.hostName} cannot let a server go`, {
          hint: 'upgrade the agent',
        });
      }
      const stored = (await readEnvs(db, sealing, [server.id])).get(server.id) ?? { env: {}, secretKeys: [] };
      const { image } = await catalog.template(server.image.template);
      const draft = {
        server: { ...server, hostId: host.id },
        stored,
        given: Object.keys(stored.env).length,
        disk: image.disk,
        runtimes: image.runtimes,
      };
      const warnings = refuseImpossible(await preflight.plan({ draft, host, data: 'new' }));
      const relocation: RelocationRecord = {
        serverId: server.id,
        jobId: context.id,
        actor: context.identity.actor.name,
        fromHost: server.hostId,
        toHost: host.id,
        phase: 'copying',
      };
      await inTransaction(db, async (tx) => {
        const now = await findServer(tx, server.id);
        await refuseUncleared(tx, server);
        if (now?.revision !== server.revision) {
          throw new ZedopsError('CONFLICT', `${server.name} was changed meanwhile`, { hint: 'try again' });
        }
        await insertRelocation(tx, relocation);
      });
      return {
        server: await desiredServer(db, sealing, server),
        input: { server: server.id, toHost: host.id },
        warnings,
        undoRefused: () => dropRelocation(db, relocation, 'copying'),
        // Its host has given it back by then, or does so as soon as it can.
        undoFailed: async () => false,
      };
    },
    refuseMoving: (server, tx = db) => refuseMoving(tx, server),
    refuseUncleared: (server, tx = db) => refuseUncleared(tx, server),
    async hostsOf({ id, hostId }) {
      const found = await findRelocation(db, id);
      return found ? [hostId, found.toHost] : [hostId];
    },
    async source(serverId, hostId) {
      const found = await asked({ serverId, hostId });
      if (found && (found.phase === 'copying' || found.phase === 'stopped')) return sourceLink(found);
      throw new ZedopsError('FORBIDDEN', 'This server is not on its way to this host');
    },
    async takeBack(relocation) {
      handOver(relocation);
      return clear(relocation);
    },
    async step(request) {
      const { serverId, step } = request;
      const found = await asked(request);
      if (found?.jobId !== request.jobId) return { phase: 'none' };
      if (step === 'look') return stateOf(found);
      if (step === 'stop') {
        const now = await advanceRelocation(db, found, ['copying', 'stopped'], 'stopped');
        const server = await desiredOf(serverId);
        if (!now || !server) throw gone();
        const stop = await askedToStop(sourceLink(now), server, now, request);
        return { ...(await stateOf(now)), ...(stop ? { stop } : {}) };
      }
      const [from, phase] = {
        switch: [['stopped', 'switched'], 'switched'] as const,
        settle: [['switched', 'settled'], 'settled'] as const,
        back: [['copying', 'stopped', 'switched', 'back'], 'back'] as const,
      }[step];
      const now = await advanceRelocation(db, found, from, phase);
      if (!now) throw gone();
      if (found.phase !== phase && phase !== 'settled') handOver(now);
      if (phase !== 'switched') void clear(now);
      return stateOf(now);
    },
    close() {
      stopLooking();
      stopListening();
      away.close();
    },
  };

  async function stateOf({ serverId, phase }: RelocationRecord): Promise<StepReply> {
    const server = phase === 'back' ? undefined : await desiredOf(serverId);
    return { phase, ...(server ? { server } : {}) };
  }
}

async function askedToStop(
  link: HostLink,
  server: DesiredServer,
  { jobId, actor }: RelocationRecord,
  { report, signal }: Pick<StepRequest, 'report' | 'signal'>,
) {
  const request = { server, jobId, actor, step: 'stop' as const };
  const { stop } = await link.request(agentWorldStep, request, { signal, onProgress: report });
  return stop;
}

function alreadyThere({ name, hostName }: ServerRecord): ZedopsError {
  return new ZedopsError('CONFLICT', `${name} is on ${hostName} already`, { hint: `zedops server show ${name}` });
}

function gone(): ZedopsError {
  return new ZedopsError('CANCELLED', 'This move was given up meanwhile');
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
