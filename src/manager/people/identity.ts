import type { Actor } from '../../protocol/entities/person.ts';
import {
  type Grant,
  isAllowed,
  isAllowedSomewhere,
  type Permission,
  type Place,
  rolePermissions,
} from '../../protocol/permissions.ts';

/** What decides what someone may do. */
export interface Holder {
  readonly grants: readonly Grant[];
  /** What an API token is limited to; absent for anyone who is not one. */
  readonly limitedTo?: readonly Permission[];
}

/** Someone who is known: who they are, what they may do, and by what they came in. */
export interface Identity extends Holder {
  readonly actor: Actor;
  /** Absent for the owner of the manager's folder, who is no person of its store. */
  readonly personId?: string;
  /** Set for whoever signed in. */
  readonly sessionId?: string;
  /** Set for a script with a token. */
  readonly tokenId?: string;
  /** Milliseconds since 1970; absent where it does not end. */
  readonly expiresAt?: number;
}

/** Whoever can open the socket in the manager's own folder. */
export const localIdentity: Identity = {
  actor: { kind: 'local', id: '', name: 'local' },
  grants: [{ role: 'admin', scope: { kind: 'global' } }],
};

/** Says whether the holder has the permission at that place. */
export function mayDo(holder: Holder, permission: Permission, place: Place): boolean {
  return reaches(holder, permission) && isAllowed(holder.grants, permission, place);
}

/** Says whether the holder has the permission anywhere at all; lists are then filtered row by row. */
export function mayDoSomewhere(holder: Holder, permission: Permission): boolean {
  return reaches(holder, permission) && isAllowedSomewhere(holder.grants, permission);
}

/** The places at which the holder has a permission. */
export interface Reach {
  readonly everywhere: boolean;
  /** Hosts that are covered whole, with all of their servers. */
  readonly hostIds: readonly string[];
  readonly serverIds: readonly string[];
}

/** Works out where the holder has the permission, for queries that filter. */
export function reachOf(holder: Holder, permission: Permission): Reach {
  const scopes = reaches(holder, permission)
    ? holder.grants.filter(({ role }) => rolePermissions[role].includes(permission)).map(({ scope }) => scope)
    : [];
  return {
    everywhere: scopes.some(({ kind }) => kind === 'global'),
    hostIds: scopes.flatMap((scope) => (scope.kind === 'host' ? [scope.id] : [])),
    serverIds: scopes.flatMap((scope) => (scope.kind === 'server' ? [scope.id] : [])),
  };
}

function reaches({ limitedTo }: Holder, permission: Permission): boolean {
  return limitedTo === undefined || limitedTo.includes(permission);
}
