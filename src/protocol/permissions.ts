import * as z from 'zod';

/** What a person may be allowed to do. Operations name one; roles are sets of them. */
export const Permission = z.enum([
  'server:read',
  'server:control',
  'server:configure',
  'server:console',
  'player:manage',
  'server:create',
  'server:delete',
  'host:read',
  'host:manage',
  'people:manage',
  'audit:read',
]);
export type Permission = z.infer<typeof Permission>;

/** Roles a person may hold at a scope. */
export const Role = z.enum(['admin', 'agent-admin', 'operator', 'viewer']);
export type Role = z.infer<typeof Role>;

const viewer: readonly Permission[] = ['server:read', 'host:read'];
const operator: readonly Permission[] = [
  ...viewer,
  'server:control',
  'server:configure',
  'server:console',
  'player:manage',
];
const agentAdmin: readonly Permission[] = [...operator, 'server:create', 'server:delete', 'host:manage'];

/** The permissions of each role. Wider roles hold all that narrower ones do. */
export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  viewer,
  operator,
  'agent-admin': agentAdmin,
  admin: [...agentAdmin, 'people:manage', 'audit:read'],
};

/** Where a role holds: everywhere, on one host with its servers, or on one server. `id` is the host's or server's id. */
export const Scope = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('global') }),
  z.object({ kind: z.literal('host'), id: z.string() }),
  z.object({ kind: z.literal('server'), id: z.string() }),
]);
export type Scope = z.infer<typeof Scope>;

/** One role at one scope. What a person may do is the union of all grants: a narrow one never takes a wide one away. */
export const Grant = z.object({ role: Role, scope: Scope });
export type Grant = z.infer<typeof Grant>;

/** The place an operation is about, as permission checks see it. */
export type Place =
  | { readonly kind: 'fleet' }
  | { readonly kind: 'host'; readonly hostId: string }
  | { readonly kind: 'server'; readonly hostId: string; readonly serverId: string };

/** Says whether the grants allow the permission at that place. */
export function isAllowed(grants: readonly Grant[], permission: Permission, place: Place): boolean {
  return grants.some((grant) => rolePermissions[grant.role].includes(permission) && covers(grant.scope, place));
}

/** Says whether the grants allow the permission anywhere at all; lists are then filtered row by row. */
export function isAllowedSomewhere(grants: readonly Grant[], permission: Permission): boolean {
  return grants.some((grant) => rolePermissions[grant.role].includes(permission));
}

function covers(scope: Scope, place: Place): boolean {
  switch (scope.kind) {
    case 'global':
      return true;
    case 'host':
      return place.kind !== 'fleet' && place.hostId === scope.id;
    case 'server':
      return place.kind === 'server' && place.serverId === scope.id;
  }
}
