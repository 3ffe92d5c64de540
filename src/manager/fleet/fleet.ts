import { type Clock, isoTime } from '../../platform/clock.ts';
import type { HostSummary } from '../../protocol/entities/host.ts';
import type { ServerDetails, ServerSummary } from '../../protocol/entities/server.ts';
import { redacted } from '../../protocol/redact.ts';
import { deriveState } from '../../protocol/server-state.ts';
import type { Hub } from '../hosts/hub.ts';
import type { Mirror } from '../hosts/mirror.ts';
import type { HostRecord } from '../store/hosts.ts';
import type { StoredEnv } from '../store/server-env.ts';
import type { ServerRecord } from '../store/servers.ts';

/** How servers and hosts are shown: what they should be, joined with what their hosts say. */
export interface Fleet {
  server(server: ServerRecord): ServerSummary;
  /** Seconds since a server's host last said anything; undefined where it never has. */
  lastWordSeconds(server: Pick<ServerRecord, 'id' | 'hostId'>): number | undefined;
  /** Values of secret env keys are replaced. */
  serverDetails(server: ServerRecord, stored: StoredEnv): ServerDetails;
  /** `servers` is how many of them whoever asks may see. */
  host(host: HostRecord, servers: number): HostSummary;
}

/** What {@link createFleet} is made of. */
export interface FleetDeps {
  readonly mirror: Pick<Mirror, 'find' | 'isCurrent'>;
  readonly hub: Pick<Hub, 'find' | 'latencyMs' | 'lastSeen'>;
  readonly clock: Clock;
}

/** Makes the view of the fleet. */
export function createFleet({ mirror, hub, clock }: FleetDeps): Fleet {
  const lastWordSeconds = ({ id, hostId }: Pick<ServerRecord, 'id' | 'hostId'>): number | undefined => {
    const heardAt = hub.lastSeen(hostId) ?? mirror.find(id)?.at;
    return heardAt === undefined ? undefined : secondsSince(clock, heardAt);
  };
  const summary = (server: ServerRecord): ServerSummary => {
    const mirrored = mirror.find(server.id);
    const observed = mirrored?.observed;
    const isCurrent = mirror.isCurrent(server.hostId);
    const desired = { power: server.power, deleted: server.deletedAt !== undefined };
    const { state, detail } = deriveState({ desired, observed, hostOnline: isCurrent });
    const staleSeconds = lastWordSeconds(server);
    const waiting = observed?.waiting ?? [];
    const readyAt = state === 'ready' ? observed?.readyAt : undefined;
    return {
      id: server.id,
      name: server.name,
      host: server.hostName,
      state,
      ...(detail === undefined ? {} : { detail }),
      image: server.image.reference,
      ports: [...server.game.ports],
      ...(readyAt === undefined ? {} : { readySeconds: secondsSince(clock, Date.parse(readyAt)) }),
      pending: server.revision > (observed?.revision ?? 0) || waiting.length > 0,
      ...(waiting.length === 0 ? {} : { waiting: [...waiting] }),
      ...(server.tags.length === 0 ? {} : { tags: [...server.tags] }),
      ...(isCurrent || staleSeconds === undefined ? {} : { staleSeconds }),
      ...deletionOf(server),
    };
  };
  return {
    server: summary,
    lastWordSeconds,
    serverDetails(server, { env, secretKeys }) {
      const observed = mirror.find(server.id)?.observed;
      const heardSeconds = lastWordSeconds(server);
      return {
        ...summary(server),
        hostId: server.hostId,
        power: server.power,
        revision: server.revision,
        template: server.image.template,
        env: Object.fromEntries(
          Object.entries(env).map(([key, value]) => [key, secretKeys.includes(key) ? redacted : value]),
        ),
        secretKeys: [...secretKeys],
        limits: server.limits,
        ...(observed === undefined ? {} : { observed }),
        ...(observed?.folder === undefined ? {} : { folder: observed.folder }),
        ...(heardSeconds === undefined ? {} : { lastWordSeconds: heardSeconds }),
        createdAt: isoTime(server.createdAt),
      };
    },
    host(host, servers) {
      const isOnline = hub.find(host.id) !== undefined;
      const latencyMs = hub.latencyMs(host.id);
      const seenAt = hub.lastSeen(host.id) ?? host.lastSeenAt;
      return {
        id: host.id,
        name: host.name,
        connection: host.state === 'active' ? (isOnline ? 'online' : 'offline') : host.state,
        ...(latencyMs === undefined ? {} : { latencyMs }),
        ...(seenAt === undefined ? {} : { lastSeenAt: isoTime(seenAt) }),
        servers,
        ...(host.tags.length === 0 ? {} : { tags: [...host.tags] }),
        ...(host.facts === undefined ? {} : { facts: host.facts }),
        ...(host.joinedAt === undefined ? {} : { joinedAt: isoTime(host.joinedAt) }),
        ...(host.certificateExpiresAt === undefined
          ? {}
          : { certificateExpiresAt: isoTime(host.certificateExpiresAt) }),
      };
    },
  };
}

function deletionOf({ deletedAt, purgeAt, keptAt }: ServerRecord): Pick<ServerSummary, 'deletion'> {
  if (deletedAt === undefined) return {};
  return {
    deletion: {
      deletedAt: isoTime(deletedAt),
      ...(purgeAt === undefined ? {} : { purgeAt: isoTime(purgeAt) }),
      ...(keptAt === undefined ? {} : { keptAt }),
    },
  };
}

function secondsSince(clock: Clock, at: number): number {
  return Math.max(0, (clock.now() - at) / 1000);
}
