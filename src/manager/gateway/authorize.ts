import { didYouMean } from '../../platform/did-you-mean.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { OperationShape } from '../../protocol/operation.ts';
import type { Permission, Place } from '../../protocol/permissions.ts';
import { type Identity, mayDo, mayDoSomewhere } from '../people/identity.ts';
import type { Db } from '../store/database.ts';
import { findHost, type HostRecord, listHosts } from '../store/hosts.ts';
import { findServer, listServers, type ServerRecord } from '../store/servers.ts';

/** What an operation is about, and why it may not be done, where it may not. */
export interface Aim {
  readonly server?: ServerRecord;
  readonly host?: HostRecord;
  /** Set where whoever asks may see it and may not do this to it. */
  readonly refusal?: ZedopsError;
}

/**
 * Finds what an operation is about among what the one who asks may see, and checks the permission there.
 * @throws ZedopsError NOT_FOUND for what they may not see, whether or not it is there; INVALID_INPUT where it is not named.
 */
export type Authorize = (operation: OperationShape, input: unknown, identity: Identity) => Promise<Aim>;

/** Makes the one place where permissions of people are checked. */
export function createAuthorize(db: Db): Authorize {
  return async (operation, input, identity) => {
    const { permission, target } = operation;
    switch (target) {
      case 'server': {
        const server = await visibleServer(db, identity, permission, refIn(input, 'server') ?? '');
        return { server, ...refusalAt(operation, identity, placeOfServer(server), server.name) };
      }
      case 'host': {
        const host = await visibleHost(db, identity, permission, refIn(input, 'host'));
        return { host, ...refusalAt(operation, identity, { kind: 'host', hostId: host.id }, host.name) };
      }
      case 'list':
        if (permission === 'none' || mayDoSomewhere(identity, permission)) return {};
        return { refusal: lacks(operation.subject, permission, 'anywhere') };
      case 'fleet':
        return refusalAt(operation, identity, { kind: 'fleet' }, 'the whole fleet');
    }
  };
}

/** Where a server is, for permission checks. */
export function placeOfServer({ id, hostId }: Pick<ServerRecord, 'id' | 'hostId'>): Place {
  return { kind: 'server', hostId, serverId: id };
}

/**
 * The host someone names, among those they may see.
 * @throws ZedopsError NOT_FOUND
 */
export async function hostNamed(db: Db, identity: Identity, ref: string): Promise<HostRecord> {
  const visible = await listHosts(db, identity);
  const host = visible.find(({ id }) => id === ref) ?? visible.find(({ name }) => name === ref);
  if (host) return host;
  const names = visible.map(({ name }) => name);
  throw new ZedopsError('NOT_FOUND', `There is no host ${ref}${didYouMean(ref, names)}`, { hint: 'zedops host list' });
}

/**
 * The server someone names, among those they may read.
 * @throws ZedopsError NOT_FOUND
 */
export function serverNamed(db: Db, identity: Identity, ref: string): Promise<ServerRecord> {
  return visibleServer(db, identity, 'server:read', ref);
}

/** What is missing, for someone who may see a thing and not do this to it. */
export function lacks(subject: string, permission: Permission, where: string): ZedopsError {
  return new ZedopsError('FORBIDDEN', `${subject} needs the permission ${permission} on ${where}, and you lack it`, {
    hint: 'zedops whoami shows what you may do',
  });
}

/**
 * The server someone names, among those they may read or may do something to with this permission.
 * @throws ZedopsError NOT_FOUND
 */
export async function visibleServer(
  db: Db,
  identity: Identity,
  permission: Permission | 'none',
  ref: string,
): Promise<ServerRecord> {
  const server = await findServer(db, ref);
  // A token may be limited to one permission that is not the one to read.
  const enough = permission === 'none' ? (['server:read'] as const) : (['server:read', permission] as const);
  if (server && enough.some((one) => mayDo(identity, one, placeOfServer(server)))) return server;
  const names = (await listServers(db, identity, { deleted: false })).map(({ name }) => name);
  throw new ZedopsError('NOT_FOUND', `There is no server ${ref}${didYouMean(ref, names)}`, {
    hint: 'zedops server list',
  });
}

async function visibleHost(
  db: Db,
  identity: Identity,
  permission: Permission | 'none',
  ref: string | undefined,
): Promise<HostRecord> {
  if (ref === undefined) return onlyHost(await listHosts(db, identity));
  const host = permission === 'none' ? undefined : await findHost(db, ref);
  if (host && permission !== 'none' && mayDo(identity, permission, { kind: 'host', hostId: host.id })) return host;
  return hostNamed(db, identity, ref);
}

function onlyHost(hosts: readonly HostRecord[]): HostRecord {
  const [first, ...others] = hosts.filter(({ state }) => state === 'active');
  if (!first) {
    throw new ZedopsError('NOT_FOUND', 'There is no host yet', { hint: 'zedops host invite <name>' });
  }
  if (others.length === 0) return first;
  const names = [first, ...others].map(({ name }) => name);
  throw new ZedopsError('INVALID_INPUT', `Say on which host: ${names.slice(0, 20).join(', ')}`, {
    hint: `add --host ${first.name}`,
  });
}

function refusalAt(
  { subject, permission }: OperationShape,
  identity: Identity,
  place: Place,
  where: string,
): { readonly refusal?: ZedopsError } {
  if (permission === 'none' || mayDo(identity, permission, place)) return {};
  return { refusal: lacks(subject, permission, where) };
}

function refIn(input: unknown, field: 'server' | 'host'): string | undefined {
  const ref: unknown = typeof input === 'object' && input !== null ? Reflect.get(input, field) : undefined;
  return typeof ref === 'string' ? ref : undefined;
}
